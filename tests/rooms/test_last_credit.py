"""One credit left, and sixty rooms that want it at the same moment."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from functools import partial

import pytest

from potluck.credits import pricing
from potluck.credits.audit import audit
from potluck.database import db
from tests.billing.people import at_once, rows
from tests.conftest import MODEL, SignInAs
from tests.people import Browser

ROOMS = 60
# Where reading is free and writing next to it, every round costs the one credit that is least.
CHEAP = {"input_credits_per_million": 0, "output_credits_per_million": 1}


class Tab:
    """Somebody's page of a room, with a form that is ready to be sent."""

    def __init__(self, browser: Browser, path: str) -> None:
        self.browser, self.path = browser, path
        found = re.search(
            r'name="csrf_token" value="([^"]+)"', browser.get(path).get_data(as_text=True)
        )
        assert found
        self._token = found[1]
        self.answer = 0

    def send(self, what: str, **fields: str) -> None:
        form = {"csrf_token": self._token, **fields}
        self.answer = self.browser.post(f"{self.path}/{what}", data=form).status_code


@pytest.fixture(autouse=True)
def _a_round_costs_a_credit(database: None) -> None:
    pricing.set_price(MODEL, **CHEAP)
    db.session.commit()


@pytest.fixture
def hosts(browser: Callable[[], Browser], sign_in_as: SignInAs) -> list[Tab]:
    """Each in a room of their own, and with nothing to pay: no line of theirs is in it."""
    browsers = [browser() for _ in range(ROOMS)]
    for number, own in enumerate(browsers):
        sign_in_as(own, f"Host {number}")
    return [Tab(own, own.submit("/rooms").location) for own in browsers]


@pytest.mark.fault("M17")
def test_of_sixty_rounds_that_want_somebodys_last_credit_one_starts(
    hosts: list[Tab], client: Browser, sign_in_as: SignInAs
) -> None:
    ada = sign_in_as(client, "Ada", credits=1).id
    for host in hosts:
        # What one has put into a pot stays in it when one leaves for the next room.
        client.submit(f"{host.path}/join")
        answer = client.submit(f"{host.path}/contribution", page=host.path, line="A frog.")
        assert answer.status_code == 303
        client.submit(f"{host.path}/leave")
    db.session.rollback()
    heard = db.notifications("announcements", timeout_seconds=1)
    assert next(heard) is None

    at_once(*[partial(host.send, "generation") for host in hosts])

    assert {host.answer for host in hosts} == {303}
    balance = client.get("/credits/balance").get_json()
    assert (balance["posted"], balance["held"], balance["available"]) == (1, 1, 0)
    assert rows("SELECT amount, state FROM holds") == [(1, "reserved")]
    phases = [row.phase for row in rows("SELECT phase FROM rounds ORDER BY phase")]
    assert phases == ["collecting"] * (ROOMS - 1) + ["generating"]
    assert len(rows("SELECT 1 FROM generations")) == 1
    kinds = []
    while notice := next(heard):
        told = json.loads(notice.payload)
        kinds.append(told["kind"])
        if told["kind"] == "short":
            # Ada's tabs are told `insufficient_credits`, and nobody else's.
            assert told["user_id"] == ada
    heard.close()  # type: ignore[attr-defined]  # a generator, whatever it is annotated as
    assert (kinds.count("order"), kinds.count("short")) == (1, ROOMS - 1)
    assert audit().is_clean


@pytest.mark.fault("M17")
def test_of_sixty_clicks_by_somebody_with_credits_for_one_round_one_starts_it(
    browser: Callable[[], Browser], sign_in_as: SignInAs
) -> None:
    browsers = [browser() for _ in range(ROOMS)]
    sign_in_as(browsers[0], "Ada", credits=1)
    for each in browsers[1:]:
        sign_in_as(each, "Ada")
    path = browsers[0].submit("/rooms").location
    tabs = [Tab(each, path) for each in browsers]
    at_once(*[partial(tab.send, "contribution", line="A frog.") for tab in tabs])
    answers = [tab.answer for tab in tabs]
    assert set(answers) <= {303, 409}
    assert 303 in answers
    assert rows("SELECT amount, state FROM holds") == [(1, "reserved")]
    assert browsers[0].get("/credits/balance").get_json()["available"] == 0
