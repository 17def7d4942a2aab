"""Deciding how payments go on, as a person on a page and as a program."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import requests

from tests.sandbox.stripe_trade import (
    APPROVED,
    FRAUDULENT,
    REFUND_FAILS,
    REFUND_PENDING,
    control,
    page,
    pay_with,
    press,
)

if TYPE_CHECKING:
    from tests.sandbox.conftest import Shop, StandIn


def test_the_page_lists_what_waits_for_a_decision(shop: Shop, stand_in: StandIn) -> None:
    session = shop.open_session()
    press(session.url, test_account="DE89370400440532013000")
    intent = str(shop.session(session).payment_intent)
    refunds = [
        shop.client.v1.refunds.create(params={"payment_intent": pay_with(shop, card).id}).id
        for card in (REFUND_PENDING, REFUND_FAILS, APPROVED)
    ]
    disputed = pay_with(shop, FRAUDULENT).id
    (dispute,) = shop.client.v1.disputes.list(params={"payment_intent": disputed}).data
    answer = page(f"{stand_in.url}/control/payments")
    for shown in (intent, *refunds[:2], dispute.id):
        assert shown in answer.text
    assert refunds[2] not in answer.text
    assert "<script" not in answer.text
    assert "style=" not in answer.text
    listed = requests.get(
        f"{stand_in.url}/control/payments", headers={"Accept": "application/json"}, timeout=10
    ).json()
    assert intent in {each["id"] for each in listed["payment_intents"]}
    assert dispute.id in {each["id"] for each in listed["disputes"]}


def test_a_button_leads_back_to_the_page(shop: Shop, stand_in: StandIn) -> None:
    charge = pay_with(shop, APPROVED).latest_charge.id
    url = f"{stand_in.url}/control/charges/{charge}/dispute"
    answer = press(url, amount="100", reason="general", inquiry="true")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/control/payments")
    (dispute,) = shop.client.v1.disputes.list(params={"charge": charge}).data
    assert (dispute.amount, dispute.status) == (100, "warning_needs_response")
    again = press(url, amount="lots")
    assert again.status_code == 409
    assert "must be a whole number" in again.text


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("payment_intents/pi_nothing/succeed", "No such payment_intent"),
        ("refunds/re_nothing/fail", "No such refund"),
        ("charges/ch_nothing/dispute", "No such charge"),
        ("disputes/du_nothing/win", "No such dispute"),
        ("disputes/du_nothing/dance", "There is no dance here"),
    ],
)
def test_what_is_not_there_cannot_be_decided(stand_in: StandIn, path: str, words: str) -> None:
    answer = control(stand_in, path)
    assert answer.status_code == 404
    assert words in answer.json()["error"]["message"]


def test_another_sites_page_decides_nothing(shop: Shop, stand_in: StandIn) -> None:
    charge = pay_with(shop, APPROVED).latest_charge.id
    answer = requests.post(
        f"{stand_in.url}/control/charges/{charge}/dispute",
        headers={"Origin": "http://evil.test"},
        timeout=10,
    )
    assert answer.status_code == 403
    # A browser says who sent a form only where the page lets it.
    policy = page(f"{stand_in.url}/control/payments").headers["Referrer-Policy"]
    assert policy == "same-origin"
    assert shop.client.v1.disputes.list(params={"charge": charge}).data == []
