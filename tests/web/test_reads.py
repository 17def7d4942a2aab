"""What is read along with something else is what it is alone, and brings nothing of others."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import inspect, select, text

from potluck import json_rows
from potluck.accounts.models import Identity, User
from potluck.admin import attention, members, overview
from potluck.billing import refunds, standing_reads
from potluck.billing.models import (
    AutomaticTopUp,
    Dispute,
    Pack,
    Purchase,
    Refund,
    SavedCard,
    StripeEvent,
)
from potluck.credits import ledger, payers
from potluck.database import Base, db
from potluck.rooms import capabilities, memory, reports, room_reads, sheets
from potluck.rooms.models import Picture
from potluck.rooms.sheet_models import Report, Sheet, SheetDecision
from tests.conftest import MODEL
from tests.people import Browser, make_user
from tests.web import fullness, room_states
from tests.web.conftest import World

KINDS = (
    *(AutomaticTopUp, Dispute, Identity, Pack, Picture, Purchase, Refund, Report, SavedCard),
    *(Sheet, SheetDecision, StripeEvent, User),
)
TELL = text("""UPDATE generations SET messages = '[{"role": "user", "content": "A frog."}]'""")
HIDE = text("UPDATE sheets SET hidden_at = now()")

pytestmark = pytest.mark.usefixtures("ada")


def everything_of(rows: list[Any]) -> list[str]:
    """Every column of each."""
    names = inspect(type(rows[0])).column_attrs.keys()
    return sorted(repr([getattr(row, name) for name in names]) for row in rows)


def page_of(world: World, user_id: int) -> room_reads.RoomPage:
    found = room_reads.found(world.room_code, viewer_id=user_id)
    assert found
    return room_reads.page(found)


@pytest.mark.parametrize("kind", KINDS)
def test_a_row_that_came_as_json_is_the_row(kind: type[Base]) -> None:
    query = text(f"SELECT to_json(each) FROM {kind.__tablename__} each")  # noqa: S608 - ours
    made = [json_rows.entity(kind, row) for row in db.session.scalars(query)]
    assert everything_of(made) == everything_of(list(db.session.scalars(select(kind))))


@pytest.mark.parametrize("state", [room_states.written, room_states.failed, room_states.put_away])
def test_a_room_remembers_the_same_by_the_rounds_that_its_page_shows(
    world: World, state: Any
) -> None:
    state(world)
    db.session.execute(TELL)
    capabilities.note(fullness.SECOND_MODEL, capabilities.Capabilities(context_tokens=20))
    page = page_of(world, world.user_id)
    current, known = page.newest.round, page.known
    for model in (None, MODEL, fullness.SECOND_MODEL, "one that nobody asked"):
        remembered = memory.after(current, model=model, known=known)
        assert remembered == memory.after(current, model=model)
    assert memory.after(current, known=known).rounds
    assert not memory.after(current, model=fullness.SECOND_MODEL, known=known).rounds


def test_the_payers_of_a_pots_round_come_with_it_and_those_of_others_dont(world: World) -> None:
    room_states.paid_by_the_pot(world)
    newest = page_of(world, world.user_id).newest
    assert newest.round.generation
    assert newest.payers == payers.of(newest.round.generation.id)
    assert [(payer.name, payer.captured) for payer in newest.payers] == [("Ada", 7), ("Ben", 7)]


def test_the_sheet_of_a_room_is_that_of_its_newest_round(world: World) -> None:
    room_states.written(world)
    newest = page_of(world, world.user_id).newest
    assert newest.sheet
    assert newest.sheet.round_id == newest.round.id
    votes = {person.user_id: person.vote for person in newest.sheet.people}
    assert votes == {world.user_id: None, room_states.ben(world): "agreed"}
    assert newest.payers == []


def test_who_paid_for_a_sheet_is_brought_to_those_who_were_there_alone(world: World) -> None:
    inside = sheets.page(world.sheet_slug, viewer_id=world.user_id)
    assert inside.is_inside
    assert [(payer.name, payer.captured) for payer in inside.payers] == [("Ada", 7), ("Ben", 6)]
    for viewer_id in (make_user("Mallory").id, None):
        page = sheets.page(world.sheet_slug, viewer_id=viewer_id, is_operator=True)
        assert (page.is_inside, page.payers) == (False, [])


def test_a_remix_is_begun_with_what_its_sheet_says_by_whoever_began_it_alone(world: World) -> None:
    room_states.begun_as_a_remix(world)
    remixed = page_of(world, world.user_id).remixed
    assert remixed
    assert remixed.startswith("# The frog of Skerry Point")
    assert page_of(world, room_states.ben(world)).remixed is None
    db.session.execute(HIDE)
    assert page_of(world, world.user_id).remixed is None


def test_money_that_is_under_way_is_ones_own(world: World) -> None:
    money = standing_reads.money_of(world.user_id)
    kinds = [(motion.kind, motion.amount_minor) for motion in money.motions]
    assert sorted(kinds) == [("processing", 200), ("refund", 100), ("refund", 100)]
    standing = money.standing
    assert standing.card
    assert standing.rule
    assert (standing.card.last4, standing.rule.pack.slug) == ("4242", "taster")
    assert (standing.spent_minor, standing.is_under_way) == (200, True)
    others = standing_reads.money_of(make_user("Mallory").id)
    assert others.motions == []
    assert (others.standing.card, others.standing.rule) == (None, None)
    assert (others.standing.spent_minor, others.standing.is_under_way) == (0, False)


def test_what_is_left_of_a_purchase_is_the_same_by_what_went_back() -> None:
    for purchase in db.session.scalars(select(Purchase)).all():
        page = overview.purchase(purchase.id)
        assert page
        assert page.left_minor == refunds.left_minor(purchase)
        assert {refund.purchase_id for refund in page.refunds} <= {purchase.id}
        assert {dispute.purchase_id for dispute in page.disputes} <= {purchase.id}


def test_a_member_as_the_operator_sees_them_is_nobody_else(world: World) -> None:
    member = members.member(world.user_id)
    assert member
    assert member.balance == ledger.balance(world.user_id)
    assert {identity.user_id for identity in member.identities} == {world.user_id}
    assert {purchase.user_id for purchase in member.purchases} == {world.user_id}
    assert member.room
    assert member.room.code == world.room_code
    assert [act["details"] for act in member.acts] == ["1 credit"]
    mallory = members.member(make_user("Mallory").id)
    assert mallory
    assert (mallory.room, mallory.purchases, mallory.acts) == (None, [], [])


def test_what_wants_attention_is_all_of_it_and_nothing_that_has_ended(ada: Browser) -> None:
    wanted = attention.wanted()
    assert [refund.state for refund in wanted.refunds] == ["held", "held"]
    assert [dispute.state for dispute in wanted.disputes] == ["open", "open"]
    assert {refund.purchase.currency for refund in wanted.refunds} == {"usd"}
    assert {dispute.purchase.currency for dispute in wanted.disputes} == {"usd"}
    assert [event.attempts for event in wanted.events] == [1]
    assert [overrun["cost_credits"] for overrun in wanted.overruns] == [10]


def test_reports_and_decisions_are_those_of_their_sheet(world: World) -> None:
    cases = reports.cases(world.user_id)
    assert len(cases) == 2
    for case in cases:
        said = [(report.sheet_id, report.user.name) for report in case.reports]
        assert said == [(case.sheet.id, "Trent")]
        decided = [(each.decision, each.operator.name) for each in case.decisions]
        assert decided == [("restore", "Ada"), ("hide", "Ada")]
