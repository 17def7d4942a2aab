"""What people see when they come back from Stripe's page."""

from __future__ import annotations

import re
import time
import uuid
from html import unescape

from flask import Flask

from potluck.database import db
from tests.billing.people import Checkout, Member, Webhook
from tests.billing.stripe_line import Line, StandIn
from tests.web.statements import statements

REFRESH = re.compile(r'<noscript><meta http-equiv="refresh" content="(\d+); url=([^"]+)">')
POLL = re.compile(r'hx-get="([^"]+)" hx-trigger="every (\d+)s" hx-swap="outerHTML"')


def test_who_has_paid_sees_their_credits_and_the_way_on(dana: Member, stand_in: StandIn) -> None:
    checkout = pay(dana, stand_in)
    page = dana.return_page(checkout)
    assert "2,000 credits are yours" in page
    assert "You have 2,000 credits to spend" in page
    # The badge as well, which every page has.
    assert "data-credits-available>2,000<" in page
    assert 'href="/pool"' in page
    assert is_still(page)


def test_who_turned_back_is_told_that_nothing_was_charged_and_can_go_on(
    dana: Member, stand_in: StandIn
) -> None:
    checkout = dana.start_checkout()
    page = dana.client.get(f"{checkout.path}?cancelled=1").get_data(as_text=True)
    assert "Nothing was charged" in page
    assert f'href="{stand_in.url}/c/pay/{checkout.session_id}"' in page
    assert page.count('class="pack"') == 3
    assert is_still(page)
    assert dana.purchases == ["open"]


def test_who_turned_back_is_not_kept_waiting_while_stripe_is_silent(
    dana: Member, line: Line
) -> None:
    checkout = dana.start_checkout()
    line.hang_up()
    page = dana.client.get(f"{checkout.path}?cancelled=1").get_data(as_text=True)
    assert "Not paid yet" in page
    assert is_still(page)


def test_who_comes_back_without_paying_is_not_kept_waiting(dana: Member) -> None:
    page = dana.return_page(dana.start_checkout())
    assert "Not paid yet" in page
    assert is_still(page)


def test_who_comes_back_without_paying_costs_three_questions_and_no_lock(dana: Member) -> None:
    checkout = dana.start_checkout()
    dana.return_page(checkout)
    db.session.remove()
    with statements() as asked:
        dana.return_page(checkout)
    assert len(asked) == 3
    assert not [each for each in asked if "FOR UPDATE" in each]


def test_a_purchase_that_stripe_has_not_heard_of_charged_nothing(dana: Member) -> None:
    purchase_id = dana.begin_without_stripe(lasting="12 hours")
    page = dana.return_page(Checkout(purchase_id, ""))
    assert "Not paid yet" in page
    assert "Go on and pay" not in page
    assert is_still(page)


def test_who_turned_back_and_paid_in_another_tab_sees_their_credits(
    dana: Member, stand_in: StandIn
) -> None:
    checkout = pay(dana, stand_in)
    answer = dana.client.get(f"{checkout.path}?cancelled=1", follow_redirects=True)
    assert "credits are yours" in answer.get_data(as_text=True)


def test_who_paid_while_stripe_is_silent_waits_and_is_told_as_soon_as_it_is_known(
    dana: Member, stand_in: StandIn, line: Line, webhook: Webhook
) -> None:
    checkout = pay(dana, stand_in)
    line.hang_up()
    page = dana.return_page(checkout)
    assert "Waiting for Stripe" in page
    assert "safe to leave" not in page
    poll = poll_of(page)
    assert poll[1] == "2"
    assert dana.client.get(poll[0]).status_code == 204
    line.mend()
    webhook.deliver(line.wait_for("checkout.session.completed", checkout.session_id))
    fragment = dana.client.get(poll[0]).get_data(as_text=True)
    assert "2,000 credits are yours" in fragment
    assert "<html" not in fragment
    assert is_still(fragment)


def test_who_has_waited_long_is_told_that_it_is_safe_to_leave(
    dana: Member, stand_in: StandIn, line: Line
) -> None:
    checkout = pay(dana, stand_in)
    line.hang_up()
    poll = poll_of(dana.return_page(checkout))
    earlier = re.sub(r"since=\d+", f"since={int(time.time()) - 20}", poll[0])
    fragment = dana.client.get(earlier).get_data(as_text=True)
    assert "It is safe to leave this page: the credits come by themselves" in fragment
    later = poll_of(fragment)
    assert later[1] == "10"
    assert dana.client.get(later[0]).status_code == 204


def test_without_scripts_the_waiting_page_loads_itself_again(
    dana: Member, stand_in: StandIn, line: Line
) -> None:
    checkout = pay(dana, stand_in)
    line.hang_up()
    refresh = REFRESH.search(dana.return_page(checkout))
    assert refresh
    assert refresh[1] == "2"
    line.mend()
    page = dana.client.get(unescape(refresh[2]), follow_redirects=True).get_data(as_text=True)
    assert "credits are yours" in page
    assert not REFRESH.search(page)


def test_a_checkout_that_ran_out_offers_the_packs_again(dana: Member, stand_in: StandIn) -> None:
    checkout = dana.start_checkout()
    stand_in.expire(checkout.session_id)
    page = dana.return_page(checkout)
    assert "This checkout ran out" in page
    assert "Nothing was charged" in page
    assert page.count('class="pack"') == 3


def test_a_strangers_purchase_is_not_found(dana: Member, sam: Member) -> None:
    checkout = dana.start_checkout()
    for path in (checkout.path, f"{checkout.path}/status"):
        assert sam.client.get(path).status_code == 404
        assert dana.client.get(path).status_code == 200


def test_a_purchase_that_never_was_is_not_found(dana: Member) -> None:
    assert dana.client.get(f"/billing/checkouts/{uuid.uuid4()}").status_code == 404


def test_whoever_was_signed_out_meanwhile_signs_in_and_comes_back(app: Flask, dana: Member) -> None:
    checkout = dana.start_checkout()
    answer = app.test_client().get(checkout.path)
    assert answer.status_code == 303
    assert answer.location == f"/sign-in?next={checkout.path}"


def pay(member: Member, stand_in: StandIn) -> Checkout:
    checkout = member.start_checkout()
    stand_in.pay(checkout.session_id)
    return checkout


def poll_of(page: str) -> tuple[str, str]:
    """Where the page asks for news, and how often in seconds."""
    poll = POLL.search(page)
    assert poll
    return unescape(poll[1]), poll[2]


def is_still(page: str) -> bool:
    """Nothing on it asks for news any more."""
    return not POLL.search(page) and not REFRESH.search(page)
