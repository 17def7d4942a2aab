"""What the model does, and what it costs whom."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from potluck.credits import pricing
from potluck.database import db
from potluck.rooms import generation, leases, orders, parts, settlement
from potluck.rooms.leases import Written
from potluck.rooms.model import Usage
from potluck.rooms.quotes import quote
from potluck.rooms.recipes import recipe
from potluck.rooms.settlement import Outcome
from tests.rooms.conftest import Table


def test_two_people_share_one_text_and_its_cost(table: Table) -> None:
    table.add_lines("A frog who sings.", "A flooded cellar.")
    table.start()
    held = [held for _, held in table.balances()]
    assert all(held)
    round_ = table.write()
    written = round_.generation
    assert written
    assert round_.phase == "done"
    assert written.text.startswith("This is a scripted model")
    assert written.cost_credits == sum(part.credits for part in parts.bill(round_))
    ada, ben = parts.bill(round_)
    assert abs(ada.credits - ben.credits) <= 1
    spent = sum(1000 - posted for posted, _ in table.balances())
    assert spent == written.cost_credits
    assert [held for _, held in table.balances()] == [0, 0]


def test_who_added_no_line_pays_nothing(table: Table) -> None:
    table.add_lines("A frog who sings.")
    table.start()
    table.write()
    assert table.balances()[1] == (1000, 0)
    assert table.balances()[0][0] < 1000


def test_the_cost_is_never_more_than_the_ceiling_that_was_shown(table: Table) -> None:
    shown = quote(recipe("story"), people=2)
    table.add_lines("\U0001f372" * 280, "\U0001f372" * 280)
    table.start()
    assert sum(held for _, held in table.balances()) <= shown.total
    assert max(held for _, held in table.balances()) <= shown.each


@pytest.mark.fault("G3")
@pytest.mark.parametrize(
    ("model", "code"),
    [
        ("scripted-400", "provider_refused_request"),
        ("scripted-401", "provider_refused_key"),
        ("scripted-500", "provider_failed"),
        ("scripted-502", "provider_failed"),
        ("scripted-error", "provider_failed"),
        ("scripted-flood", "stream_cut"),
        ("scripted-new", "provider_refused_request"),
        ("scripted-429", "provider_busy"),
        ("scripted-html", "stream_cut"),
        ("scripted-cut", "stream_cut"),
        ("scripted-empty", "empty"),
    ],
)
def test_nobody_is_charged_when_the_model_fails(table: Table, model: str, code: str) -> None:
    table.use_model(model)
    table.add_lines("A frog who sings.", "A flooded cellar.")
    table.start()
    round_ = table.write()
    assert round_.phase == "failed"
    assert round_.generation
    assert round_.generation.error_code == code
    assert table.balances() == [(1000, 0), (1000, 0)]


@pytest.mark.fault("G3")
@pytest.mark.parametrize("model", ["scripted-cut", "scripted-error"])
def test_what_came_before_the_stream_was_cut_is_kept(table: Table, model: str) -> None:
    table.use_model(model)
    table.add_lines("A frog who sings.", "A flooded cellar.")
    table.start()
    written = table.write().generation
    assert written
    assert written.text.startswith("This is a scripted model")


@pytest.mark.parametrize(
    "model",
    ["scripted-comments", "scripted-thinking", "scripted-whole", "scripted-vllm", "unheard-of"],
)
def test_servers_that_answer_in_their_own_way_are_understood(table: Table, model: str) -> None:
    table.use_model(model)
    table.add_lines("A frog who sings.", "A flooded cellar.")
    table.start()
    round_ = table.write()
    written = round_.generation
    assert round_.phase == "done"
    assert written
    assert not written.usage_estimated
    assert written.output_tokens == len(written.text.split())


def test_what_no_database_can_keep_is_left_out_of_a_text(table: Table) -> None:
    table.use_model("scripted-torn")
    table.add_lines("A frog who sings.", "A flooded cellar.")
    table.start()
    written = table.write().generation
    assert written
    assert (written.state, written.text) == ("done", "Torn ? apart.")


@pytest.mark.fault("G4")
@pytest.mark.parametrize("model", ["scripted-nousage", "scripted-negative", "scripted-absurd"])
def test_a_text_without_usage_is_charged_by_estimate_and_says_so(table: Table, model: str) -> None:
    table.use_model(model)
    table.add_lines("A frog who sings.", "A flooded cellar.")
    table.start()
    round_ = table.write()
    assert round_.phase == "done"
    assert round_.generation
    assert round_.generation.usage_estimated
    assert round_.generation.cost_credits
    # What the page said while it was written.
    assert settlement.cost_so_far(round_.generation).credits == round_.generation.cost_credits


@pytest.mark.fault("G1")
def test_an_order_that_died_before_it_was_sent_is_released(table: Table) -> None:
    table.add_lines("A frog who sings.", "A flooded cellar.")
    table.start()
    assert leases.claim()
    _let_leases_lapse()
    generation.settle_abandoned()
    assert table.round.phase == "failed"
    assert table.balances() == [(1000, 0), (1000, 0)]


@pytest.mark.fault("G2")
def test_a_text_that_was_cut_by_a_crash_is_kept_and_costs_nothing(table: Table) -> None:
    table.add_lines("A frog who sings.", "A flooded cellar.")
    table.start()
    lease = _dispatched()
    assert leases.save({lease: Written("Once ", "there was", seq=3)}) == {lease: False}
    _let_leases_lapse()
    generation.settle_abandoned()
    round_ = table.round
    assert round_.generation
    assert (round_.phase, round_.generation.text) == ("failed", "Once there was")
    assert round_.generation.error_code == "interrupted"
    assert table.balances() == [(1000, 0), (1000, 0)]


@pytest.mark.fault("G1")
def test_an_order_that_nobody_took_up_is_given_back(table: Table) -> None:
    table.add_lines("A frog who sings.", "A flooded cellar.")
    table.start()
    db.session.execute(text("UPDATE generations SET created_at = now() - interval '2 minutes'"))
    db.session.commit()
    assert leases.claim() is None
    generation.settle_abandoned()
    assert table.balances() == [(1000, 0), (1000, 0)]


def test_a_process_that_lost_its_lease_can_settle_nothing(table: Table) -> None:
    table.add_lines("A frog who sings.", "A flooded cellar.")
    table.start()
    stale = leases.claim()
    assert stale
    _let_leases_lapse()
    generation.settle_abandoned()
    outcome = Outcome(state="done", text="Late.", seq=1, usage=Usage(10, 10))
    assert settlement.settle(stale.generation_id, epoch=stale.epoch, outcome=outcome) is None
    assert leases.save({stale: Written("Late.", "", seq=1)}) == {}
    assert table.balances() == [(1000, 0), (1000, 0)]


def test_a_stopped_text_costs_what_was_written(table: Table) -> None:
    table.add_lines("A frog who sings.", "A flooded cellar.")
    table.start()
    lease = _dispatched()
    outcome = Outcome(state="stopped", text="Once there was a frog.", seq=2)
    for _ in range(2):
        assert settlement.settle(lease.generation_id, epoch=lease.epoch, outcome=outcome)
    db.session.commit()
    assert table.round.phase == "stopped"
    assert sum(1000 - posted for posted, _ in table.balances()) == 1


def test_usage_beyond_the_hold_is_not_the_members_loss(table: Table) -> None:
    table.add_lines("A frog who sings.", "A flooded cellar.")
    table.start()
    held = [held for _, held in table.balances()]
    lease = _dispatched()
    outcome = Outcome(state="done", text="Much.", seq=1, usage=Usage(10, 1_000_000))
    settlement.settle(lease.generation_id, epoch=lease.epoch, outcome=outcome)
    db.session.commit()
    assert [1000 - posted for posted, _ in table.balances()] == held


def test_a_price_that_changes_meanwhile_does_not_change_the_bill(table: Table) -> None:
    table.add_lines("A frog who sings.", "A flooded cellar.")
    table.start()
    held = sum(held for _, held in table.balances())
    pricing.set_price("scripted", input_credits_per_million=10**6, output_credits_per_million=10**6)
    db.session.commit()
    round_ = table.write()
    assert round_.generation
    assert (round_.generation.cost_credits or 0) < held


def test_a_model_without_a_price_starts_nothing(table: Table) -> None:
    table.add_lines("A frog who sings.")
    before = table.app.extensions["settings"]
    table.app.extensions["settings"] = before.model_copy(update={"openai_model": "unheard-of"})
    with pytest.raises(pricing.NoPrice):
        orders.order(table.room)
    db.session.rollback()
    assert table.round.phase == "collecting"


def _dispatched() -> leases.Lease:
    """The order, taken and marked as sent, as just before the model is called."""
    lease = leases.claim()
    assert lease
    leases.dispatch(lease)
    return lease


def _let_leases_lapse() -> None:
    db.session.execute(text("UPDATE generations SET lease_expires_at = now() - interval '1 s'"))
    db.session.commit()
