"""Everything that pages can show of the small world, since they ask most of the database then."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import text

from potluck.accounts import acts
from potluck.credits import holds, pricing
from potluck.database import db
from potluck.rooms import capabilities, reactions, reports
from potluck.rooms.capabilities import Capabilities
from potluck.rooms.sheet_models import Remix
from tests.conftest import MODEL
from tests.credits import histories
from tests.people import make_user
from tests.rooms.sheet_people import publish, written_sheet
from tests.web.room_states import sheet

if TYPE_CHECKING:
    from tests.web.conftest import World

# Models that write, of which the second has another price, and one that draws.
SECOND_MODEL, PAINTER = "another", "painter"

SAVE_CARD = text("""
    INSERT INTO saved_cards (user_id, customer_id, payment_method_id, brand, last4, exp_month,
        exp_year, saved_at)
    VALUES (:user_id, 'cus_1', 'pm_1', 'visa', '4242', 12, 2040, now())
""")
AGREE = text("""
    INSERT INTO automatic_top_ups (user_id, pack_id, threshold_credits, monthly_cap_minor)
    SELECT :user_id, id, 500, 100000 FROM packs WHERE slug = 'taster' AND withdrawn_at IS NULL
""")
BUY_BY_ITSELF = text("""
    INSERT INTO purchases (user_id, pack_id, credits, amount_minor, currency, expires_at, state,
        source, payment_intent_id, customer_id, payment_method_id)
    SELECT :user_id, id, credits, amount_minor, currency, now() + interval '1 hour', 'processing',
        'automatic', 'pi_1', 'cus_1', 'pm_1'
    FROM packs WHERE slug = 'taster' AND withdrawn_at IS NULL
""")
WIN = text("UPDATE disputes SET state = 'won' WHERE id = :id")
PAUSE = text("INSERT INTO pauses (what, sentence) VALUES ('rounds', 'No.'), ('checkouts', 'No.')")
FAIL = text("""
    UPDATE generations SET state = 'failed', error_code = 'stream_cut', ended_at = now()
    WHERE id = :id
""")


def fill(world: World) -> None:
    """Money, marks, reports, models, and what an operator looks at."""
    ada = world.user_id
    for model in (SECOND_MODEL, PAINTER):
        pricing.set_price(model, input_credits_per_million=9, output_credits_per_million=90_000)
    for model in (MODEL, SECOND_MODEL):
        capabilities.claim(model)
        capabilities.note(model, Capabilities(context_tokens=8_000))
    _pay(ada)
    _talk_about(world)
    _keep_busy()
    acts.note("grant", f"member {ada}", member_id=ada, details="1 credit", reason="A gift")
    db.session.execute(PAUSE)
    db.session.commit()


def _pay(user_id: int) -> None:
    for statement in (SAVE_CARD, AGREE, BUY_BY_ITSELF):
        db.session.execute(statement, {"user_id": user_id})
    db.session.commit()
    for _ in range(2):
        purchase_id = histories.buy(user_id, 500)
        histories.ask_refund(user_id, purchase_id, 100)
        histories.dispute(user_id, purchase_id, 50)
    _get_money_back(user_id)


def _get_money_back(user_id: int) -> None:
    """Of another purchase, and all of that is over."""
    purchase_id = histories.buy(user_id, 500)
    refund_id = histories.ask_refund(user_id, purchase_id, 100)
    assert refund_id
    histories.refund(user_id, refund_id, 100)
    reference = histories.dispute(user_id, purchase_id, 50)
    histories.win(user_id, reference, 50)
    db.session.execute(WIN, {"id": reference})
    db.session.commit()


def _talk_about(world: World) -> None:
    """Their sheet is public, was made after another's, and people have an opinion of both."""
    other = sheet(written_sheet("Chiyo", "Dara"))
    publish(other.slug)
    mine = sheet(world.sheet_slug)
    publish(mine.slug)
    db.session.add(Remix(round_id=mine.round_id, sheet_id=other.id, begun_by=world.user_id))
    for name in ("Mallory", "Eve"):
        user_id = make_user(name).id
        for each in (mine, other):
            reactions.react(each, user_id=user_id, kind="warm", is_wanted=True)
            reports.report(each, user_id=user_id, reason="spam", words="Look.")
    for slug in (mine.slug, other.slug):
        reports.decide(slug, operator_id=world.user_id, decision="hide", words="Hm.")
        reports.decide(slug, operator_id=world.user_id, decision="restore", words="No.")
    for each in (mine, other):
        reports.report(each, user_id=make_user("Trent").id, reason="other", words="Again.")
    db.session.commit()


def _keep_busy() -> None:
    """Elsewhere something is being written, something failed, and something cost too much."""
    fay, gus, hal = (make_user(name, credits=1_000).id for name in ("Fay", "Gus", "Hal"))
    histories.held_generation({fay: 10})
    dear = histories.held_generation({gus: 10})
    histories.end_generation(dear, {gus: 10}, body="Dear.", input_tokens=9**9, output_tokens=1)
    failed = histories.held_generation({hal: 10})
    holds.release(failed)
    db.session.execute(FAIL, {"id": failed})
    db.session.commit()
