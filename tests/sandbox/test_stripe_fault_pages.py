"""Faults are ordered as JSON or on a page without scripts, and a wrong order is explained."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
import requests

if TYPE_CHECKING:
    from tests.sandbox.conftest import Receiver, Shop, StandIn
    from tests.sandbox.faults import Faults

KINDS = (
    "duplicate delay reorder drop 500_before 500_after timeout_before timeout_after 429 slow"
).split()


def page(faults: Faults, path: str = "/faults") -> str:
    answer = requests.get(faults.url + path, headers={"Accept": "text/html"}, timeout=10)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/html")
    return answer.text


def submit(faults: Faults, path: str, **form: str) -> requests.Response:
    return requests.post(faults.url + path, data=form, allow_redirects=False, timeout=10)


def test_an_order_says_what_was_ordered(faults: Faults) -> None:
    fault = faults.order("duplicate", "checkout.*", copies=3, count=2)
    assert fault == {
        "id": fault["id"],
        "kind": "duplicate",
        "match": "checkout.*",
        "count": 2,
        "seconds": None,
        "created": fault["created"],
        "copies": 3,
    }
    assert faults.ordered() == [fault]


def test_an_order_may_name_its_kind_alone(faults: Faults) -> None:
    answer = faults.ask("POST", "/faults", json={"kind": "timeout_before"}).json()
    assert (answer["match"], answer["count"], answer["seconds"]) == ("*", None, 30)


@pytest.mark.parametrize(
    ("order", "sentence"),
    [
        ({}, "A fault needs a kind, one of: duplicate, delay,"),
        ({"kind": "gremlin"}, "A fault needs a kind"),
        ({"kind": ["drop"]}, "A fault needs a kind"),
        ([], "A fault is ordered with a JSON object."),
        ({"kind": "drop", "count": 0}, "`count` must be a number from 1"),
        ({"kind": "drop", "count": 1.5}, "`count` must be a whole number."),
        ({"kind": "drop", "count": True}, "`count` must be a number"),
        ({"kind": "slow", "seconds": -1}, "`seconds` must be a number from 0 to 86400."),
        ({"kind": "slow", "seconds": "nan"}, "`seconds` must be a number"),
        ({"kind": "slow", "seconds": {}}, "`seconds` must be a number"),
        ({"kind": "duplicate", "copies": 101}, "`copies` must be a number from 1 to 100."),
        ({"kind": "drop", "seconds": 3}, "`seconds` means nothing to a fault of kind drop."),
        ({"kind": "drop", "match": "x" * 201}, "`match` can have 200 characters."),
    ],
)
def test_a_wrong_order_is_refused_with_a_sentence(
    faults: Faults, order: Any, sentence: str
) -> None:
    answer = faults.ask("POST", "/faults", json=order)
    assert answer.status_code == 422
    assert answer.json()["error"]["message"].startswith(sentence)
    assert faults.ordered() == []


def test_there_is_an_end_to_how_many_faults_there_are(faults: Faults) -> None:
    for _ in range(100):
        faults.order("drop", "none")
    answer = faults.ask("POST", "/faults", json={"kind": "drop"})
    assert (answer.status_code, len(faults.ordered())) == (422, 100)


def test_faults_are_removed_one_by_one_or_all_at_once(faults: Faults) -> None:
    first, second, third = (faults.order("drop", "none") for _ in range(3))
    assert faults.ask("DELETE", f"/faults/{second['id']}").status_code == 204
    assert faults.ordered() == [first, third]
    answer = faults.ask("DELETE", f"/faults/{second['id']}")
    assert (answer.status_code, "message" in answer.json()["error"]) == (404, True)
    faults.remove_all()
    assert faults.ordered() == []


def test_an_event_that_never_was_cannot_be_sent_again(faults: Faults, shop: Shop) -> None:
    for missing in ("evt_missing", shop.open_session().id):
        assert faults.ask("POST", f"/events/{missing}/delivery").status_code == 404


def test_the_page_offers_every_kind_and_has_no_scripts(faults: Faults) -> None:
    text = page(faults)
    for kind in KINDS:
        assert f'name="kind" value="{kind}"' in text
    assert "Everything works" in text
    assert "<script" not in text
    assert "style=" not in text


def test_a_fault_is_ordered_and_removed_on_the_page(faults: Faults) -> None:
    answer = submit(faults, "/faults", kind="slow", match="GET *", count="", seconds="1.5")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/control/faults")
    (fault,) = faults.ordered()
    assert (fault["seconds"], fault["count"]) == (1.5, None)
    text = page(faults)
    assert "Until removed · 1.5 s" in text
    (action,) = re.findall(r'action="/control(/faults/\d+/removal)"', text)
    # A second click, or one after the fault has passed, ends on the page as well.
    assert [submit(faults, action).status_code for _ in range(2)] == [303, 303]
    assert faults.ordered() == []


def test_a_wrong_form_comes_back_as_it_was_with_a_sentence(faults: Faults) -> None:
    answer = submit(faults, "/faults", kind="slow", match="<b>", count="many")
    assert answer.status_code == 422
    assert "<title>Error: Faults" in answer.text
    assert "`count` must be a number" in answer.text
    assert 'value="many"' in answer.text
    assert 'value="&lt;b&gt;"' in answer.text


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_a_page_of_another_site_orders_nothing(faults: Faults, site: str) -> None:
    url, headers = f"{faults.url}/faults", {"Sec-Fetch-Site": site}
    answer = requests.post(url, data={"kind": "drop"}, headers=headers, timeout=10)
    assert (answer.status_code, faults.ordered()) == (403, [])


def test_the_page_clears_everything(faults: Faults) -> None:
    faults.order("drop", "none")
    assert submit(faults, "/faults/removal").status_code == 303
    assert faults.ordered() == []


def test_a_dropped_event_is_sent_again_from_the_page(
    shop: Shop, receiver: Receiver, faults: Faults
) -> None:
    faults.order("drop", "checkout.session.expired")
    session = shop.open_session()
    shop.client.v1.checkout.sessions.expire(session.id)
    text = page(faults)
    assert session.id in text
    assert "dropped" in text
    event = faults.delivery("checkout.session.expired", session.id)["event"]
    action = f"/events/{event}/delivery"
    assert f'action="/control{action}"' in text
    assert submit(faults, action).status_code == 303
    receiver.wait_for("checkout.session.expired", session.id)


def test_held_events_are_released_from_the_page(
    shop: Shop, receiver: Receiver, faults: Faults
) -> None:
    faults.order("reorder", "checkout.session.expired")
    session = shop.open_session()
    shop.client.v1.checkout.sessions.expire(session.id)
    assert "held back" in page(faults)
    assert submit(faults, "/deliveries/release").status_code == 303
    receiver.wait_for("checkout.session.expired", session.id)


def test_the_index_leads_to_both_pages(faults: Faults, stand_in: StandIn) -> None:
    text = page(faults, "")
    assert 'href="/control/faults"' in text
    assert 'href="/control/payments"' in text
    style = requests.get(f"{stand_in.url}/static/control.css", timeout=10)
    assert (style.status_code, 'href="/static/control.css"' in text) == (200, True)
