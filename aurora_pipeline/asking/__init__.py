"""How any provider is asked: the contract of an adapter, HTTP, limits, retries, and recording every byte.

Belongs here: what is the same for all providers.
Does not: what one API is asked or answers (sources/); which data is needed now (staging/).
"""
