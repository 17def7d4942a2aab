"""A handshake is the same whichever way it takes: by hand at the door, or as every request."""

from __future__ import annotations

import socket
from urllib.parse import urlsplit

import pytest

from potluck.limits import address_behind
from potluck.live.handshake import read_upgrade
from potluck.request_heads import cookie
from tests.stack import Stack

LINES = (
    "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1",
    "Host: localhost:5000",
    "Connection: keep-alive, Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
)
# RFC 6455, 1.3: the answer to this key.
ACCEPT = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="


def head(*more: str, without: str = " ") -> bytes:
    """The first bytes of a handshake, without the line that begins like this."""
    lines = [*(line for line in LINES if not line.startswith(without)), *more]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def test_a_browsers_handshake_is_read_at_the_door() -> None:
    upgrade = read_upgrade(head("Origin: http://us", "Cookie: potluck=abc") + b"early")
    assert upgrade
    assert ACCEPT.encode() in upgrade.answer
    assert upgrade.environ == {"HTTP_ORIGIN": "http://us", "HTTP_COOKIE": "potluck=abc"}
    assert upgrade.early == b"early"


@pytest.mark.parametrize(
    "data",
    [
        head()[:-1],
        head().replace(b"EIO=4", b"EIO=3"),
        head().replace(b"GET ", b"POST "),
        head().replace(b"HTTP/1.1", b"HTTP/1.0"),
        head(without="Host"),
        head(without="Upgrade"),
        head(without="Connection"),
        head("Sec-WebSocket-Version: 8", without="Sec-WebSocket-Version"),
        head("Sec-WebSocket-Key: short", without="Sec-WebSocket-Key"),
        head("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=!", without="Sec-WebSocket-Key"),
        head("Origin: http://us", "Origin: http://them"),
        head("Cookie: a=b\n c=d"),
        head("Content-Length: 5"),
        head("Transfer-Encoding: chunked"),
        head("no header"),
        head(" Folded: line"),
    ],
)
def test_any_other_goes_the_way_of_every_request(data: bytes) -> None:
    assert read_upgrade(data) is None


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("potluck=abc", "abc"),
        ("language=de; potluck=abc; more=1", "abc"),
        ('potluck="abc"', "abc"),
        ("potluck=abc; potluck=def", "abc"),
        ("notpotluck=abc", None),
        ("", None),
    ],
)
def test_a_cookie_is_found_among_others(header: str, value: str | None) -> None:
    assert cookie({"HTTP_COOKIE": header}, "potluck") == value


@pytest.mark.parametrize(
    ("address", "forwarded_for", "found"),
    [
        ("10.0.0.2", "203.0.113.7", "203.0.113.7"),
        ("10.0.0.2", "198.51.100.1, 203.0.113.7", "203.0.113.7"),
        ("10.0.0.2", None, "10.0.0.2"),
        ("8.8.8.8", "203.0.113.7", "8.8.8.8"),
    ],
)
def test_only_a_proxy_beside_us_says_who_comes(
    address: str, forwarded_for: str | None, found: str
) -> None:
    assert address_behind(address, forwarded_for) == found


def test_a_handshake_in_pieces_is_answered_all_the_same(stack: Stack) -> None:
    with _connected(stack) as client:
        first, second = head()[:100], head()[100:]
        # What has come is looked at before the rest is sent: the connection before it answers.
        client.sendall(first)
        with _connected(stack) as another:
            assert _answer(another, head()).startswith("HTTP/1.1 101")
        assert _answer(client, second).startswith("HTTP/1.1 101")


def test_a_page_and_then_a_socket_come_over_one_connection(stack: Stack) -> None:
    """As proxies send them, which keep their connections to us."""
    with _connected(stack) as client:
        page = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
        assert _answer(client, page).startswith("HTTP/1.1 200")
        assert _answer(client, head()).startswith("HTTP/1.1 101")


@pytest.mark.parametrize("size", [1_000, 100])
def test_another_sites_page_is_refused_either_way(stack: Stack, size: int) -> None:
    data = head("Origin: https://elsewhere.example")
    with _connected(stack) as client:
        client.sendall(data[:size])
        assert _answer(client, data[size:]).startswith("HTTP/1.1 400")


def _connected(stack: Stack) -> socket.socket:
    there = urlsplit(stack.url)
    connected = socket.create_connection((there.hostname, there.port), timeout=20)
    connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connected


def _answer(client: socket.socket, data: bytes) -> str:
    client.sendall(data)
    return client.recv(4_096).decode("latin-1")
