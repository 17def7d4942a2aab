"""The stand-in for Stripe as a process of its own, and a real endpoint for its events."""

from __future__ import annotations

import contextlib
import http.server
import os
import queue
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import requests
import stripe

from tests.sandbox.faults import Faults

if TYPE_CHECKING:
    from collections.abc import Iterator

SOURCE = Path(__file__).parents[2] / "site"
SECRET_KEY = "sk_test_sandbox"
WEBHOOK_SECRET = "whsec_sandbox"
READY_SECONDS_MAX = 10
EVENT_SECONDS_MAX = 10


class Receiver:
    """A webhook endpoint. Events about an id in `refusing` are answered 500, once each."""

    def __init__(self) -> None:
        self.refusing: set[str] = set()
        self.refused: queue.Queue[stripe.Event] = queue.Queue()
        self._accepted: list[stripe.Event] = []
        self._arrival = threading.Condition()
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                payload = self.rfile.read(int(self.headers["Content-Length"]))
                header = self.headers["Stripe-Signature"]
                event = stripe.Webhook.construct_event(payload, header, WEBHOOK_SECRET)
                self.send_response(receiver.take(event))
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/webhook"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def take(self, event: stripe.Event) -> int:
        subject = event.data.object["id"]
        with self._arrival:
            if subject in self.refusing:
                self.refusing.discard(subject)
                self.refused.put(event)
                return 500
            self._accepted.append(event)
            self._arrival.notify_all()
        return 200

    def wait_for(self, kind: str, subject: str) -> stripe.Event:
        """The event of that type about the object with that id, once it has arrived."""
        with self._arrival:
            arrived = self._arrival.wait_for(
                lambda: self.of(kind, subject), timeout=EVENT_SECONDS_MAX
            )
        assert arrived, f"no {kind} about {subject} arrived"
        return arrived[0]

    def of(self, kind: str, subject: str) -> list[stripe.Event]:
        about = [event for event in self._accepted if event.data.object["id"] == subject]
        return [event for event in about if event.type == kind]

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class StandIn:
    """The process. It can be stopped and started again on the same port and database."""

    def __init__(self, folder: Path, webhook_url: str) -> None:
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.database = folder / "stripe.sqlite3"
        self._webhook_url = webhook_url
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        options = {
            "--port": str(self.port),
            "--secret-key": SECRET_KEY,
            "--webhook-url": self._webhook_url,
            "--webhook-secret": WEBHOOK_SECRET,
            "--database": str(self.database),
        }
        words = [word for option in options.items() for word in option]
        self._process = subprocess.Popen(
            [sys.executable, "-m", "sandbox.stripe", *words],
            env={**os.environ, "PYTHONPATH": str(SOURCE)},
        )
        deadline = time.monotonic() + READY_SECONDS_MAX
        while not self._healthy():
            assert self._process.poll() is None, "the stand-in did not start"
            assert time.monotonic() < deadline, "the stand-in is not ready"

    def stop(self, number: int = signal.SIGTERM) -> int:
        assert self._process
        self._process.send_signal(number)
        return self._process.wait(READY_SECONDS_MAX)

    def _healthy(self) -> bool:
        with contextlib.suppress(requests.ConnectionError):
            return requests.get(f"{self.url}/healthz", timeout=1).status_code == 200
        return False

    def client(self, key: str = SECRET_KEY, **options: Any) -> stripe.StripeClient:
        options = {"max_network_retries": 0, **options}
        return stripe.StripeClient(key, base_addresses={"api": self.url}, **options)

    def post(self, path: str, form: dict[str, Any]) -> dict[str, Any]:
        """What the API answers to a form that the SDK would not send."""
        answer = requests.post(f"{self.url}{path}", data=form, auth=(SECRET_KEY, ""), timeout=10)
        return dict(answer.json())


class Shop:
    """Somebody who sells through the stand-in, and those who buy there."""

    def __init__(self, stand_in: StandIn) -> None:
        self.client = stand_in.client()

    def params(self, **changes: Any) -> Any:
        product = {"name": "Tray of pies", "description": "Twelve, with gravy"}
        price = {"currency": "eur", "unit_amount": 1250, "product_data": product}
        params = {
            "mode": "payment",
            "line_items": [{"price_data": price, "quantity": 2}],
            "success_url": "http://shop.test/thanks?session={CHECKOUT_SESSION_ID}",
            "cancel_url": "http://shop.test/basket",
        }
        return {**params, **changes}

    def open_session(self, **changes: Any) -> stripe.checkout.Session:
        return self.client.v1.checkout.sessions.create(params=self.params(**changes))

    def session(self, session: stripe.checkout.Session, *expand: str) -> stripe.checkout.Session:
        """The session as it is now."""
        params: Any = {"expand": list(expand)}
        return self.client.v1.checkout.sessions.retrieve(session.id, params=params)

    def pay(
        self, session: stripe.checkout.Session, card: str = "4242424242424242", **changes: str
    ) -> requests.Response:
        form = {
            "email": "dana@example.com",
            "card_number": card,
            "expiry": "12 / 40",
            "cvc": "123",
            "name": "Dana Cook",
            **changes,
        }
        assert session.url
        return requests.post(session.url, data=form, allow_redirects=False, timeout=10)

    def sell(self, **changes: Any) -> stripe.checkout.Session:
        """A session that has been paid."""
        session = self.open_session(**changes)
        assert self.pay(session).status_code == 303
        return self.session(session, "payment_intent.latest_charge")


@pytest.fixture(scope="session")
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.close()


@pytest.fixture(scope="session")
def stand_in(tmp_path_factory: pytest.TempPathFactory, receiver: Receiver) -> Iterator[StandIn]:
    stand_in = StandIn(tmp_path_factory.mktemp("stripe"), receiver.url)
    stand_in.start()
    yield stand_in
    assert stand_in.stop() == 0


@pytest.fixture(scope="session")
def shop(stand_in: StandIn) -> Shop:
    return Shop(stand_in)


@pytest.fixture
def faults(stand_in: StandIn) -> Iterator[Faults]:
    """Ordered from the one that all share, so none stays behind."""
    faults = Faults(stand_in)
    yield faults
    faults.remove_all()


@pytest.fixture
def own_stand_in(tmp_path: Path, receiver: Receiver) -> Iterator[StandIn]:
    """One that a test may stop and start."""
    stand_in = StandIn(tmp_path, receiver.url)
    stand_in.start()
    yield stand_in
    stand_in.stop()
