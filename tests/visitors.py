"""People who come from outside: over HTTP and WebSocket, through the providers' own pages."""

from __future__ import annotations

import contextlib
import queue
import re
import socket
import threading
from typing import Any
from urllib.parse import urljoin

import requests
import socketio

TIMEOUT_SECONDS = 30
# For as many rounds as a test may want.
CREDITS_ENOUGH = 500
CARD = "4242424242424242"
COOKIE = "potluck"


class Visitor:
    """A browser without scripts, in the hands of one person."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.http = requests.Session()
        self._opened: list[Socket] = []

    def reading(self, language: str) -> Visitor:
        """A browser that asks for this language, on pages and over sockets."""
        self.http.headers["Accept-Language"] = language
        return self

    def get(self, path: str) -> requests.Response:
        """Opens a page."""
        return self.http.get(urljoin(self.url, path), timeout=TIMEOUT_SECONDS)

    def submit(self, path: str, *, page: str, **fields: str) -> requests.Response:
        """Sends a form with the token of the page that it stands on."""
        found = re.search(r'name="csrf_token" value="([^"]+)"', self.get(page).text)
        assert found, f"{page} has no form"
        form = {"csrf_token": found[1], **fields}
        return self.http.post(
            urljoin(self.url, path),
            data=form,
            headers={"Origin": self.url},
            timeout=TIMEOUT_SECONDS,
        )

    def sign_in(self, subject: str) -> Visitor:
        """Goes to the provider, chooses who to be, and comes back."""
        choice = self.get("/sign-in/sandbox")
        answer = self.http.post(choice.url, data={"sub": subject}, timeout=TIMEOUT_SECONDS)
        assert answer.status_code == 200, answer.text
        assert COOKIE in self.http.cookies
        return self

    def buy(self, pack: str = "taster") -> Visitor:
        """Pays with the card that always works."""
        checkout = self.submit("/billing/checkouts", page="/credits", pack=pack)
        answer = self.http.post(checkout.url, data={"test_card": CARD}, timeout=TIMEOUT_SECONDS)
        assert answer.status_code == 200, answer.text
        return self

    def funded(self) -> Visitor:
        """Buys if need be: an hour has only so many purchases of one person."""
        return self if self.balance()["available"] >= CREDITS_ENOUGH else self.buy()

    def balance(self) -> dict[str, int]:
        """The numbers behind the badge."""
        numbers: dict[str, int] = self.get("/credits/balance").json()
        return numbers

    @property
    def token(self) -> str:
        """What the session's cookie holds."""
        token = self.http.cookies[COOKIE]
        assert token
        return token

    def connect(
        self, *namespaces: str, origin: str | None = None, auth: object | None = None
    ) -> Socket:
        """Opens a socket with this browser's cookie, and waits until it is let in."""
        opened = self._open(*namespaces)
        opened.auth = auth
        cookie, language = self.http.cookies.get(COOKIE), self.http.cookies.get("language")
        if cookie and language:
            cookie += f"; language={language}"
        opened.connect(cookie=cookie, origin=origin, wait=True)
        return opened

    def refusal(self, namespace: str, *, origin: str | None = None) -> Any:
        """Opens a socket that is not let in; what it is told."""
        opened = self._open(namespace)
        opened.connect(cookie=self.http.cookies.get(COOKIE), origin=origin, wait=False)
        return opened.refusals.get(timeout=TIMEOUT_SECONDS)["data"]

    def leave(self) -> None:
        """Closes every window."""
        for opened in self._opened:
            opened.close()
        self.http.close()

    def _open(self, *namespaces: str) -> Socket:
        language = str(self.http.headers.get("Accept-Language", ""))
        self._opened.append(Socket(self.url, namespaces, language=language))
        return self._opened[-1]


class Socket:
    """A Socket.IO client that keeps what it hears until somebody asks."""

    def __init__(self, url: str, namespaces: tuple[str, ...], *, language: str = "") -> None:
        self.url = url
        self.language = language
        self.namespaces = list(namespaces)
        self.auth: object | None = None
        self.client = socketio.Client(reconnection=False)
        self.heard: list[tuple[str, Any]] = []
        self.refusals: queue.Queue[Any] = queue.Queue()
        self.ended: queue.Queue[Any] = queue.Queue()
        self._arrival = threading.Condition()
        for namespace in namespaces:
            self.client.on("*", self._hear, namespace=namespace)
            self.client.on("connect_error", self.refusals.put, namespace=namespace)
            self.client.on("disconnect", self.ended.put, namespace=namespace)

    def connect(self, *, cookie: str | None, origin: str | None, wait: bool) -> None:
        """Opens the connection; without `origin` the client says its own, with "" none."""
        headers = {"Cookie": f"{COOKIE}={cookie}"} if cookie else {}
        if self.language:
            headers["Accept-Language"] = self.language
        if origin:
            headers["Origin"] = origin
        elif origin == "":
            self.client.eio.websocket_extra_options = {"suppress_origin": True}
        self.client.connect(
            self.url,
            headers=headers,
            auth=self.auth,
            namespaces=self.namespaces,
            transports=["websocket"],
            wait=wait,
            wait_timeout=TIMEOUT_SECONDS,
        )

    def ask(self, event: str, payload: object = None, *, namespace: str = "/members") -> Any:
        """Emits and waits for the acknowledgement."""
        return self.client.call(event, payload, namespace=namespace, timeout=TIMEOUT_SECONDS)

    def hear(self, event: str) -> Any:
        """The next such event that the server pushed."""
        return self.next_of(event)[1]

    def next_of(self, *events: str) -> tuple[str, Any]:
        """The next of several events, in the order in which they came."""

        def position() -> int | None:
            return next((i for i, (event, _) in enumerate(self.heard) if event in events), None)

        with self._arrival:
            came = self._arrival.wait_for(lambda: position() is not None, TIMEOUT_SECONDS)
            assert came, f"none of {events} came, only {[event for event, _ in self.heard]}"
            found = position()
            assert found is not None
            return self.heard.pop(found)

    def close(self) -> None:
        """Goes away as a closed tab does: without a word."""
        connection = self.client.eio.ws and self.client.eio.ws.sock
        if connection:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            if self.client.connected:
                self.client.eio.wait()
            connection.close()

    def _hear(self, event: str, payload: Any) -> None:
        with self._arrival:
            self.heard.append((event, payload))
            self._arrival.notify_all()
