"""Orders faults from a stand-in for Stripe, as a test of any shop would."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import requests

if TYPE_CHECKING:
    import stripe

    from tests.sandbox.conftest import Receiver, StandIn

STATE_SECONDS_MAX = 10


class Faults:
    def __init__(self, stand_in: StandIn) -> None:
        self.url = f"{stand_in.url}/control"

    def ask(self, method: str, path: str, **sent: Any) -> requests.Response:
        headers = {"Accept": "application/json"}
        return requests.request(method, self.url + path, headers=headers, timeout=10, **sent)

    def order(self, kind: str, match: str, **figures: float) -> dict[str, Any]:
        answer = self.ask("POST", "/faults", json={"kind": kind, "match": match, **figures})
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    def ordered(self) -> list[dict[str, Any]]:
        return list(self.ask("GET", "/faults").json()["faults"])

    def delivery(self, kind: str, subject: str) -> dict[str, Any]:
        """Of the event of that type about the object with that id."""
        deliveries = self.ask("GET", "/faults").json()["deliveries"]
        (found,) = [d for d in deliveries if (d["type"], d["subject"]) == (kind, subject)]
        return dict(found)

    def wait_for_state(self, state: str, kind: str, subject: str) -> dict[str, Any]:
        deadline = time.monotonic() + STATE_SECONDS_MAX
        while (delivery := self.delivery(kind, subject))["state"] != state:
            assert time.monotonic() < deadline, f"still {delivery['state']}, not {state}"
        return delivery

    def release(self) -> int:
        return int(self.ask("POST", "/deliveries/release").json()["released"])

    def send_again(self, event_id: str) -> None:
        assert self.ask("POST", f"/events/{event_id}/delivery").status_code == 202

    def remove_all(self) -> None:
        assert self.ask("DELETE", "/faults").status_code == 204


def arrived(receiver: Receiver, subjects: list[str]) -> list[str]:
    """Of these subjects the ids, in the order in which their events were accepted."""
    ids = [event.data.object["id"] for event in receiver._accepted]
    return [subject for subject in ids if subject in subjects]


def wait_for_many(receiver: Receiver, kind: str, subject: str, number: int) -> list[stripe.Event]:
    """The event of that type about that object, as often as it arrived, at least `number` times."""
    with receiver._arrival:
        receiver._arrival.wait_for(
            lambda: len(receiver.of(kind, subject)) >= number, timeout=STATE_SECONDS_MAX
        )
    return receiver.of(kind, subject)
