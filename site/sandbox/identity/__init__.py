"""A stand-in for an OpenID provider: whoever signs in chooses who to be."""
