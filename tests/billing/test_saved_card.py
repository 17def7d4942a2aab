"""A card is saved at Stripe by whoever it belongs to, and let go for the asking."""

from __future__ import annotations

import time
from functools import partial
from urllib.parse import parse_qs

import pytest
from flask import Flask

from tests.billing.people import Member, Webhook, at_once
from tests.billing.saved_cards import (
    ASKS_WHILE_SAVING,
    card_of,
    come_back,
    give_card,
    go_to_stripe,
    listed,
    opt_in,
    payments_of,
    rule_of,
    save_card,
    section,
    session_id_of,
)
from tests.billing.stripe_line import COMPLETED, Line, StandIn

SAVED = "setup_intent.succeeded"


def attached(customer_id: str, stand_in: StandIn) -> list[str]:
    """The ids of the cards that Stripe keeps for a customer."""
    return [m["id"] for m in listed(stand_in, f"customers/{customer_id}/payment_methods")]


def test_saving_a_card_charges_nothing_and_shows_its_last_digits(
    dana: Member, stand_in: StandIn
) -> None:
    save_card(dana)
    page = dana.client.get("/billing/card").get_data(as_text=True)
    assert "Visa ending in" in page
    assert "4242" in page
    assert "4242424242424242" not in page
    assert payments_of(dana, stand_in) == []
    assert rule_of(dana) is None


def test_what_is_agreed_to_stands_beside_the_button_here_and_at_stripe(
    dana: Member, line: Line
) -> None:
    assert "By saving it you allow us to charge it while you are away" in section(dana)
    go_to_stripe(dana)
    (sent,) = (parse_qs(a.body.decode()) for a in line.asked if a.path.endswith("/sessions"))
    assert sent["mode"] == ["setup"]
    assert "while you are away" in sent["custom_text[submit][message]"][0]


def test_a_card_that_the_bank_wants_to_confirm_is_saved_once_it_has(dana: Member) -> None:
    save_card(dana, ASKS_WHILE_SAVING)
    assert card_of(dana).last4 == "0446"


def test_a_card_is_saved_though_its_owner_never_comes_back(
    dana: Member, line: Line, webhook: Webhook
) -> None:
    url = go_to_stripe(dana)
    give_card(url)
    completed = line.wait_for(COMPLETED, session_id_of(url))
    setup_id = completed.event["data"]["object"]["setup_intent"]
    assert webhook.deliver(line.wait_for(SAVED, setup_id)).status_code == 200
    assert card_of(dana).last4 == "4242"
    assert webhook.deliver(completed).status_code == 200
    assert card_of(dana).last4 == "4242"


def test_webhook_and_return_page_at_the_same_moment_save_one_card(
    dana: Member, line: Line, webhook: Webhook, stand_in: StandIn
) -> None:
    url = go_to_stripe(dana)
    give_card(url)
    completed = line.wait_for(COMPLETED, session_id_of(url))
    at_once(partial(webhook.deliver, completed), partial(come_back, dana, url))
    card = card_of(dana)
    assert attached(card.customer_id, stand_in) == [card.payment_method_id]


def test_whoever_turns_back_has_no_card(dana: Member) -> None:
    url = go_to_stripe(dana)
    assert come_back(dana, url).location == "/billing/card?cancelled=1"
    page = dana.client.get("/billing/card?cancelled=1").get_data(as_text=True)
    assert "You left before a card was saved" in page


def test_while_stripe_is_silent_the_page_says_so_and_the_card_comes_later(
    dana: Member, line: Line
) -> None:
    url = go_to_stripe(dana)
    give_card(url)
    line.hang_up()
    page = come_back(dana, url).get_data(as_text=True)
    assert "told us yet whether your card was saved" in page
    line.mend()
    come_back(dana, url)
    assert card_of(dana).last4 == "4242"


def test_clicks_on_save_lead_to_one_customer(dana: Member, stand_in: StandIn) -> None:
    tabs = [dana.open_tab() for _ in range(3)]
    at_once(*[partial(go_to_stripe, tab) for tab in tabs])
    sessions = listed(stand_in, f"checkout/sessions?customer={card_of(dana).customer_id}")
    assert len(sessions) == 3
    assert {s["mode"] for s in sessions} == {"setup"}


def test_a_lost_answer_makes_no_second_customer(
    dana: Member, line: Line, stand_in: StandIn
) -> None:
    line.answers_to_lose = 1
    go_to_stripe(dana)
    keys = [a.key for a in line.asked if a.path == "/v1/customers"]
    assert len(keys) == 2
    assert len(set(keys)) == 1


def test_nobody_can_claim_the_card_of_somebody_else(dana: Member, sam: Member) -> None:
    url = go_to_stripe(dana)
    give_card(url)
    assert come_back(sam, url).status_code == 404
    assert card_of(sam) is None
    assert card_of(dana).payment_method_id is None


@pytest.mark.parametrize("session_id", ["cs_test_nothing", "../customers", "", "x" * 300])
def test_what_is_no_visit_to_stripe_is_not_found(dana: Member, session_id: str) -> None:
    answer = dana.client.get("/billing/card", query_string={"session_id": session_id})
    assert answer.status_code == 404


def test_a_checkout_that_was_paid_saves_no_card(dana: Member, stand_in: StandIn) -> None:
    checkout = dana.start_checkout()
    stand_in.pay(checkout.session_id)
    answer = dana.client.get(f"/billing/card?session_id={checkout.session_id}")
    assert answer.status_code == 404


def test_another_card_takes_the_place_of_the_first_which_is_let_go(
    dana: Member, stand_in: StandIn, line: Line, webhook: Webhook
) -> None:
    first_url = go_to_stripe(dana)
    give_card(first_url, ASKS_WHILE_SAVING)
    come_back(dana, first_url)
    save_card(dana)
    card = card_of(dana)
    assert card.last4 == "4242"
    assert attached(card.customer_id, stand_in) == [card.payment_method_id]
    # News of the first one that comes late brings nothing back.
    webhook.deliver(line.wait_for(COMPLETED, session_id_of(first_url)))
    assert card_of(dana).last4 == "4242"


def test_a_replaced_card_that_was_never_let_go_is_when_news_of_it_comes_again(
    dana: Member, stand_in: StandIn, line: Line, webhook: Webhook
) -> None:
    first_url = go_to_stripe(dana)
    give_card(first_url, ASKS_WHILE_SAVING)
    come_back(dana, first_url)
    first = card_of(dana)
    save_card(dana)
    # As if the process had died before it let the first one go.
    stand_in.rewrite(first.payment_method_id, customer=first.customer_id)
    completed = line.wait_for(COMPLETED, session_id_of(first_url))
    setup_id = completed.event["data"]["object"]["setup_intent"]
    stand_in.rewrite(setup_id, created=int(time.time()) - 60)
    webhook.deliver(completed)
    card = card_of(dana)
    assert card.last4 == "4242"
    assert attached(card.customer_id, stand_in) == [card.payment_method_id]


def test_removing_a_card_detaches_it_and_switches_automatic_top_up_off(
    dana: Member, stand_in: StandIn
) -> None:
    opt_in(dana)
    customer_id = card_of(dana).customer_id
    answer = dana.client.submit("/billing/card/removal", page="/billing/card")
    assert answer.location == "/billing/card"
    assert attached(customer_id, stand_in) == []
    assert (card_of(dana), rule_of(dana)) == (None, None)
    save_card(dana)
    assert card_of(dana).customer_id != customer_id


def test_a_card_that_was_removed_meanwhile_is_let_go_when_it_arrives(
    dana: Member, stand_in: StandIn, line: Line, webhook: Webhook
) -> None:
    save_card(dana)
    url, customer_id = go_to_stripe(dana), card_of(dana).customer_id
    dana.client.submit("/billing/card/removal", page="/billing/card")
    give_card(url)
    webhook.deliver(line.wait_for(COMPLETED, session_id_of(url)))
    assert attached(customer_id, stand_in) == []
    assert card_of(dana) is None


def test_a_card_from_before_the_removal_does_not_take_the_place_of_a_later_one(
    dana: Member, stand_in: StandIn, line: Line, webhook: Webhook
) -> None:
    save_card(dana)
    url, customer_id = go_to_stripe(dana), card_of(dana).customer_id
    dana.client.submit("/billing/card/removal", page="/billing/card")
    save_card(dana)
    give_card(url, ASKS_WHILE_SAVING)
    completed = line.wait_for(COMPLETED, session_id_of(url))
    setup_id = completed.event["data"]["object"]["setup_intent"]
    stand_in.rewrite(setup_id, created=int(time.time()) + 60)
    webhook.deliver(completed)
    assert card_of(dana).last4 == "4242"
    assert attached(customer_id, stand_in) == []


def test_while_stripe_is_silent_a_removed_card_can_not_be_charged_any_more(
    dana: Member, line: Line
) -> None:
    opt_in(dana)
    line.hang_up()
    answer = dana.client.submit("/billing/card/removal", page="/billing/card")
    assert answer.status_code == 503
    assert "Automatic top-up is off" in answer.get_data(as_text=True)
    assert rule_of(dana) is None
    assert card_of(dana)
    line.mend()
    dana.client.submit("/billing/card/removal", page="/billing/card")
    assert card_of(dana) is None


def test_forms_from_elsewhere_do_nothing(dana: Member) -> None:
    opt_in(dana)
    for path in ("card", "card/removal", "automatic-top-up", "automatic-top-up/removal"):
        assert dana.client.post(f"/billing/{path}").status_code == 400
    assert card_of(dana)
    assert rule_of(dana)


def test_where_stripe_is_not_set_up_no_card_is_asked_for(dana: Member, app: Flask) -> None:
    app.extensions["stripe"] = None
    page = dana.client.get("/billing/card").get_data(as_text=True)
    assert "Nothing can be bought here" in page
    assert dana.client.submit("/billing/card", page="/").status_code == 503
    assert 'id="automatic"' not in dana.client.get("/credits").get_data(as_text=True)
