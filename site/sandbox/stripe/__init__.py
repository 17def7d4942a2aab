"""A stand-in for Stripe: the part of its API and of Checkout that a shop selling packs needs.

The unmodified SDK talks to it over HTTP, buyers pay on its hosted page with Stripe's test cards,
and it delivers signed events. No money moves, and nothing here knows who its client is.
"""
