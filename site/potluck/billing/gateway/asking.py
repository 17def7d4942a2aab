"""How Stripe is asked, and in which words it may fail to answer."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import TYPE_CHECKING

from potluck.database import db
from potluck.refusals import Refusal
from potluck.texts import gettext as _

if TYPE_CHECKING:
    import stripe

logger = logging.getLogger(__name__)

CREATE_RETRIES_MAX = 2
PAGE_ROWS = 100
ASKED_ONCE: stripe.RequestOptions = {"max_network_retries": 0}
# Whoever reads a long list loses more by giving up than by waiting.
ASKED_PATIENTLY: stripe.RequestOptions = {"max_network_retries": 2}


class StripeUnavailable(Refusal):
    """Stripe gave no answer; the same question may be asked again."""

    status = HTTPStatus.SERVICE_UNAVAILABLE
    code = "stripe_unavailable"


class StripeBroke(StripeUnavailable):
    """Stripe failed, and may have done it before. It keeps this answer under the same key."""


class StripeRefused(StripeUnavailable):
    """Stripe answered, and would answer the same to the same question."""

    code = "stripe_refused"


class StripeUnknown(StripeRefused):
    """Stripe answered that it has no such thing."""

    code = "stripe_unknown"


class BuyingUnavailable(StripeUnavailable):
    """This installation has no key for Stripe."""

    code = "buying_unavailable"


@contextmanager
def asking(refusal: str) -> Iterator[None]:
    """Turns what the SDK raises into `StripeUnavailable`, or `StripeRefused` in these words."""
    from potluck.billing.gateway import sdk

    # A transaction that waits for Stripe would keep its locks for as long as Stripe likes.
    assert not db.session().in_transaction()
    try:
        yield
    except (sdk.APIConnectionError, sdk.RateLimitError) as error:
        raise unavailable(error) from error
    except sdk.StripeError as error:
        # The same key is in use by the other of two clicks.
        if error.http_status == HTTPStatus.CONFLICT:
            raise unavailable(error) from error
        # https://docs.stripe.com/error-low-level#server-errors
        if (error.http_status or 0) >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise StripeBroke(unavailable(error).message) from error
        if error.http_status == HTTPStatus.NOT_FOUND:
            raise StripeUnknown(_("Stripe doesn't know of it.")) from error
        logger.error("Stripe refused: %s %s", type(error).__name__, error)  # noqa: TRY400
        raise StripeRefused(refusal) from error


def unavailable(error: stripe.StripeError) -> StripeUnavailable:
    """What is raised where nobody knows, or where another try may do."""
    logger.warning("Stripe gave no answer: %s", type(error).__name__)
    return StripeUnavailable(
        _(
            "Stripe doesn't answer, so no payment was started and nothing was charged. "
            "Try again in a minute."
        )
    )


def once(key: str) -> stripe.RequestOptions:
    """Stripe may be asked several times, and does it once."""
    return {"idempotency_key": key, "max_network_retries": CREATE_RETRIES_MAX}
