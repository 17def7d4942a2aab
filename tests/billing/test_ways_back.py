"""Who went away to buy is led back to where they were about to play, paid or not."""

from __future__ import annotations

import re
from html import unescape

import pytest

from tests.billing.people import Checkout, Member, rows
from tests.billing.stripe_line import StandIn


def buy_from(member: Member, way: str) -> Checkout:
    """They click on Buy on some page."""
    page = member.client.get("/billing/buy-button").get_data(as_text=True)
    (token, *_) = re.findall(r'name="csrf_token" value="([^"]+)"', page)
    form = {"pack": "taster", "csrf_token": token, "next": way}
    answer = member.client.post("/billing/checkouts", data=form)
    assert answer.status_code == 303, answer.get_data(as_text=True)
    return member.checkout_at(answer.location)


def way_on(page: str) -> list[tuple[str, str]]:
    """The buttons that lead on from the page, and what they say."""
    links = re.findall(
        r'<a class="button[^"]*" href="([^"]+)">([^<]+)</a>', page.partition("<main")[2]
    )
    return [(unescape(href), words) for href, words in links if href.startswith("/")]


def test_who_bought_from_the_pool_goes_on_there(dana: Member, stand_in: StandIn) -> None:
    page = dana.client.get("/pool").get_data(as_text=True)
    assert 'name="next" value="/pool"' in page
    checkout = buy_from(dana, "/pool")
    stand_in.pay(checkout.session_id)
    page = dana.return_page(checkout)
    assert way_on(page) == [("/pool", "Back to the pool")]
    assert 'class="button button-primary" href="/pool"' in page


def test_who_bought_from_a_room_goes_on_there(dana: Member, stand_in: StandIn) -> None:
    room = dana.client.submit("/rooms").location
    assert f'name="next" value="{room}"' in dana.client.get(room).get_data(as_text=True)
    checkout = buy_from(dana, room)
    stand_in.pay(checkout.session_id)
    assert way_on(dana.return_page(checkout)) == [(room, "Back to your room")]


def test_who_turned_back_is_led_to_where_they_were(dana: Member) -> None:
    checkout = buy_from(dana, "/pool")
    page = dana.client.get(f"{checkout.path}?cancelled=1").get_data(as_text=True)
    assert ("/pool", "Back to the pool") in way_on(page)
    assert page.count('name="next" value="/pool"') == 3


def test_the_last_click_says_where_it_leads(dana: Member) -> None:
    first = buy_from(dana, "/pool")
    assert buy_from(dana, "/rooms/k7m2pqrs") == first
    (row,) = rows("SELECT return_to FROM purchases WHERE user_id = :id", id=dana.user_id)
    assert row.return_to == "/rooms/k7m2pqrs"


@pytest.mark.parametrize(
    "way",
    [
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "pool",
        "/a\nb",
        "/" + "a" * 200,
    ],
)
def test_nobody_is_led_to_another_site(dana: Member, stand_in: StandIn, way: str) -> None:
    checkout = buy_from(dana, way)
    stand_in.pay(checkout.session_id)
    assert way_on(dana.return_page(checkout)) == [("/pool", "Go to the pool")]
