"""One folder per API: what it is asked, how its answers are read, which figures they tell.

Belongs here: everything that is known of one API, the words in which all of them hand rows to the layers, and how a
family's chains are asked about themselves.
Does not: choosing between providers, joining and judging their figures (canonical/); when to ask (staging/).
"""
