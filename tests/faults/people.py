"""People who come back after a crash with the cookie they had, and Stripe that does so too."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Self, cast

import requests
from flask import current_app
from sqlalchemy import text
from werkzeug.test import TestResponse

from potluck.accounts import sessions
from potluck.credits import ledger
from potluck.database import db
from potluck.settings import current_settings
from tests.billing.stripe_line import CARD, COMPLETED, SECRET_KEY, sign
from tests.people import Browser, make_user

TIMEOUT_SECONDS = 10
PAGE_SIZE = 20


@dataclass(frozen=True)
class Visitor:
    """Somebody in a browser, with a page open: kept as JSON from one process to the next."""

    user_id: int
    token: str
    csrf_token: str

    @classmethod
    def sign_in(cls, name: str, *, credits: int = 0) -> Self:
        """Somebody new, by a session row as after a visit to a provider."""
        user = make_user(unique(name), credits=credits)
        token = secrets.token_urlsafe(32)
        with current_app.test_request_context(), db.engine.begin() as connection:
            sessions._insert(connection, token=token, user_id=user.id, data="{}", days=1)
        visitor = cls(user_id=user.id, token=token, csrf_token="")
        return cls(user_id=user.id, token=token, csrf_token=visitor._csrf_token())

    def get(self, path: str) -> TestResponse:
        return self._browser().get(path, follow_redirects=True)

    def post(self, path: str, **fields: str) -> TestResponse:
        """Sends a form of the page that was open all the time."""
        return self._browser().post(path, data={"csrf_token": self.csrf_token, **fields})

    def _csrf_token(self) -> str:
        html = self.get("/billing/buy-button").get_data(as_text=True)
        found = re.search(r'name="csrf_token" value="([^"]+)"', html)
        assert found
        return found[1]

    def _browser(self) -> Browser:
        browser = cast("Browser", current_app.test_client())
        browser.set_cookie(sessions.cookie_name(current_settings()), self.token)
        return browser


def unique(name: str) -> str:
    return f"{name}-{secrets.token_hex(4)}"


def balance(user_id: int) -> tuple[int, int]:
    """Posted and held."""
    found = ledger.balance(user_id)
    return found.posted, found.held


def pay(session_id: str) -> None:
    """On Stripe's page, with a card that works."""
    page = f"{current_settings().stripe_api_url}/c/pay/{session_id}"
    answer = requests.post(
        page, data={"test_card": CARD}, allow_redirects=False, timeout=TIMEOUT_SECONDS
    )
    assert answer.status_code == HTTPStatus.SEE_OTHER, answer.text


def checkouts(purchase_ids: list[str]) -> list[dict[str, Any]]:
    """Every checkout that Stripe has for these purchases."""
    return [c for c in _listed("checkout/sessions") if c["metadata"]["purchase"] in purchase_ids]


def refund(payment_id: str, *, amount_minor: int) -> str:
    """As in Stripe's dashboard; the refund's id."""
    answer = requests.post(
        f"{current_settings().stripe_api_url}/v1/refunds",
        data={"payment_intent": payment_id, "amount": str(amount_minor)},
        auth=(SECRET_KEY, ""),
        timeout=TIMEOUT_SECONDS,
    )
    answer.raise_for_status()
    return str(answer.json()["id"])


def refunds(payment_id: str) -> list[dict[str, Any]]:
    """Every refund that Stripe made of a payment."""
    return list(_listed("refunds", payment_intent=payment_id))


def charges(customer_id: str) -> int:
    """How often a customer's card was charged."""
    made = _listed("payment_intents", customer=customer_id)
    return sum(payment["status"] == "succeeded" for payment in made)


def completed(session_id: str) -> str:
    """The event that tells of a paid checkout."""
    return event(COMPLETED, about=session_id)


def event(kind: str, *, about: str) -> str:
    """The event, as Stripe posts it."""
    events = _listed("events", type=kind)
    return json.dumps(next(e for e in events if e["data"]["object"]["id"] == about))


def deliver(event: str) -> TestResponse:
    """Stripe posts the event, for the first time or again."""
    return current_app.test_client().post(
        "/billing/webhook",
        data=event,
        headers={"Stripe-Signature": sign(event)},
        content_type="application/json",
    )


def rows(query: str, **values: Any) -> list[Any]:
    with db.engine.connect() as connection:
        return list(connection.execute(text(query), values))


def _listed(what: str, **filters: str) -> Iterator[dict[str, Any]]:
    """From the newest on; what a fresh person did is on the first page."""
    answer = requests.get(
        f"{current_settings().stripe_api_url}/v1/{what}",
        params={"limit": str(PAGE_SIZE), **filters},
        auth=(SECRET_KEY, ""),
        timeout=TIMEOUT_SECONDS,
    )
    answer.raise_for_status()
    yield from answer.json()["data"]
