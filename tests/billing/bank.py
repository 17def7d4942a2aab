"""What happens at Stripe once somebody has paid."""

from __future__ import annotations

import contextlib
import sqlite3
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import requests
from sqlalchemy import text

from potluck.accounts.models import User
from potluck.database import db
from tests.billing.people import Checkout, Member
from tests.billing.stripe_line import StandIn

# At the stand-in, what a bank debits some day rather than at once.
SLOW_ACCOUNT = "000123456789"
MOMENTS = {
    "purchases": ("created_at", "paid_at"),
    "refunds": ("created_at", "changed_at"),
    "disputes": ("created_at", "changed_at"),
}


class Bank:
    """Decides how payments, refunds and disputes go on, and asks for money back."""

    def __init__(self, stand_in: StandIn) -> None:
        self.stand_in = stand_in

    def decide(self, path: str, **choice: Any) -> None:
        self.stand_in.decide(path, **choice)

    def debit(self, checkout: Checkout) -> str:
        """The payment of a checkout that is complete while its money is under way."""
        page = f"{self.stand_in.url}/c/pay/{checkout.session_id}"
        form = {"test_account": SLOW_ACCOUNT}
        assert requests.post(page, data=form, allow_redirects=False, timeout=10).ok
        return self.stand_in.payment_of(checkout.session_id)

    def refund(self, payment_id: str, *, amount_minor: int) -> str:
        """As an operator does it in Stripe's dashboard."""
        sent = {"payment_intent": payment_id, "amount": amount_minor}
        return str(self.stand_in.ask("/v1/refunds", **sent)["id"])

    def dispute(self, payment_id: str) -> str:
        charge_id = self.stand_in.charge_of(payment_id)
        return str(self.stand_in.decide(f"charges/{charge_id}/dispute")["id"])

    def charge_saved_card(self, **mark: str) -> str:
        """A payment without a checkout."""
        customer = self.stand_in.ask("/v1/customers", email="dana@example.com")["id"]
        session = self.stand_in.ask(
            "/v1/checkout/sessions",
            mode="setup",
            currency="usd",
            customer=customer,
            success_url="http://shop.test/saved",
        )
        self.stand_in.pay(session["id"])
        setup_id = self.stand_in.read(f"/v1/checkout/sessions/{session['id']}")["setup_intent"]
        paid = {f"metadata[{name}]": value for name, value in mark.items()}
        intent = self.stand_in.ask(
            "/v1/payment_intents",
            amount="500",
            currency="usd",
            customer=customer,
            payment_method=self.stand_in.read(f"/v1/setup_intents/{setup_id}")["payment_method"],
            confirm="true",
            off_session="true",
            **paid,
        )
        assert intent["status"] == "succeeded"
        return str(intent["id"])

    def order(self, kind: str, match: str, **figures: float) -> None:
        """Something that goes wrong from now on."""
        self.decide("faults", kind=kind, match=match, **figures)

    def forget(self, *object_ids: str) -> None:
        """Stripe knows nothing of these any more; without any, of nothing at all."""
        database = self.stand_in._database
        with contextlib.closing(sqlite3.connect(database)) as connection, connection:
            if not object_ids:
                for table in ("delivery_copies", "held_deliveries", "deliveries", "objects"):
                    connection.execute(f"DELETE FROM {table}")  # noqa: S608 - ours
            for object_id in object_ids:
                connection.execute("DELETE FROM objects WHERE id = ?", (object_id,))

    def end_faults(self) -> None:
        assert requests.delete(f"{self.stand_in.url}/control/faults", timeout=10).ok


def pay(member: Member, stand_in: StandIn, pack: str = "taster") -> tuple[Checkout, str]:
    """They pay and close the tab; the checkout, and the id of its payment."""
    checkout = member.start_checkout(pack)
    stand_in.pay(checkout.session_id)
    return checkout, stand_in.payment_of(checkout.session_id)


def pay_and_return(member: Member, bank: Bank, pack: str = "taster") -> str:
    """The id of a payment that the books know."""
    checkout, payment_id = pay(member, bank.stand_in, pack)
    member.return_page(checkout)
    return payment_id


def mark_of(member: Member) -> dict[str, str]:
    """What we write on a payment that is made without a checkout."""
    reference = db.session.get_one(User, member.user_id).reference
    db.session.rollback()
    return {
        "purchase": str(uuid.uuid4()),
        "member": str(reference),
        "pack": "supper",
        "credits": "5000",
        "source": "automatic",
    }


def made_earlier(stand_in: StandIn, *object_ids: str) -> None:
    """As if it had been made at Stripe forty days ago."""
    moment = datetime.now(UTC) - timedelta(days=40)
    for object_id in object_ids:
        stand_in.rewrite(object_id, created=int(moment.timestamp()))


def let_days_pass(stand_in: StandIn, days: int = 40) -> None:
    """Everything was longer ago, at Stripe and in the books."""
    with contextlib.closing(sqlite3.connect(stand_in._database)) as connection, connection:
        created = "json_extract(body, '$.created') - ?"
        query = f"UPDATE objects SET body = json_set(body, '$.created', {created})"  # noqa: S608
        connection.execute(query, [days * 24 * 60 * 60])
    with db.engine.begin() as books:
        for table, moments in MOMENTS.items():
            earlier = ", ".join(f"{m} = {m} - make_interval(days => :days)" for m in moments)
            books.execute(text(f"UPDATE {table} SET {earlier}"), {"days": days})  # noqa: S608
