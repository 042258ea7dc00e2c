"""What a node is asked for each data type, and what its answers are worth.

Belongs here: the order of questions, and the state that the answers prove.
Does not: the questions' bytes (questions.py), reading answers, figures made of them (fees.py and its siblings).
"""
