"""The host treats: one pays for two, to the credit, and the bill says so."""

from __future__ import annotations

import re

import pytest

from potluck.rooms import parts
from tests.rooms.four import ADA, BEN, CHIYO, DARA, NAMES, Four


@pytest.mark.fault("M18")
def test_when_the_host_treats_they_pay_two_parts_and_the_bill_says_so(short: Four) -> None:
    at_most = int(re.findall(r"You pay at most (\d+)", short.composer(ADA))[0])
    assert short.decide(ADA, "treat").status_code == 303
    held = short.held()
    assert held[CHIYO] == 0
    assert held[BEN] < held[ADA] <= at_most
    round_ = short.table.write()
    assert round_.generation
    cost = round_.generation.cost_credits
    assert cost
    assert sum(short.paid()) == cost
    assert short.table.balances()[CHIYO] == (0, 0)
    bill_of = parts.bill(round_)
    assert [(part.payer, part.guest) for part in bill_of] == [
        ("Ada", None),
        ("Ben", None),
        ("Ada", "Chiyo"),
        ("Dara", None),
    ]
    assert bill_of[0].credits + bill_of[2].credits == short.paid()[ADA]
    assert sum(part.credits for part in bill_of) == cost
    bill = short.page(BEN).partition("This round cost")[2]
    assert re.search(rf"Ada {bill_of[0].credits}, .*Ada {bill_of[2].credits} for Chiyo", bill)


def test_the_receipt_says_whom_the_host_treated(short: Four) -> None:
    short.decide(ADA, "treat")
    short.table.write()
    statement = short.browsers[BEN].get("/credits").get_data(as_text=True)
    found = re.search(r"/credits/charges/\d+", statement)
    assert found
    receipt = short.words(BEN, found[0])
    assert f"Ada , treating Chiyo {short.paid()[ADA]} Ben (you) {short.paid()[BEN]}" in receipt


@pytest.mark.fault("M18")
def test_a_treat_costs_nobody_anything_when_the_model_fails(short: Four) -> None:
    short.table.use_model("scripted-500")
    short.decide(ADA, "treat")
    assert short.table.write().phase == "failed"
    assert short.paid() == [0, 0, 0, 0]
    assert short.held() == [0, 0, 0, 0]


def test_a_host_too_poor_to_treat_is_told_so_and_can_still_go_on(short: Four) -> None:
    each = int(re.findall(r"at most (\d+) credits each", short.composer(ADA))[0])
    short.take_all(ADA)
    # The page names the ceiling of lines as long as they may be; for these a little less is held.
    short.give(ADA, each - 1)
    answer = short.decide(ADA, "treat")
    assert answer.status_code == 402
    assert "Treating can cost you" in answer.get_data(as_text=True)
    assert short.held() == [0, 0, 0, 0]
    assert short.names_of_lines() == set(NAMES)
    assert not any(line.paid_by for line in short.table.round.contributions)
    short.decide(ADA, "leave_out")
    assert short.table.write().phase == "done"


def test_a_frozen_host_can_not_treat(short: Four) -> None:
    short.freeze(ADA)
    answer = short.decide(ADA, "treat")
    assert answer.status_code == 402
    assert "Your credits are frozen" in answer.get_data(as_text=True)
    assert short.held() == [0, 0, 0, 0]
    short.thaw(ADA)


def test_a_host_without_a_line_can_treat_and_is_billed_for_the_guest(four: Four) -> None:
    four.add_lines(CHIYO, DARA)
    four.take_all(CHIYO)
    four.submit(ADA, "generation")
    assert "Go on without it" in four.composer(ADA)
    four.decide(ADA, "treat")
    round_ = four.table.write()
    assert [(part.payer, part.guest) for part in parts.bill(round_)] == [
        ("Ada", "Chiyo"),
        ("Dara", None),
    ]
