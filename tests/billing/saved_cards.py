"""Members who save a card at Stripe and let it be charged while they are away."""

from __future__ import annotations

import re
import uuid
from datetime import timedelta
from typing import Any

import requests
from sqlalchemy import text
from werkzeug.test import TestResponse

from potluck.credits import ledger
from potluck.database import db
from tests.billing.people import Member, rows
from tests.billing.stripe_line import CARD, StandIn

TASTER_MINOR = 200
ASKS_ALWAYS = "4000002760003184"
ASKS_WHILE_SAVING = "4000003800000446"
SAVED_THEN_DECLINED = "4000000000000341"
EXPIRED = "4000000000000069"
PURCHASES_AGE = text("""
    UPDATE purchases SET created_at = created_at - :passed WHERE user_id = :id
""")
RULE_AGES = text("""
    UPDATE automatic_top_ups SET try_after = try_after - :passed,
        consented_at = consented_at - :passed
    WHERE user_id = :id
""")


def go_to_stripe(member: Member) -> str:
    """They click on Save; the address of the page that they are sent to."""
    answer = member.client.submit("/billing/card", page="/credits")
    assert answer.status_code == 303, answer.get_data(as_text=True)
    return str(answer.location)


def session_id_of(url: str) -> str:
    return url.rpartition("/")[2]


def give_card(url: str, card: str = CARD) -> None:
    """They give a card on Stripe's page, and confirm it with their bank where it asks."""
    answer = requests.post(url, data={"test_card": card}, allow_redirects=False, timeout=10)
    assert answer.status_code == 303, answer.text
    if answer.headers["Location"].endswith("/authentication"):
        confirm(url)


def confirm(url: str) -> None:
    """They confirm with their bank what was begun on Stripe's page."""
    form = {"result": "complete"}
    answer = requests.post(f"{url}/authentication", data=form, allow_redirects=False, timeout=10)
    assert answer.status_code == 303, answer.text


def come_back(member: Member, url: str) -> TestResponse:
    """Stripe sends them back to us."""
    return member.client.get(f"/billing/card?session_id={session_id_of(url)}")


def save_card(member: Member, card: str = CARD) -> None:
    url = go_to_stripe(member)
    give_card(url, card)
    assert come_back(member, url).location == "/billing/card"


def pack_id(slug: str = "taster") -> str:
    query = "SELECT id FROM packs WHERE slug = :slug AND withdrawn_at IS NULL"
    return str(rows(query, slug=slug)[0].id)


def switch_on(member: Member, **changes: str) -> TestResponse:
    """By default: below 500 credits 2,000 for $2, at most $20 a month."""
    rule = {"pack": pack_id(), "threshold": "500", "monthly_cap": "20", **changes}
    return member.client.submit("/billing/automatic-top-up", page="/credits", **rule)


def opt_in(member: Member, card: str = CARD, **changes: str) -> None:
    save_card(member, card)
    assert switch_on(member, **changes).status_code == 303


def grant(member: Member, amount_credits: int) -> None:
    ledger.grant(
        user_id=member.user_id, amount_credits=amount_credits, key=uuid.uuid4().hex, reason="Gift"
    )
    db.session.commit()


def card_of(member: Member) -> Any:
    found = rows("SELECT * FROM saved_cards WHERE user_id = :id", id=member.user_id)
    return found[0] if found else None


def rule_of(member: Member) -> Any:
    found = rows("SELECT * FROM automatic_top_ups WHERE user_id = :id", id=member.user_id)
    return found[0] if found else None


def listed(stand_in: StandIn, path: str) -> list[dict[str, Any]]:
    """What Stripe's API lists, newest first."""
    return list(stand_in.read(f"/v1/{path}")["data"])


def payments_of(member: Member, stand_in: StandIn) -> list[dict[str, Any]]:
    """Every payment that Stripe has of their customer, newest first."""
    return listed(stand_in, f"payment_intents?customer={card_of(member).customer_id}")


def charges_of(member: Member, stand_in: StandIn) -> int:
    """How often money was taken."""
    return sum(p["status"] == "succeeded" for p in payments_of(member, stand_in))


def later(member: Member, **time: float) -> None:
    """So much time goes by for what they bought, and for when their card is tried again."""
    passed = {"id": member.user_id, "passed": timedelta(**time)}
    with db.engine.begin() as connection:
        connection.execute(PURCHASES_AGE, passed)
        connection.execute(RULE_AGES, passed)


def section(member: Member) -> str:
    """What the credits page says of automatic top-up, in one line."""
    page = member.client.get("/credits").get_data(as_text=True)
    found = re.search(r'<section id="automatic".*?</section>', page, re.DOTALL)
    assert found
    return " ".join(re.sub(r"<[^>]+>", "", found[0]).split())
