"""What providers answered, kept as it came: bytes, the fetches they belong to, and which of these count.

Belongs here: storing and reading answers and fetches with their digests.
Does not: asking (asking/), or what an answer means (sources/).
"""
