"""One folder per API: what it is asked, how its answers are read, which figures they tell.

Belongs here: all that is known of one API, the words in which it hands rows up, what no API can truly say.
Does not: choosing between providers, joining and judging their figures (canonical/); when to ask (staging/).
"""
