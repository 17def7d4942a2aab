"""An installation with people in it, and something in every state that a page can show."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from functools import cached_property
from typing import Any

import psycopg
import requests

from tests.stack import Stack
from tests.visitors import Visitor

WITHIN_SECONDS = 60
# The first writes whatever nobody chose another for; the second never ends, the third never begins.
TELLER, WAITER, FAILER = "scripted-story", "scripted-waiting", "scripted-500"
STACK_ENV = {
    "SANDBOX_MODEL": f"{TELLER},{WAITER},{FAILER}",
    "OPENAI_STALL_SECONDS": "600",
}
# The operator of every installation that stands by itself.
OPERATOR = "Ada"
LINES = (
    "A lighthouse keeper who is afraid of the dark.",
    "The supply boat brings the wrong crate.",
)
# Nobody starts by being late here, however long the pages are looked at.
STOP_CLOCKS = "UPDATE rounds SET closes_at = now() + interval '1 hour' WHERE closes_at > now()"
PAID = "SELECT p.id FROM purchases p JOIN users u ON u.id = p.user_id WHERE u.name = %s"
# What says so comes last, and what was in another's way is handled later still.
STRIPE_HAS_SAID_ALL = """
    SELECT bool_and(handled_at IS NOT NULL) AND bool_or(type = 'checkout.session.completed')
    FROM stripe_events
"""
FAILED_EVENT = """
    INSERT INTO stripe_events (id, type, payload, attempts, last_error)
    VALUES ('evt_1', 'product.created', '{"data": {"object": {}}}', 3, 'Nobody knew this product')
"""


class House:
    """Whoever is there by name, and the addresses of what they made."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.people: dict[str, Visitor] = {}
        self.paths: dict[str, str] = {}
        self.is_furnished = False

    def person(self, name: str) -> Visitor:
        """Somebody by the name that is shown; who wasn't there before signs in now."""
        if name == OPERATOR and name not in self.people:
            self.people[name] = Visitor(self.stack.url).sign_in("ada").buy()
        elif name not in self.people:
            person = self.people[name] = Visitor(self.stack.url).sign_in(f"{name}@example.org")
            person.submit("/account/name", page="/account", name=name)
        return self.people[name]

    def furnish(self) -> None:
        """Makes all of it, once; what a model writes is written everywhere at once."""
        if self.is_furnished:
            return
        self.is_furnished = True
        self._open_rooms()
        self._wait_for("done", rooms=6)
        self._go_on()
        self.sql(STOP_CLOCKS)
        self.sql(FAILED_EVENT)
        self._wait_for("generating", rooms=1)
        self._wait_for("failed", rooms=1)
        self._wait_until(self._waiter_has_written, "half a text")
        # Named before there were any.
        self.__dict__.pop("codes", None)

    def wait_for_stripe(self) -> None:
        """Until the operator's purchase has been heard of, and nothing waits to be handled."""
        self.person(OPERATOR)
        self._wait_until(lambda: bool(self.sql(STRIPE_HAS_SAID_ALL)[0][0]), "all events handled")

    def sql(self, statement: str, *parameters: object) -> list[Any]:
        """Says something to the database; the rows that come of it."""
        with psycopg.connect(self.stack.env["DATABASE_URL"], autocommit=True) as connection:
            cursor = connection.execute(statement, parameters)
            return cursor.fetchall() if cursor.description else []

    def send_stripe_away(self) -> None:
        """Whatever it is asked fails, until it is brought back."""
        order = {"kind": "500_before", "match": "*"}
        self._tell_stripe("POST", json=order)

    def bring_stripe_back(self) -> None:
        """It answers again."""
        self._tell_stripe("DELETE")

    def _tell_stripe(self, method: str, **sent: Any) -> None:
        url = f"{self.stack.env['STRIPE_API_URL']}/control/faults"
        headers = {"Accept": "application/json"}
        requests.request(method, url, headers=headers, timeout=10, **sent).raise_for_status()

    @cached_property
    def codes(self) -> list[str]:
        """Every room's code and every sheet's slug: others in each run."""
        return [
            code for (code,) in self.sql("SELECT code FROM rooms UNION SELECT slug FROM sheets")
        ]

    def post_in_room(self, name: str, what: str, **fields: str) -> None:
        """Sends one of the forms of the room that somebody sits in."""
        room = self.paths[name]
        answer = self.person(name).submit(f"{room}/{what}", page=room, **fields)
        assert answer.status_code == 200, f"{name}, {what}: {answer.text}"

    def _open_rooms(self) -> None:
        """Named after whoever opens it."""
        for host, guests in {
            "Chiyo": ["Dara"],
            "Finn": ["Gus"],
            "Hana": ["Ida"],
            "Jo": [],
            "Kim": [],
            "Lea": ["Max"],
        }.items():
            self.paths[host] = self._room_of(host)
            for guest in guests:
                self.paths[guest] = self.paths[host]
                self.person(guest).buy()
                self._join(guest, host)
            for name, line in zip([host, *guests], LINES, strict=False):
                self.post_in_room(name, "contribution", line=line, round="1")

    def _room_of(self, host: str) -> str:
        answer = self.person(host).buy().submit("/rooms", page="/credits")
        return answer.url.removeprefix(self.stack.url)

    def _join(self, guest: str, host: str) -> None:
        room = self.paths[host]
        self.person(guest).submit(f"{room}/join", page=room)

    def _go_on(self) -> None:
        """Second rounds, sheets, and a room that is closed."""
        self.post_in_room("Finn", "rounds", round="1", written_by=WAITER)
        self.post_in_room("Jo", "rounds", round="1", written_by=FAILER)
        self.post_in_room("Chiyo", "rounds", round="1")
        self.post_in_room("Lea", "rounds", round="1", recipe="picture")
        for name, line in zip(("Finn", "Gus"), LINES, strict=True):
            self.post_in_room(name, "contribution", line=line, round="2")
        for name in ("Jo", "Chiyo", "Lea"):
            self.post_in_room(name, "contribution", line="A frog who sings.", round="2")
        self.post_in_room("Max", "contribution", line="Fog.", round="2")
        self.post_in_room("Hana", "seats", seats="2")
        for name in ("Finn", "Gus", "Jo", "Kim", "Hana"):
            self._agree_to_show(name)
        self._leave_alone("Kim")
        self._buy_halfway("Ben")
        self.paths["receipt"] = self._first_link("Hana", "/credits", r"/credits/charges/\d+")
        self.person(OPERATOR)
        (paid,) = self.sql(PAID, "Ada Okafor")[0]
        (member,) = self.sql("SELECT id FROM users WHERE name = 'Hana'")[0]
        self.paths["member"] = f"/admin/members/{member}"
        self.paths |= {"paid": f"/billing/checkouts/{paid}", "purchase": f"/admin/purchases/{paid}"}
        self.paths["Noor"] = self._room_of("Noor")

    def _agree_to_show(self, name: str) -> None:
        room = self.paths[name]
        sheet = self.person(name).get(f"{room}/rounds/1/sheet").url.removeprefix(self.stack.url)
        self.paths[f"sheet of {name}"] = sheet
        self.person(name).submit(f"{sheet}/vote", page=sheet, vote="agree")

    def _leave_alone(self, name: str) -> None:
        self.post_in_room(name, "closing")

    def _buy_halfway(self, name: str) -> None:
        person = self.person(name)
        person.submit("/billing/checkouts", page="/credits", pack="taster")
        (purchase,) = self.sql("SELECT id FROM purchases WHERE state = 'open'")[0]
        self.paths["checkout"] = f"/billing/checkouts/{purchase}"

    def _first_link(self, name: str, page: str, pattern: str) -> str:
        found = re.search(pattern, self.person(name).get(page).text)
        assert found, f"{page} leads to no {pattern}"
        return found[0]

    def _waiter_has_written(self) -> bool:
        return bool(self.sql("SELECT 1 FROM generations WHERE state = 'dispatched' AND text <> ''"))

    def _wait_for(self, phase: str, *, rooms: int) -> None:
        def are_there() -> bool:
            query = "SELECT count(*) FROM rounds WHERE phase = %s"
            return bool(self.sql(query, phase)[0][0] >= rooms)

        self._wait_until(are_there, f"{rooms} rounds that are {phase}")

    def _wait_until(self, is_so: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + WITHIN_SECONDS
        while not is_so():
            assert time.monotonic() < deadline, f"There are not {what}."
            time.sleep(0.1)
