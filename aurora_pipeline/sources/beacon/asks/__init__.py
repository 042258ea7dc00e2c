"""What is asked of a beacon node for one data type, in which order, and when it is given up.

Belongs here: plans of questions and their fall-backs.
Does not: what the answers mean (ledger.py, truth.py).
"""
