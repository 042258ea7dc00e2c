"""One folder per API: what it is asked, how its answers are read, which figures they tell.

Belongs here: everything that is known of one API, and the words in which all of them hand rows to the layers.
Does not: choosing between providers, joining and judging their figures (canonical/); when to ask (staging/).
"""
