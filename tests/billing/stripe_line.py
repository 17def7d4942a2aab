"""The stand-in for Stripe in a process of its own, a line to it that can fail, and a letter box.

What Stripe sends is kept until a test delivers it: late, twice, in another order, or never.
"""

from __future__ import annotations

import contextlib
import http.server
import json
import os
import socket
import sqlite3
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any, TypeAlias

import requests
import stripe

SOURCE = Path(__file__).parents[2] / "site"
SECRET_KEY = "sk_test_sandbox"
WEBHOOK_SECRET = "whsec_sandbox"
READY_SECONDS_MAX = 10
EVENT_SECONDS_MAX = 10
CARD = "4242424242424242"
COMPLETED = "checkout.session.completed"
SUCCEEDED = "checkout.session.async_payment_succeeded"
FAILED = "checkout.session.async_payment_failed"
EXPIRED = "checkout.session.expired"


@dataclass(frozen=True)
class Delivery:
    """An event as it was posted."""

    event: dict[str, Any]
    body: bytes
    signature: str


@dataclass(frozen=True)
class Asked:
    """A request that went to Stripe's API."""

    method: str
    path: str
    key: str | None
    body: bytes


# Takes a delivery to the app at once, and says what Stripe is answered.
HandOn: TypeAlias = Callable[[Delivery], int]


class Line:
    """Stands between the app and the stand-in, and takes in what the stand-in sends."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.answers_to_lose = 0
        self.stand_in_url = ""
        self.hand_on: HandOn | None = None
        self._may_answer = threading.Event()
        self._may_answer.set()
        self._deliveries: list[Delivery] = []
        self._arrival = threading.Condition()
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def hang_up(self) -> None:
        """From now on nothing gets through."""
        self.answers_to_lose = sys.maxsize

    def fall_silent(self) -> None:
        """From now on everything is carried out, and nothing is answered."""
        self._may_answer.clear()

    def wait_until_it_may_answer(self) -> None:
        self._may_answer.wait(READY_SECONDS_MAX)

    def mend(self) -> None:
        self.answers_to_lose = 0
        self.hand_on = None
        self._may_answer.set()

    def take(self, delivery: Delivery) -> int:
        """Hands it on, keeps it, and says what to answer."""
        status = self.hand_on(delivery) if self.hand_on else HTTPStatus.OK
        with self._arrival:
            self._deliveries.append(delivery)
            self._arrival.notify_all()
        return status

    def wait_for(self, kind: str, subject_id: str, *, times: int = 1) -> Delivery:
        """The last of so many events of that type about that object, once they have come."""

        def found() -> list[Delivery]:
            about = [d for d in self._deliveries if d.event["data"]["object"]["id"] == subject_id]
            return [d for d in about if d.event["type"] == kind]

        with self._arrival:
            have_come = self._arrival.wait_for(
                lambda: len(found()) >= times, timeout=EVENT_SECONDS_MAX
            )
        assert have_come, f"{len(found())} of {times} {kind} came"
        return found()[times - 1]

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def _handler(line: Line) -> type[http.server.BaseHTTPRequestHandler]:
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            if self.path == "/letter-box":
                event = json.loads(body)
                delivery = Delivery(event, body, self.headers["Stripe-Signature"])
                self._answer(line.take(delivery), b"", {})
            else:
                self._pass_on(body)

        def do_GET(self) -> None:
            self._pass_on(b"")

        def _pass_on(self, body: bytes) -> None:
            line.asked.append(
                Asked(self.command, self.path, self.headers.get("Idempotency-Key"), body)
            )
            headers = {n: v for n, v in self.headers.items() if n.lower() != "host"}
            answer = requests.request(
                self.command,
                line.stand_in_url + self.path,
                data=body,
                headers=headers,
                timeout=READY_SECONDS_MAX,
            )
            line.wait_until_it_may_answer()
            if line.answers_to_lose > 0:
                # It was carried out, and the answer never arrives.
                line.answers_to_lose -= 1
                self.close_connection = True
                return
            kept = {n: v for n, v in answer.headers.items() if n in {"Content-Type", "Request-Id"}}
            self._answer(answer.status_code, answer.content, kept)

        def _answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            # Whoever asked may have given up waiting.
            with contextlib.suppress(ConnectionError):
                self.end_headers()
                self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    return Handler


class StandIn:
    """The process, what a buyer does on its page, and what only a test can do to it."""

    def __init__(self, folder: Path, webhook_url: str) -> None:
        with socket.create_server(("127.0.0.1", 0)) as probe:
            port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        self._database = folder / "stripe.sqlite3"
        options = {
            "--port": str(port),
            "--secret-key": SECRET_KEY,
            "--webhook-url": webhook_url,
            "--webhook-secret": WEBHOOK_SECRET,
            "--database": str(self._database),
        }
        self._process = subprocess.Popen(
            [sys.executable, "-m", "sandbox.stripe", *(w for o in options.items() for w in o)],
            env={**os.environ, "PYTHONPATH": str(SOURCE)},
        )
        deadline = time.monotonic() + READY_SECONDS_MAX
        while not self._is_ready():
            assert self._process.poll() is None, "the stand-in did not start"
            assert time.monotonic() < deadline, "the stand-in is not ready"

    def _is_ready(self) -> bool:
        with contextlib.suppress(requests.ConnectionError):
            return requests.get(f"{self.url}/healthz", timeout=1).ok
        return False

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(READY_SECONDS_MAX)

    def pay(self, session_id: str, card: str = CARD) -> requests.Response:
        page = f"{self.url}/c/pay/{session_id}"
        return requests.post(page, data={"test_card": card}, allow_redirects=False, timeout=10)

    def enter_code(self, session_id: str, code: str) -> None:
        """A buyer types a promotion code on the page."""
        page = f"{self.url}/c/pay/{session_id}/discount"
        answer = requests.post(
            page, data={"promotion_code": code}, allow_redirects=False, timeout=10
        )
        assert answer.status_code == 303, answer.text

    def expire(self, session_id: str) -> None:
        path = f"/v1/checkout/sessions/{session_id}/expire"
        assert requests.post(self.url + path, auth=(SECRET_KEY, ""), timeout=10).ok

    def ask(self, path: str, **form: Any) -> dict[str, Any]:
        """What the API answers to the operator, who works in Stripe's dashboard."""
        answer = requests.post(self.url + path, data=form, auth=(SECRET_KEY, ""), timeout=10)
        assert answer.ok, answer.text
        return dict(answer.json())

    def decide(self, path: str, **choice: Any) -> dict[str, Any]:
        """What a bank decides."""
        answer = requests.post(f"{self.url}/control/{path}", json=choice, timeout=10)
        assert answer.ok, answer.text
        return dict(answer.json())

    def read(self, path: str) -> dict[str, Any]:
        """What the API says."""
        return dict(requests.get(self.url + path, auth=(SECRET_KEY, ""), timeout=10).json())

    def charge_of(self, payment_id: str) -> str:
        """The id of the charge that took the money."""
        return str(self.read(f"/v1/payment_intents/{payment_id}")["latest_charge"])

    def payment_of(self, session_id: str) -> str:
        """The id of the payment that somebody began in a checkout."""
        return str(self.read(f"/v1/checkout/sessions/{session_id}")["payment_intent"])

    def sessions_of(self, purchase_id: uuid.UUID) -> list[dict[str, Any]]:
        """Every checkout there is for a purchase."""
        listed = self.read("/v1/checkout/sessions?limit=100")["data"]
        return [s for s in listed if s["metadata"].get("purchase") == str(purchase_id)]

    def renumber(self, payment_method_id: str, number: str) -> None:
        """Makes a saved card behave like another test card from now on."""
        query = "UPDATE objects SET private = json_set(private, '$.number', ?) WHERE id = ?"
        with contextlib.closing(sqlite3.connect(self._database)) as connection, connection:
            connection.execute(query, (number, payment_method_id))

    def rewrite(self, object_id: str, **changes: Any) -> None:
        """Makes Stripe say what the stand-in can't play: delayed payments, codes, conversions."""
        with contextlib.closing(sqlite3.connect(self._database)) as connection, connection:
            query = "SELECT body FROM objects WHERE id = ?"
            body = json.loads(connection.execute(query, (object_id,)).fetchone()[0])
            update = "UPDATE objects SET body = ? WHERE id = ?"
            connection.execute(update, (json.dumps({**body, **changes}), object_id))


def sign(body: str, *, secret: str = WEBHOOK_SECRET, age_seconds: int = 0) -> str:
    """The header as Stripe's own SDK makes it."""
    timestamp = int(time.time()) - age_seconds
    header: str = stripe.WebhookSignature.generate_signature_header(body, secret, timestamp)
    return header
