"""A receipt tells what a round cost, how that was counted, and who paid what."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from potluck.credits import ledger, pricing
from potluck.database import db
from tests.conftest import SignInAs
from tests.credits import histories
from tests.people import Browser, make_user


def words(client: Browser, hold_id: int) -> str:
    answer = client.get(f"/credits/charges/{hold_id}")
    assert answer.status_code == 200
    main = answer.get_data(as_text=True).partition("<main")[2].partition("</main")[0]
    return " ".join(re.sub(r"<[^>]+>", " ", main).split())


def test_a_receipt_tells_everything_about_a_charge(client: Browser, sign_in_as: SignInAs) -> None:
    ada = sign_in_as(client, "Ada", credits=100)
    ben = make_user("Ben", credits=100)
    generation_id = histories.held_generation({ada.id: 30, ben.id: 29})
    histories.end_generation(
        generation_id,
        {ada.id: 7, ben.id: 6},
        input_tokens=1200,
        output_tokens=320,
        provider_request_id="req_8f3",
    )
    price_id = pricing.current_price("scripted").id
    pricing.set_price("scripted", input_credits_per_million=9, output_credits_per_million=9)
    db.session.commit()
    receipt = words(client, histories.hold_of(generation_id, ada.id))
    assert "Round 1 in room" in receipt
    assert "7 credits charged" in receipt
    assert re.search(r"Held 30 .* Charged 7 .* Given back 23", receipt)
    assert "Model scripted" in receipt
    assert "Tokens 1,200 in, 320 out Price" in receipt
    version = f"Version {price_id}: 1,000 credits a million tokens in, 40,000 out"
    assert version in receipt
    assert "Request req_8f3" in receipt
    assert "Ada (you) 7 Ben 6 The whole round 13" in receipt


def test_a_receipt_says_where_tokens_were_estimated(client: Browser, sign_in_as: SignInAs) -> None:
    ada = sign_in_as(client, "Ada", credits=100)
    generation_id = histories.held_generation({ada.id: 30})
    facts = {"input_tokens": 5, "output_tokens": 6, "usage_estimated": True, "state": "stopped"}
    histories.end_generation(generation_id, {ada.id: 1}, **facts)
    receipt = words(client, histories.hold_of(generation_id, ada.id))
    assert "5 in, 6 out estimated" in receipt
    assert "1 credit charged" in receipt


@pytest.mark.parametrize(
    ("facts", "why"),
    [
        ({"state": "failed", "error_code": "provider_silent"}, "The model took too long"),
        ({"state": "failed", "error_code": "no such code"}, "The model couldn"),
        ({"state": "stopped"}, "somebody in the room stopped the text"),
    ],
)
def test_where_nothing_was_taken_the_receipt_says_why(
    client: Browser, sign_in_as: SignInAs, facts: dict[str, str], why: str
) -> None:
    ada = sign_in_as(client, "Ada", credits=100)
    generation_id = histories.held_generation({ada.id: 30})
    hold_id = histories.hold_of(generation_id, ada.id)
    assert "Nothing was taken so far" in words(client, hold_id)
    histories.end_generation(generation_id, {}, **facts)
    receipt = words(client, hold_id)
    assert "Nothing was taken" in receipt
    assert why in receipt
    assert re.search(r"Charged 0 .* Given back 30", receipt)
    assert "split" not in receipt


def test_whoever_paid_nothing_of_a_cheap_round_is_told_so(
    client: Browser, sign_in_as: SignInAs
) -> None:
    ada = sign_in_as(client, "Ada", credits=100)
    ben = make_user("Ben", credits=100)
    generation_id = histories.held_generation({ada.id: 5, ben.id: 5})
    histories.end_generation(generation_id, {ada.id: 0, ben.id: 1})
    receipt = words(client, histories.hold_of(generation_id, ada.id))
    assert "no credit of it fell to you" in receipt
    assert "Ada (you) 0 Ben 1" in receipt


def test_a_receipt_is_its_payers_and_nobody_elses(
    client: Browser, browser: Callable[[], Browser], sign_in_as: SignInAs
) -> None:
    ada = sign_in_as(client, "Ada", credits=100)
    ben = make_user("Ben", credits=100)
    generation_id = histories.held_generation({ada.id: 5, ben.id: 5})
    path = f"/credits/charges/{histories.hold_of(generation_id, ada.id)}"
    stranger = browser()
    sign_in_as(stranger, "Mallory", credits=100)
    assert stranger.get(path).status_code == 404
    other_payer = browser()
    sign_in_as(other_payer, "Ben")
    assert other_payer.get(path).status_code == 404
    assert client.get(path).status_code == 200


@pytest.mark.parametrize("hold_id", ["0", "9" * 30, "-1", "x"])
def test_a_receipt_that_never_was_is_not_found(
    client: Browser, sign_in_as: SignInAs, hold_id: str
) -> None:
    sign_in_as(client, "Ada", credits=100)
    assert client.get(f"/credits/charges/{hold_id}").status_code == 404


def test_a_refunds_hold_has_no_receipt(client: Browser, sign_in_as: SignInAs) -> None:
    ada = sign_in_as(client, "Ada")
    assert histories.ask_refund(ada.id, histories.buy(ada.id, 50), 50)
    assert ledger.balance(ada.id).held == 50
    page = client.get("/credits").get_data(as_text=True)
    assert "Held for a refund of" in page
    assert "/credits/charges/" not in page
