"""The way to a provider that streams, for hundreds of answers at once.

httpx2's own transport wakes for each chunk, and takes it apart in Python. Here llhttp does that,
and whoever looks is given all that has come since the last look. Decision 26 has the reasons.
"""

# In an answer's `extensions`: each piece of its body is all that had come by then, so that it can
# be looked at seldom, and nothing is later than the next look.
GATHERED = "gathered"
