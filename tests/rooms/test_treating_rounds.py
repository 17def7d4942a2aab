"""The host treats a whole round: the others pay nothing, and nobody pays what they didn't say."""

from __future__ import annotations

from potluck.rooms import parts, starting
from tests.rooms.four import ADA, BEN, CHIYO, DARA, Four
from tests.rooms.test_clock import ring


def treat(four: Four) -> None:
    assert four.submit(ADA, "payment", payment="host").status_code == 303


def test_the_host_pays_every_part_and_the_bill_says_so(four: Four) -> None:
    treat(four)
    assert "Ada treats everyone" in four.page(BEN)
    assert "you are treated" in four.composer(BEN)
    four.add_lines(ADA, BEN, CHIYO, DARA)
    assert [held > 0 for held in four.held()] == [True, False, False, False]
    round_ = four.table.write()
    bill = parts.bill(round_)
    assert [(part.payer, part.guest) for part in bill] == [
        ("Ada", None),
        ("Ada", "Ben"),
        ("Ada", "Chiyo"),
        ("Ada", "Dara"),
    ]
    (ada, _), *others = four.table.balances()
    assert 1000 - ada == sum(part.credits for part in bill)
    assert [posted for posted, _ in others] == [1000, 1000, 1000]


def test_who_has_no_credits_at_all_can_be_treated(four: Four) -> None:
    four.take_all(CHIYO)
    assert four.add_line(CHIYO).status_code == 402
    treat(four)
    assert four.add_line(CHIYO).status_code == 303


def test_a_host_who_cannot_pay_for_all_cannot_treat(four: Four) -> None:
    four.take_all(ADA)
    assert "I treat everyone" not in four.composer(ADA)
    assert four.submit(ADA, "payment", payment="host").status_code == 402
    assert four.table.round.treated_by is None


def test_when_the_host_stops_treating_nobody_is_charged_who_did_not_agree(four: Four) -> None:
    treat(four)
    four.add_lines(ADA, BEN)
    four.submit(ADA, "payment", payment="split")
    assert "send your line again" in four.composer(BEN)
    four.add_lines(CHIYO)
    ring()
    assert four.names_of_lines() == {"Ada", "Chiyo"}
    four.table.write()
    assert four.table.balances()[BEN] == (1000, 0)


def test_when_the_host_leaves_their_word_leaves_with_them(four: Four) -> None:
    treat(four)
    four.add_lines(BEN, CHIYO)
    four.submit(ADA, "leave")
    assert four.table.round.treated_by is None
    assert four.held() == [0, 0, 0, 0]
    assert "send your line again" in four.composer(BEN)


def test_a_host_who_spent_their_credits_is_told_so_and_nobody_else_pays(four: Four) -> None:
    treat(four)
    four.add_lines(ADA, BEN, CHIYO)
    four.take_all(ADA)
    assert four.submit(ADA, "generation").status_code == 402
    ring()
    assert four.table.round.phase == "collecting"
    assert four.held() == [0, 0, 0, 0]
    starting.start_due()
    assert "You treat this round" in four.composer(ADA) or "Your line is in" in four.composer(ADA)


def test_the_next_round_can_be_opened_as_a_treat_by_the_host_alone(four: Four) -> None:
    four.add_lines(ADA, BEN, CHIYO, DARA)
    four.table.write()
    assert "I treat everyone" not in four.composer(BEN)
    assert four.submit(BEN, "rounds", recipe="story", payment="host").status_code == 403
    assert four.submit(ADA, "rounds", recipe="story", payment="host").status_code == 303
    assert four.table.round.treated_by == four.table.people[ADA].id
