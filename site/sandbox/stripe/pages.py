"""What all pages have in common: they run no script and nobody may frame them."""

from flask import Response

POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; "
    "frame-ancestors 'none'; form-action 'self'"
)


def restrict(response: Response, *form_targets: str) -> Response:
    """`form_targets` are origins that a form may lead to besides our own."""
    response.headers["Content-Security-Policy"] = " ".join((POLICY, *form_targets))
    response.headers["Cache-Control"] = "no-store"
    # With `no-referrer` a browser would not name our own origin to us either.
    response.headers["Referrer-Policy"] = "same-origin"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
