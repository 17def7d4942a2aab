"""What is answered at the door is what the app would say, to requests that are as usual."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from typing import Self
from urllib.parse import urlsplit

import psycopg
import pytest

from potluck.request_heads import read_request
from tests.live import population
from tests.patience import until
from tests.stack import Stack

LINES = ("GET /credits/balance HTTP/1.1", "Host: localhost:5000", "Cookie: potluck=abc")
ANSWERED_SECONDS_MAX = 20
# What the server says of this one answer, or of the connection.
OF_ITS_OWN = {"date", "x-request-id", "connection"}
# Makes the server read the request itself, and hand it to the app by way of WSGI.
UNUSUAL = "Expect: nothing"


def head(*more: str, without: str = " ") -> bytes:
    """The first bytes of a request, without the line that begins like this."""
    lines = [*(line for line in LINES if not line.startswith(without)), *more]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


@pytest.fixture
def token(stack: Stack) -> str:
    """A member's, whom the app has seen just now."""
    with psycopg.connect(stack.env["DATABASE_URL"], autocommit=True) as connection:
        (token,) = population.sign_in(connection, population.make_members(connection, people=1))
    return token


@pytest.fixture
def client(stack: Stack) -> Iterator[Client]:
    with Client(stack) as client:
        yield client


class Client:
    """A connection that is kept open, as browsers and proxies do."""

    def __init__(self, stack: Stack) -> None:
        there = urlsplit(stack.url)
        self._host = there.netloc
        address = (there.hostname, there.port)
        self._socket = socket.create_connection(address, timeout=ANSWERED_SECONDS_MAX)
        self._read = self._socket.makefile("rb")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._read.close()
        self._socket.close()

    def request(self, path: str, *lines: str, token: str = "") -> bytes:
        """The bytes of one."""
        cookies = [f"Cookie: potluck={token}"] if token else []
        every = [f"GET {path} HTTP/1.1", f"Host: {self._host}", *cookies, *lines]
        return ("\r\n".join(every) + "\r\n\r\n").encode()

    def send(self, data: bytes) -> None:
        self._socket.sendall(data)

    def answer(self) -> tuple[int, dict[str, str], bytes]:
        """The next: status, headers by their names in small letters, and body."""
        status = int(self._read.readline().split()[1])
        headers = {}
        while line := self._read.readline().decode("latin-1").strip():
            name, _, value = line.partition(": ")
            headers[name.lower()] = value
        return status, headers, self._read.read(int(headers["content-length"]))

    def ask(self, path: str, *lines: str, token: str = "") -> tuple[int, dict[str, str], bytes]:
        """Sends one and waits for what comes of it."""
        self.send(self.request(path, *lines, token=token))
        return self.answer()


@pytest.mark.parametrize("path", ["/", "/credits/balance", "/credits/badge"])
def test_both_ways_say_the_same(client: Client, token: str, path: str) -> None:
    who = "" if path == "/" else token
    answers = [client.ask(path, *lines, token=who) for lines in ([], [UNUSUAL], [])]
    bodies = {body for _, _, body in answers}
    headers = [
        {name: value for name, value in headers.items() if name not in OF_ITS_OWN}
        for _, headers, _ in answers
    ]
    assert {status for status, _, _ in answers} == {200}
    assert len(bodies) == 1
    assert headers[0] == headers[1] == headers[2]
    assert all("date" in headers for _, headers, _ in answers)


def test_the_log_and_the_client_know_it_by_one_name(client: Client, token: str) -> None:
    _, headers, _ = client.ask("/credits/balance", "X-Request-Id: one-of-mine", token=token)
    assert headers["x-request-id"] == "one-of-mine"


def test_requests_that_come_together_are_answered_in_their_order(
    client: Client, token: str
) -> None:
    """Also where one in the middle is none for the door."""
    paths = ["/credits/balance", "/healthz", "/credits/badge", "/credits/balance"]
    client.send(b"".join(client.request(path, token=token) for path in paths))
    kinds = [client.answer()[1]["content-type"].partition(";")[0] for _ in paths]
    assert [kinds[0], *kinds[2:]] == ["application/json", "text/html", "application/json"]


@pytest.mark.parametrize("size", [5, 30, 60])
def test_one_that_comes_in_pieces_is_answered(
    stack: Stack, client: Client, token: str, size: int
) -> None:
    data = client.request("/credits/balance", token=token)
    client.send(data[:size])
    # The server has looked at what came by the time that it answers somebody else.
    with Client(stack) as another:
        another.ask("/healthz")
    client.send(data[size:])
    status, _, body = client.answer()
    assert (status, json.loads(body)["posted"]) == (200, population.CREDITS)


def test_a_body_is_no_request_of_its_own(client: Client, token: str) -> None:
    """What a proxy takes for the body of one request, we must not take for the next."""
    hidden = client.request("/credits/badge", token=token)
    client.send(
        client.request("/credits/balance", f"Content-Length: {len(hidden)}", token=token) + hidden
    )
    client.answer()
    status, headers, _ = client.ask("/credits/balance", token=token)
    assert (status, headers["content-type"]) == (200, "application/json")


def test_who_was_not_seen_for_a_minute_is_answered_there_and_seen(
    stack: Stack, client: Client, token: str
) -> None:
    age = "SELECT now() - last_seen_at < interval '1 minute' FROM sessions WHERE token_digest = %s"
    late = "UPDATE sessions SET last_seen_at = now() - interval '1 hour' WHERE token_digest = %s"
    with psycopg.connect(stack.env["DATABASE_URL"], autocommit=True) as connection:
        connection.execute(late, [population.digest(token)])
        assert client.ask("/credits/balance", token=token)[0] == 200
        until(lambda: connection.execute(age, [population.digest(token)]).fetchone() == (True,))


def test_a_usual_request_is_read_at_the_door() -> None:
    data = head("Accept-Language: de", "Connection: keep-alive")
    request = read_request(data + b"GET /more", is_for_us="/credits/balance".__eq__)
    assert request
    assert request.length_bytes == len(data)
    assert request.environ == {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": "/credits/balance",
        "QUERY_STRING": "",
        "HTTP_HOST": "localhost:5000",
        "HTTP_COOKIE": "potluck=abc",
        "HTTP_ACCEPT_LANGUAGE": "de",
        "HTTP_CONNECTION": "keep-alive",
    }


@pytest.mark.parametrize(
    "data",
    [
        b"",
        head()[:-1],
        head().replace(b"GET ", b"HEAD "),
        head().replace(b"HTTP/1.1", b"HTTP/1.0"),
        head().replace(b"balance", b"balance?a=b"),
        head().replace(b"balance", b"bal%61nce"),
        head().replace(b"/credits", b"http://us/credits"),
        head().replace(b"balance", b"elsewhere"),
        head(without="Host"),
        head("Host: another"),
        head("Connection: close"),
        head("Upgrade: h2c"),
        head("Expect: 100-continue"),
        head("Content-Length: 0"),
        head("Transfer-Encoding: chunked"),
        head("no header"),
        head("Cookie : potluck=def"),
        head(" Folded: line"),
    ],
)
def test_any_other_is_the_servers(data: bytes) -> None:
    assert read_request(data, is_for_us="/credits/balance".__eq__) is None
