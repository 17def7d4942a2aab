"""Members who buy, each in a browser, and Stripe's voice at the webhook."""

from __future__ import annotations

import json
import re
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

from flask import Flask
from sqlalchemy import text
from werkzeug.test import TestResponse

from potluck.billing import checkout, refunds
from potluck.billing.gateway import current_gateway
from potluck.billing.models import Purchase
from potluck.database import db
from tests.billing.stripe_line import COMPLETED, Delivery, Line, StandIn, sign
from tests.people import Browser


@dataclass(frozen=True)
class Checkout:
    """Where somebody was sent to pay."""

    purchase_id: uuid.UUID
    session_id: str

    @property
    def path(self) -> str:
        return f"/billing/checkouts/{self.purchase_id}"


class Member:
    """Somebody who is signed in, in a browser of their own."""

    def __init__(self, client: Browser, user_id: int) -> None:
        self.client = client
        self.user_id = user_id

    def open_tab(self) -> Member:
        """The same browser once more, for what happens at the same moment."""
        self.client.get("/billing/buy-button")
        client = cast("Browser", self.client.application.test_client())
        for cookie in (self.client._cookies or {}).values():
            client.set_cookie(cookie.key, cookie.value)
        return Member(client, self.user_id)

    def click_buy(self, pack: str = "taster", **headers: str) -> TestResponse:
        """Sends the form beside the pack, with what is hidden in it."""
        page = self.client.get("/billing/buy-button").get_data(as_text=True)
        token = re.findall(r'name="csrf_token" value="([^"]+)"', page)[0]
        form = {"pack": pack, "csrf_token": token}
        return self.client.post("/billing/checkouts", data=form, headers=headers)

    def start_checkout(self, pack: str = "taster") -> Checkout:
        answer = self.click_buy(pack)
        assert answer.status_code == 303, answer.get_data(as_text=True)
        return self.checkout_at(answer.location)

    def begin_without_stripe(self, *, lasting: str) -> uuid.UUID:
        """A purchase that Stripe has not heard of yet."""
        query = """
            INSERT INTO purchases (user_id, pack_id, credits, amount_minor, currency, expires_at)
            SELECT :user_id, id, credits, amount_minor, currency,
                now() + CAST(:lasting AS interval)
            FROM packs WHERE slug = 'taster' RETURNING id
        """
        with db.engine.begin() as connection:
            values = {"user_id": self.user_id, "lasting": lasting}
            purchase_id: uuid.UUID = connection.execute(text(query), values).scalar_one()
        return purchase_id

    def open_and_die(self) -> Checkout:
        """A checkout at Stripe whose id its process did not live to save."""
        purchase_id = self.begin_without_stripe(lasting="12 hours")
        with self.client.application.test_request_context():
            order = checkout._order(db.session.get_one(Purchase, purchase_id))
            db.session.rollback()
            return Checkout(purchase_id, str(current_gateway().create_session(order).session_id))

    def checkout_at(self, url: str) -> Checkout:
        session_id = url.rpartition("/")[2]
        query = "SELECT id FROM purchases WHERE checkout_session_id = :id AND user_id = :user_id"
        (row,) = rows(query, id=session_id, user_id=self.user_id)
        return Checkout(row.id, session_id)

    def return_page(self, opened: Checkout) -> str:
        """What they see when Stripe sends them back."""
        answer = self.client.get(opened.path, follow_redirects=True)
        assert answer.status_code == 200
        return answer.get_data(as_text=True)

    @property
    def purchases(self) -> list[str]:
        """The states of everything they ever began to buy, oldest first."""
        query = "SELECT state FROM purchases WHERE user_id = :id ORDER BY created_at"
        return [row.state for row in rows(query, id=self.user_id)]

    @property
    def credits(self) -> int:
        balance: int = self.client.get("/credits/balance").get_json()["posted"]
        return balance

    @property
    def top_ups(self) -> int:
        query = """
            SELECT count(*) AS n FROM entries
            JOIN transfers ON transfers.id = transfer_id AND transfers.kind = 'topup'
            JOIN accounts ON accounts.id = entries.account_id WHERE user_id = :id
        """
        count: int = rows(query, id=self.user_id)[0].n
        return count


class Webhook:
    """Posts to the app as Stripe does."""

    def __init__(self, app: Flask) -> None:
        self._app = app

    def deliver(self, delivery: Delivery) -> TestResponse:
        return self.post(delivery.body, delivery.signature)

    def send(self, kind: str, subject: dict[str, Any], **changes: Any) -> TestResponse:
        """An event of our own making, with a good signature."""
        event = {
            "id": f"evt_{uuid.uuid4().hex}",
            "object": "event",
            "type": kind,
            "livemode": False,
            "data": {"object": subject},
            **changes,
        }
        body = json.dumps(event)
        return self.post(body.encode(), sign(body))

    def post(self, body: bytes, signature: str | None) -> TestResponse:
        headers = {"Stripe-Signature": signature} if signature else {}
        return self._app.test_client().post(
            "/billing/webhook", data=body, headers=headers, content_type="application/json"
        )


def rows(query: str, **values: Any) -> list[Any]:
    with db.engine.connect() as connection:
        return list(connection.execute(text(query), values))


def asked_refund(purchase_id: uuid.UUID, amount_minor: int) -> uuid.UUID:
    """Of a refund that the operator asks for, and of which Stripe has heard nothing yet."""
    refund_id = uuid.uuid4()
    assert refunds.request(
        refund_id,
        purchase_id=purchase_id,
        amount_minor=amount_minor,
        reason="",
        requested_by=None,
    )
    return refund_id


def at_once(*actions: Callable[[], object]) -> None:
    """Does all of them at the same moment, and waits; fails if one did."""
    barrier = threading.Barrier(len(actions))
    errors: list[BaseException] = []

    def act(action: Callable[[], object]) -> None:
        try:
            barrier.wait()
            action()
        except BaseException as error:  # noqa: BLE001 - carried over to the test
            errors.append(error)

    threads = [threading.Thread(target=act, args=(action,)) for action in actions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors, errors


def buy(member: Member, stand_in: StandIn, line: Line) -> tuple[Checkout, Delivery]:
    """They pay and don't come back; the event that tells of it is yet to be delivered."""
    checkout = member.start_checkout()
    stand_in.pay(checkout.session_id)
    return checkout, line.wait_for(COMPLETED, checkout.session_id)
