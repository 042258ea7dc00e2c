"""What a node is asked for each data type, and what its answers are worth.

Belongs here: the order of questions, and the state that the answers prove.
Does not: the questions' bytes (questions.py), reading answers (answers/), figures made of them (tells).
"""
