"""What is agreed to is what was shown, typed and meant."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask

from potluck.billing.automatic import sweep
from tests.billing.people import Member
from tests.billing.saved_cards import opt_in, pack_id, rule_of, save_card, switch_on


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        pytest.param({"threshold": "0"}, "from 1 to the 2,000", id="nothing"),
        pytest.param({"threshold": "2001"}, "from 1 to the 2,000", id="more than the pack"),
        pytest.param({"threshold": "few"}, "whole number", id="a word"),
        pytest.param({"threshold": "٣"}, "whole number", id="other digits"),
        pytest.param({"threshold": "-5"}, "whole number", id="below zero"),
        pytest.param({"threshold": "1.5"}, "whole number", id="a fraction"),
        pytest.param({"monthly_cap": "1.99"}, "the price of the pack, $2.00", id="below the price"),
        pytest.param({"monthly_cap": "a lot"}, "plain number", id="no amount"),
        pytest.param({"monthly_cap": ""}, "plain number", id="no limit"),
        pytest.param({"monthly_cap": "1000000"}, "at most $999,999.99", id="no real limit"),
        pytest.param({"pack": "999999"}, "not for sale", id="no such pack"),
        pytest.param({"pack": "taster"}, "not for sale", id="a pack by its name"),
    ],
)
def test_a_rule_that_makes_no_sense_is_sent_back_with_a_sentence(
    dana: Member, changes: dict[str, str], sentence: str
) -> None:
    save_card(dana)
    answer = switch_on(dana, **changes)
    page = answer.get_data(as_text=True)
    assert answer.status_code in {404, 422}
    assert sentence in page
    assert rule_of(dana) is None
    for typed in set(changes.values()) - {"", "999999", "taster"}:
        assert f'value="{typed}"' in page


def test_without_a_card_there_is_nothing_to_switch_on(dana: Member) -> None:
    assert switch_on(dana).status_code == 409
    assert rule_of(dana) is None


def test_a_price_that_changed_before_the_click_is_not_agreed_to(
    dana: Member, nibble: Callable[[int], str]
) -> None:
    save_card(dana)
    shown = nibble(250)
    nibble(900)
    answer = switch_on(dana, pack=shown)
    assert answer.status_code == 404
    assert "its price has changed" in answer.get_data(as_text=True)


def test_changing_the_rule_takes_the_place_of_the_old_one(dana: Member) -> None:
    opt_in(dana)
    switch_on(dana, pack=pack_id("supper"), threshold="1,000", monthly_cap="50")
    rule = rule_of(dana)
    assert (rule.threshold_credits, rule.monthly_cap_minor) == (1000, 5000)
    sweep()
    assert dana.credits == 5000


def test_who_is_not_set_up_with_stripe_sweeps_nothing(app: Flask, dana: Member) -> None:
    opt_in(dana)
    app.extensions["stripe"] = None
    sweep()
    assert dana.purchases == []
