"""Clients that send too much, or read nothing, harm nobody else."""

from __future__ import annotations

import contextlib
import struct
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import psutil
import pytest

from potluck.live.channels import Channels
from potluck.live.places import ADDRESS_CONNECTIONS_MAX, SESSION_CONNECTIONS_MAX, Full, Places
from tests.live.closures import await_closures, closures
from tests.live.raw_websocket import PING, TEXT, RawWebSocket, frame
from tests.stack import Stack

MIB = 1024 * 1024


@pytest.fixture
def client(stack: Stack) -> Iterator[RawWebSocket]:
    with RawWebSocket(stack.url) as client:
        yield client.join()


@pytest.fixture
def memory(stack: Stack) -> Callable[[], int]:
    """Bytes that the serving process takes."""
    everybody = psutil.Process(stack.process.pid).children(recursive=True)
    (server,) = [each for each in everybody if any("wsgi.py" in word for word in each.cmdline())]
    return lambda: server.memory_info().rss


@pytest.mark.fault("S6")
def test_a_frame_of_200_mb_that_never_ends_takes_no_memory(
    stack: Stack, client: RawWebSocket, memory: Callable[[], int]
) -> None:
    before = memory()
    with contextlib.suppress(ConnectionError):
        client.send(struct.pack("!BBQ", 0x81, 0xFF, 200 * MIB) + b"mask")
        for _ in range(200):
            client.send(bytes(MIB))
    assert memory() - before < 20 * MIB
    _somebody_else_is_served(stack)


@pytest.mark.fault("S6")
def test_a_flood_of_small_frames_leaves_others_their_turn(
    stack: Stack, client: RawWebSocket, memory: Callable[[], int]
) -> None:
    before = memory()
    flood = frame(TEXT, b"3") * 10_000
    with contextlib.suppress(OSError):
        client.socket.settimeout(0.5)
        client.send(flood * 100)
    _somebody_else_is_served(stack)
    assert memory() - before < 20 * MIB


@pytest.mark.fault("S6")
def test_a_million_small_events_are_closed_early_and_leave_others_their_turn(
    stack: Stack, client: RawWebSocket, memory: Callable[[], int]
) -> None:
    before, closed_before = memory(), closures(stack.url, "bad_packet")
    events = frame(TEXT, b'42["x"]') * 1_000
    with ThreadPoolExecutor() as flood:
        sent = flood.submit(_send_until_cut, client, events)
        while not sent.done():
            _somebody_else_is_served(stack)
    assert sent.result() >= 1_000
    assert client.close_code() == 1008
    assert memory() - before < 20 * MIB
    await_closures(stack.url, "bad_packet", closed_before + 1)


@pytest.mark.fault("S6")
@pytest.mark.parametrize(
    "message",
    [
        b"42" + b"[" * 1000 + b"]" * 1000,
        b'42["x",' + b'{"a":' * 1000 + b"1" + b"}" * 1001,
        b"42",
        b"42{}",
        b"42[]",
        b"42[7]",
        b"42not json",
        b'42["x",' + b"9" * 200 + b"]",
        b'4551-["x",{"_placeholder":true,"num":0}]',
        b'451-["x",{"_placeholder":true,"num":0}]',
        b"430[1]",
        b"49",
        b"bAAAA",
        b"",
        b"x",
    ],
)
def test_what_no_client_sends_is_closed_with_a_code(
    stack: Stack, client: RawWebSocket, message: bytes
) -> None:
    client.send(frame(TEXT, message))
    assert client.close_code() == 1008
    _somebody_else_is_served(stack)


@pytest.mark.fault("S6", "S12")
@pytest.mark.parametrize("buffer_bytes", [16 * 1024, None])
def test_who_never_reads_is_cut_off_and_takes_no_memory(
    stack: Stack, memory: Callable[[], int], buffer_bytes: int | None
) -> None:
    before, cut_before = memory(), closures(stack.url, "reads_too_slowly")
    # Each is answered at once, and none costs anything of the budget for questions.
    pings = frame(PING, b"x" * 125) * 500
    with RawWebSocket(stack.url, buffer_bytes=buffer_bytes) as client:
        _send_until_cut(client.join(), pings)
    assert memory() - before < 20 * MIB
    await_closures(stack.url, "reads_too_slowly", cut_before + 1)
    _somebody_else_is_served(stack)


def test_a_session_and_an_address_hold_only_so_many_connections() -> None:
    places = Places(cookie_name="potluck")
    browser = {"REMOTE_ADDR": "203.0.113.7", "HTTP_COOKIE": "potluck=abc"}
    held = [places.take(browser) for _ in range(SESSION_CONNECTIONS_MAX)]
    with pytest.raises(Full):
        places.take(browser)
    others = {"REMOTE_ADDR": "203.0.113.7"}
    held += [places.take(others) for _ in range(ADDRESS_CONNECTIONS_MAX - SESSION_CONNECTIONS_MAX)]
    with pytest.raises(Full):
        places.take(others)
    for place in held:
        places.give_back(place)
    places.take(browser)


def test_the_21st_connection_of_a_session_is_refused(stack: Stack) -> None:
    with contextlib.ExitStack() as held:
        for _ in range(SESSION_CONNECTIONS_MAX):
            held.enter_context(RawWebSocket(stack.url, Cookie="potluck=abc"))
        refused = held.enter_context(RawWebSocket(stack.url, Cookie="potluck=abc"))
        assert "429" in refused.response


def test_who_is_taken_off_every_channel_comes_on_none_again() -> None:
    channels = Channels()
    channels.basic_enter_room("s", "/members", None, eio_sid="e")
    for channel in ("s", "pool", "room:1"):
        channels.basic_enter_room("s", "/members", channel, eio_sid="e")
    channels.leave_all("s", "/members")
    channels.basic_enter_room("s", "/members", "room:2")
    assert channels.get_rooms("s", "/members") == ["s"]
    channels.basic_disconnect("s", "/members")
    assert not channels.rooms


def _send_until_cut(client: RawWebSocket, data: bytes) -> int:
    """Goes on whatever it is told, until there is no connection left; how often it was sent."""
    deadline = time.monotonic() + 60
    times = 0
    with contextlib.suppress(ConnectionError):
        while time.monotonic() < deadline:
            client.send(data)
            times += 1
        raise AssertionError("still connected")
    return times


def _somebody_else_is_served(stack: Stack) -> None:
    with RawWebSocket(stack.url) as other:
        other.join().send(frame(PING))
        began = time.monotonic()
        assert '"ok":true' in other.ask()
        assert time.monotonic() - began < 2
