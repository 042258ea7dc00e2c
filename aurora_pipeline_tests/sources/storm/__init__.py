"""Every reader under struck answers: `python -m aurora_pipeline_tests.sources.storm --tries 1000000 --seed 7`.

Belongs here: changes of a good answer with what each may do to what is read (`strikes`, `file_strikes`), every reader
of answers and files with good ones (`readers`, `tellers`, `asks`, `file_readers`, `glances`), and what may be made of
it (`judging`).
Does not: good answers themselves, which stand beside each source's tests (`good.py`).
"""
