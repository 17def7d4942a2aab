"""Four have added a line and one can't pay: nobody is held, and the host decides."""

from __future__ import annotations

import re

import pytest

from potluck.database import db
from potluck.rooms.models import Generation
from tests.rooms.four import ADA, BEN, CHIYO, DARA, NAMES, Four


@pytest.mark.fault("M18")
def test_when_one_of_four_cannot_pay_nobody_is_held_and_every_line_stays(short: Four) -> None:
    assert short.table.round.phase == "collecting"
    assert short.held() == [0, 0, 0, 0]
    assert short.names_of_lines() == set(NAMES)
    assert db.session.query(Generation).count() == 0


@pytest.mark.fault("M18")
def test_the_host_is_offered_to_go_on_or_to_treat_and_is_not_told_whom(short: Four) -> None:
    offer = short.composer(ADA)
    assert "One line can't be paid for yet" in offer
    assert "Go on without it" in offer
    assert re.search(r"You pay at most \d+ credits\. Treat: pay its part too", offer)
    assert "Chiyo" not in offer
    notice = short.page(DARA).partition("One line can't be paid for yet")[2]
    assert "The round waits for its host: Ada" in notice
    assert "Chiyo" not in notice
    assert "Start now" not in short.page(ADA) + short.page(DARA)


def test_the_author_is_told_in_private_with_the_price_and_what_to_do(short: Four) -> None:
    told = short.composer(CHIYO)
    assert re.search(r"Your part of this round can cost \d+ credits, and you have 0\.", told)
    assert "Top up and send it again, or wait: Ada can go on without it, or treat you." in told
    assert "Send again" in told
    assert "you have 0" not in short.page(BEN)


@pytest.mark.fault("M18")
@pytest.mark.parametrize("choice", ["leave_out", "treat"])
def test_nobody_but_the_host_decides(short: Four, choice: str) -> None:
    for who in (BEN, CHIYO, DARA):
        assert "Treat:" not in short.composer(who)
        answer = short.decide(who, choice)
        assert answer.status_code == 403
        assert "The host of the room decides this" in answer.get_data(as_text=True)
    assert short.held() == [0, 0, 0, 0]
    assert short.names_of_lines() == set(NAMES)


def test_a_choice_that_there_is_not_is_refused_in_a_sentence(short: Four) -> None:
    for choice in ("", "steal"):
        answer = short.decide(ADA, choice)
        assert answer.status_code == 422
        assert "left out, or you treat" in answer.get_data(as_text=True)
    assert short.table.round.phase == "collecting"


@pytest.mark.fault("M18")
def test_when_the_host_goes_on_without_it_the_other_three_pay(short: Four) -> None:
    assert short.decide(ADA, "leave_out").status_code == 303
    assert [held > 0 for held in short.held()] == [True, True, False, True]
    round_ = short.table.write()
    assert round_.generation
    cost = round_.generation.cost_credits
    assert cost
    assert short.names_of_lines() == {"Ada", "Ben", "Dara"}
    assert sum(short.paid()) == cost
    assert "Chiyo" not in short.page(ADA).partition("This round cost")[2]
    assert "Another round" in short.composer(CHIYO)


def test_who_tops_up_and_sends_their_line_again_starts_the_round(short: Four) -> None:
    assert short.add_line(CHIYO).status_code == 402
    short.give(CHIYO, 1000)
    assert "You have the credits for this round now" in short.composer(CHIYO)
    assert short.table.round.phase == "collecting"
    short.add_lines(CHIYO)
    assert short.table.round.phase == "generating"
    assert all(short.held())
    short.table.write()


def test_a_round_that_waits_for_the_host_does_not_start_by_itself(short: Four) -> None:
    short.give(CHIYO, 1000)
    short.add_lines(BEN)
    assert short.submit(DARA, "leave").status_code == 303
    assert short.table.round.phase == "collecting"
    assert short.held() == [0, 0, 0, 0]


def test_trying_again_as_it_is_starts_once_everybody_can_pay(short: Four) -> None:
    short.submit(ADA, "generation")
    assert short.table.round.phase == "collecting"
    short.give(CHIYO, 1000)
    short.submit(ADA, "generation")
    assert short.table.round.phase == "generating"
    assert not any(line.short_since for line in short.table.round.contributions)
    short.table.write()


def test_the_next_at_the_table_decides_where_the_host_cannot_pay(four: Four) -> None:
    four.add_lines(ADA, BEN, CHIYO)
    four.take_all(ADA)
    four.take_all(CHIYO)
    four.add_lines(DARA)
    assert four.decide(ADA, "leave_out").status_code == 403
    assert "2 lines can't be paid for yet" in four.composer(BEN)
    four.decide(BEN, "treat")
    held = four.held()
    assert held[ADA] == held[CHIYO] == 0
    assert held[BEN] > 2 * held[DARA]
    four.table.write()


def test_where_nobody_can_pay_the_round_waits_for_credits(four: Four) -> None:
    four.add_lines(ADA, BEN, CHIYO)
    for who in (ADA, BEN, CHIYO):
        four.take_all(who)
    four.submit(DARA, "leave")
    assert "The round waits until somebody has the credits" in four.page(ADA)
    assert four.decide(ADA, "leave_out").status_code == 403


@pytest.mark.fault("M18")
def test_somebody_frozen_by_a_dispute_is_one_who_cannot_pay(four: Four) -> None:
    four.add_lines(ADA, BEN, CHIYO)
    four.freeze(CHIYO)
    four.add_lines(DARA)
    assert four.held() == [0, 0, 0, 0]
    assert "Your credits are frozen" in four.composer(CHIYO)
    four.decide(ADA, "treat")
    assert four.table.write().phase == "done"
    four.thaw(CHIYO)


@pytest.mark.parametrize("choice", ["leave_out", "treat"])
def test_another_who_cannot_pay_by_then_is_waited_for_too(short: Four, choice: str) -> None:
    short.take_all(DARA)
    short.decide(ADA, choice)
    assert short.held() == [0, 0, 0, 0]
    assert short.names_of_lines() == set(NAMES)
    assert "2 lines can't be paid for yet" in short.composer(ADA)
    short.decide(ADA, "leave_out")
    assert short.names_of_lines() == {"Ada", "Ben"}
    assert short.table.write().phase == "done"


def test_a_pot_that_would_be_empty_is_not_started(four: Four) -> None:
    four.add_lines(CHIYO)
    four.take_all(CHIYO)
    four.submit(ADA, "generation")
    assert "Go on without it" not in four.composer(ADA)
    assert four.decide(ADA, "leave_out").status_code == 409
    assert four.names_of_lines() == {"Chiyo"}
