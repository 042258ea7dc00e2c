"""Commission lines: what each rule pays for each validator, and where every unit of revenue goes.

Belongs here: the rules of docs/commissions.md over published figures and terms in force; pure but for the loading.
Does not: reading or recording terms (agreements/); adding up per partner (statements/).
"""
