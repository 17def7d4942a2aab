"""Who has agreed to it and runs low gets a pack, and never beyond what they agreed to."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from potluck.billing.automatic import sweep
from potluck.credits import holds, ledger
from potluck.database import db
from tests.billing.people import Member, rows
from tests.billing.saved_cards import (
    grant,
    later,
    opt_in,
    payments_of,
    save_card,
    section,
    switch_on,
)
from tests.billing.stripe_line import StandIn
from tests.orders import ordered_generation


def test_it_is_off_until_somebody_switches_it_on(dana: Member, stand_in: StandIn) -> None:
    save_card(dana)
    assert section(dana).startswith("Automatic top-up It is off.")
    sweep()
    assert dana.purchases == []


def test_whoever_runs_low_gets_a_pack_and_stripes_receipt(dana: Member, stand_in: StandIn) -> None:
    opt_in(dana)
    sweep()
    assert (dana.purchases, dana.credits, dana.top_ups) == (["paid"], 2000, 1)
    (payment,) = payments_of(dana, stand_in)
    assert (payment["amount"], payment["currency"]) == (200, "usd")
    assert payment["metadata"]["source"] == "automatic"
    assert payment["description"] == "Taster: 2,000 credits, bought automatically"
    (purchase,) = rows("SELECT * FROM purchases WHERE user_id = :id", id=dana.user_id)
    assert purchase.receipt_url.startswith("http")
    assert (purchase.source, purchase.payment_intent_id) == ("automatic", payment["id"])


def test_the_page_says_what_is_bought_when_and_how_much_it_was_this_month(dana: Member) -> None:
    opt_in(dana)
    sweep()
    assert (
        "when you have fewer than 500 credits, 2,000 are bought for $2.00, at most $20.00 a "
        "month; $2.00 this month so far."
    ) in section(dana)


def test_nothing_is_bought_before_the_threshold(dana: Member) -> None:
    grant(dana, 500)
    opt_in(dana)
    sweep()
    assert dana.purchases == []
    switch_on(dana, threshold="501")
    sweep()
    assert dana.credits == 2500


def test_the_limit_of_a_month_holds_and_the_next_month_goes_on(
    dana: Member, stand_in: StandIn
) -> None:
    opt_in(dana, threshold="2000", monthly_cap="5.99")
    for bought in (1, 2):
        sweep()
        assert dana.top_ups == bought
        spend(dana, 2000)
    sweep()
    assert dana.top_ups == 2
    assert "leaves no room for another pack" in section(dana)
    later(dana, days=31)
    sweep()
    assert dana.top_ups == 3


def test_the_database_itself_keeps_to_what_was_agreed(dana: Member, sam: Member) -> None:
    opt_in(dana, monthly_cap="2")
    insert = """
        INSERT INTO purchases (user_id, pack_id, credits, amount_minor, currency, source,
            customer_id, payment_method_id, expires_at)
        SELECT :user_id, id, credits, amount_minor, currency, 'automatic', 'cus_1', 'pm_1', now()
        FROM packs WHERE slug = :slug
    """
    for member, slug in ((sam, "taster"), (dana, "feast")):
        values = {"user_id": member.user_id, "slug": slug}
        with pytest.raises(DBAPIError, match="has not agreed"), db.engine.begin() as connection:
            connection.execute(text(insert), values)
    sweep()
    values = {"user_id": dana.user_id, "slug": "taster"}
    with pytest.raises(DBAPIError, match="agreed to 200"), db.engine.begin() as connection:
        connection.execute(text(insert), values)


def test_a_frozen_member_buys_nothing(dana: Member) -> None:
    opt_in(dana)
    ledger.freeze(dana.user_id)
    db.session.commit()
    sweep()
    assert dana.purchases == []
    ledger.thaw(dana.user_id)
    db.session.commit()
    sweep()
    assert dana.purchases == ["paid"]


def test_a_banned_member_buys_nothing(dana: Member) -> None:
    opt_in(dana)
    with db.engine.begin() as connection:
        connection.execute(
            text("UPDATE users SET banned_at = now() WHERE id = :id"), {"id": dana.user_id}
        )
    sweep()
    assert rows("SELECT FROM purchases WHERE user_id = :id", id=dana.user_id) == []


def test_nothing_is_bought_for_whoever_removed_their_card(dana: Member) -> None:
    opt_in(dana)
    dana.client.submit("/billing/card/removal", page="/billing/card")
    sweep()
    assert dana.purchases == []


def spend(member: Member, amount_credits: int) -> None:
    """A round is being written for which so much is held."""
    generation_id = ordered_generation(member.user_id)
    amounts = {member.user_id: amount_credits}
    holds.reserve(amounts=amounts, generation_id=generation_id, ttl_seconds=60)
    db.session.commit()
