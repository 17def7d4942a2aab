"""Whether a webhook's body comes from Stripe, and from now.

Written out, because the SDK's verifier lets any future time pass, and fails in its own ways on
what is not text. https://docs.stripe.com/webhooks#verify-manually
"""

from __future__ import annotations

import hashlib
import hmac
import re
import time
from http import HTTPStatus

from potluck.refusals import Refusal

TOLERANCE_SECONDS = 5 * 60
TIMESTAMP = re.compile(r"[0-9]{1,12}")


class WebhookRefused(Refusal):
    """Nothing of what was sent is believed, and nothing is written."""

    status = HTTPStatus.BAD_REQUEST


def verify(body: bytes, header: str | None, *, secret: str) -> None:
    """Raises `WebhookRefused` unless `header` signs `body` with `secret`, just now."""
    if not header:
        raise WebhookRefused("There is no Stripe-Signature.", code="signature_missing")
    timestamp, signatures = _read(header)
    signed = timestamp.encode() + b"." + body
    expected = hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest().encode()
    if not any(hmac.compare_digest(expected, signature) for signature in signatures):
        raise WebhookRefused("The signature is not ours.", code="signature_invalid")
    age_seconds = time.time() - int(timestamp)
    if age_seconds > TOLERANCE_SECONDS:
        raise WebhookRefused("The signature is too old.", code="signature_stale")
    if age_seconds < -TOLERANCE_SECONDS:
        raise WebhookRefused("The signature is of a time to come.", code="signature_future")


def _read(header: str) -> tuple[str, list[bytes]]:
    """The time, and every signature of the current scheme: there are two while a secret rolls."""
    pairs = [part.strip().partition("=") for part in header.split(",")]
    timestamps = [value for name, _, value in pairs if name == "t"]
    signatures = [value.encode() for name, _, value in pairs if name == "v1"]
    if len(timestamps) != 1 or not TIMESTAMP.fullmatch(timestamps[0]) or not signatures:
        raise WebhookRefused("The signature can't be read.", code="signature_malformed")
    return timestamps[0], signatures
