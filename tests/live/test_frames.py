"""The Autobahn test suite's cases by hand: what RFC 6455 asks of a server, over a bare socket."""

from __future__ import annotations

import struct
from collections.abc import Iterator

import pytest

from tests.live.raw_websocket import (
    BINARY,
    CLOSE,
    CONT,
    PING,
    PONG,
    QUESTION,
    TEXT,
    RawWebSocket,
    frame,
)
from tests.stack import Stack

MESSAGE_BYTES_MAX = 16 * 1024
OPENING = 0x00


@pytest.fixture
def client(stack: Stack) -> Iterator[RawWebSocket]:
    with RawWebSocket(stack.url) as client:
        yield client.join()


def padded(length: int, filling: str = "*") -> bytes:
    """A question of exactly so many bytes."""
    start, end = b'427["get_connection_count","', b'"]'
    room = length - len(start) - len(end)
    text = filling.encode() * (room // len(filling.encode()))
    return start + text + b"*" * (room - len(text)) + end


@pytest.mark.parametrize("length", [125, 126, 127, 128, 8 * 1024, MESSAGE_BYTES_MAX])
def test_1_texts_of_all_lengths_are_heard(client: RawWebSocket, length: int) -> None:
    assert "bad_payload" in client.ask(frame(TEXT, padded(length)))


@pytest.mark.parametrize("size", [1, 7, 997])
def test_1_a_frame_may_come_in_pieces(client: RawWebSocket, size: int) -> None:
    data = frame(TEXT, padded(2000))
    for start in range(0, len(data), size):
        client.send(data[start : start + size])
    assert "bad_payload" in client.ask(frame(TEXT, QUESTION))


@pytest.mark.parametrize("payload", [b"", b"hello", b"\x00\xff\xfe", b"\xfe" * 125])
def test_2_a_ping_is_answered_with_its_payload(client: RawWebSocket, payload: bytes) -> None:
    client.send(frame(PING, payload))
    assert client.receive_until(PONG) == payload


def test_2_ten_pings_are_answered_in_order(client: RawWebSocket) -> None:
    client.send(b"".join(frame(PING, b"%d" % number) for number in range(10)))
    assert [client.receive_until(PONG) for _ in range(10)] == [b"%d" % n for n in range(10)]


def test_2_a_pong_nobody_asked_for_is_ignored(client: RawWebSocket) -> None:
    client.send(frame(PONG, b"unasked"))
    assert '"ok":true' in client.ask()


@pytest.mark.parametrize(
    "data",
    [
        frame(PING, b"x" * 126),
        frame(PING, b"x", head=0x00),
        *(frame(TEXT, b"x", head=0x80 | bits) for bits in (0x10, 0x20, 0x30, 0x40, 0x50, 0x70)),
        frame(PING, b"x", head=0xC0),
        *(frame(opcode) for opcode in (3, 4, 5, 6, 7, 11, 12, 13, 14, 15)),
        frame(CONT, b"x"),
        frame(CONT, b"x", head=OPENING),
        frame(TEXT, b"4", head=OPENING) + frame(TEXT, b"2"),
        frame(TEXT, b"42[]", masked=False),
        frame(CLOSE, b"x"),
        *(frame(CLOSE, struct.pack("!H", code)) for code in (0, 999, 1004, 1005, 1006, 1016, 2999)),
        frame(CLOSE, struct.pack("!H", 1000) + b"x" * 124),
    ],
)
def test_3_4_5_7_a_breach_of_the_protocol_is_closed_as_one(
    client: RawWebSocket, data: bytes
) -> None:
    client.send(data)
    assert client.close_code() == 1002
    assert client.receive() is None


@pytest.mark.parametrize("pings", [0, 1, 3])
def test_5_a_message_in_fragments_with_pings_between_is_heard(
    client: RawWebSocket, pings: int
) -> None:
    between = frame(PING, b"still there?") * pings
    answer = client.ask(
        frame(TEXT, QUESTION[:9], head=OPENING),
        between,
        frame(CONT, QUESTION[9:20], head=OPENING),
        between,
        frame(CONT, b"", head=OPENING),
        frame(CONT, QUESTION[20:]),
    )
    assert '"ok":true' in answer


@pytest.mark.parametrize("size", [1, 2, 3])
def test_6_characters_may_be_cut_by_fragments(client: RawWebSocket, size: int) -> None:
    message = padded(90, "κόσμε𝄞")
    pieces = [message[start : start + size] for start in range(0, len(message), size)]
    fragments = [frame(TEXT, pieces[0], head=OPENING)]
    fragments += [frame(CONT, piece, head=OPENING) for piece in pieces[1:]]
    assert "bad_payload" in client.ask(*fragments, frame(CONT))


@pytest.mark.parametrize(
    "text",
    [
        b"\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5\xed\xa0\x80edited",
        b"\x80",
        b"\xc0\xaf",
        b"\xe0\x80\xaf",
        b"\xf4\x90\x80\x80",
        b"\xfe",
        b"\xed\xbf\xbf",
        b"cut \xf0\x9d\x84",
    ],
)
def test_6_what_is_not_utf_8_is_closed_as_that(client: RawWebSocket, text: bytes) -> None:
    client.send(frame(TEXT, b"42" + text))
    assert client.close_code() == 1007


def test_6_bad_utf_8_is_refused_before_its_message_is_whole(client: RawWebSocket) -> None:
    client.send(frame(TEXT, b"42\xf4\x90", head=OPENING))
    assert client.close_code() == 1007


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        *(struct.pack("!H", code) + b"bye" for code in (1000, 1001, 1003, 1011, 3000, 4999)),
        struct.pack("!H", 1000) + b"x" * 123,
    ],
)
def test_7_a_goodbye_is_answered_with_the_same(client: RawWebSocket, payload: bytes) -> None:
    client.send(frame(CLOSE, payload) + frame(PING, b"too late"))
    assert client.receive_until(CLOSE) == payload
    assert client.receive() is None


def test_7_a_goodbye_that_is_not_utf_8_is_closed_as_that(client: RawWebSocket) -> None:
    client.send(frame(CLOSE, struct.pack("!H", 1000) + b"\xce\xba\xe1"))
    assert client.close_code() == 1007


def test_limits_a_long_frame_is_refused_by_what_it_announces(client: RawWebSocket) -> None:
    client.send(struct.pack("!BBQ", 0x81, 0xFF, MESSAGE_BYTES_MAX + 1))
    assert client.close_code() == 1009


def test_limits_fragments_count_together(client: RawWebSocket) -> None:
    half = frame(TEXT, b"4" + b"x" * (MESSAGE_BYTES_MAX // 2), head=OPENING)
    client.send(half + struct.pack("!BBH", 0x80, 0xFE, MESSAGE_BYTES_MAX // 2 + 1))
    assert client.close_code() == 1009


def test_bytes_are_not_taken(client: RawWebSocket) -> None:
    client.send(frame(BINARY, b"4"))
    assert client.close_code() == 1003


def test_compression_is_not_agreed_to(stack: Stack) -> None:
    offer = "permessage-deflate; client_max_window_bits"
    with RawWebSocket(stack.url, Sec_WebSocket_Extensions=offer) as client:
        assert "101" in client.response
        assert "xtensions" not in client.response


def test_what_comes_together_with_the_request_is_heard(stack: Stack) -> None:
    early = frame(TEXT, b"40") + frame(TEXT, QUESTION)
    with RawWebSocket(stack.url, early=early) as client:
        while not (text := client.text()).startswith("437["):
            pass
        assert '"ok":true' in text


def test_a_request_without_a_key_opens_nothing(stack: Stack) -> None:
    with RawWebSocket(stack.url, Sec_WebSocket_Key="short") as client:
        assert "400" in client.response
