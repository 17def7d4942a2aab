"""What one process alone knows, told to the clients of the others: through Valkey or Redis.

Everything else each process finds out for itself, so that without the bus nothing is wrong for
long: who misses a piece of a text asks for it, and it is in the row.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Iterator, Mapping
from typing import Any

import gevent
from gevent.event import Event
from socketio import RedisManager

from potluck.live.channels import Channels

logger = logging.getLogger(__name__)

RETRY_SECONDS = 1.0
ANSWER_SECONDS_MAX = 2.0
# A few seconds of many streams; older pieces are in their rows by then.
UNSENT_MAX = 1_000


class SharedChannels(Channels, RedisManager):
    """Channels whose clients are on several processes.

    The stock manager has whoever speaks wait for the bus, and comes back to a bus that was away
    for long only after a minute.
    """

    def __init__(self, url: str) -> None:
        # The bus answers on a socket that is silent for as long as nobody speaks.
        super().__init__(url, redis_options={"socket_connect_timeout": ANSWER_SECONDS_MAX})
        self._unsent: deque[Any] = deque(maxlen=UNSENT_MAX)
        self._is_something_unsent = Event()
        # Begun by what is said first: a process may write for the clients of others alone.
        self._sender: gevent.Greenlet | None = None
        self._hears = self._speaks = True

    @property
    def is_away(self) -> bool:
        """Whether the bus could not be reached when it was last tried."""
        return not (self._hears and self._speaks)

    def tell_everywhere(
        self, event: str, payload: Mapping[str, object], *, namespace: str, channel: str | None
    ) -> None:
        """The same on every process, by way of the bus."""
        self.emit(event, payload, namespace, room=channel)

    def _publish(self, data: Any) -> None:
        """Called by the library for whoever speaks, who never waits for the bus."""
        self._sender = self._sender or gevent.spawn(self._send)
        self._unsent.append(data)
        self._is_something_unsent.set()

    def _send(self) -> None:
        connection = self._get_redis_module().Redis.from_url(
            self.redis_url,
            socket_connect_timeout=ANSWER_SECONDS_MAX,
            socket_timeout=ANSWER_SECONDS_MAX,
        )
        while True:
            self._is_something_unsent.wait()
            self._is_something_unsent.clear()
            try:
                while self._unsent:
                    oldest = self._unsent[0]
                    connection.publish(self.channel, self.json.dumps(oldest))
                    self._speaks = True
                    # Unless newer ones have pushed it out meanwhile.
                    if self._unsent[0] is oldest:
                        self._unsent.popleft()
            except Exception as error:  # noqa: BLE001 - whatever a client library raises
                # What is said meanwhile pushes the oldest out.
                self._note_absence(error, was_there=self._speaks)
                self._speaks = False
                self._is_something_unsent.set()
                gevent.sleep(RETRY_SECONDS)

    def _redis_listen_with_retries(self) -> Iterator[Any]:
        """Called by the library; never ends."""
        while True:
            try:
                self._redis_connect()
                self.pubsub.subscribe(self.channel)
                if not self._hears:
                    logger.warning("the bus is back")
                self._hears = True
                yield from self.pubsub.listen()
            except Exception as error:  # noqa: BLE001 - whatever a client library raises
                self._note_absence(error, was_there=self._hears)
            self._hears = False
            gevent.sleep(RETRY_SECONDS)

    def _note_absence(self, error: Exception, *, was_there: bool) -> None:
        """Once for each time that it goes away."""
        if was_there:
            logger.warning("the bus is away: %s", type(error).__name__)


def client_manager(redis_url: str | None) -> Channels:
    """What Socket.IO keeps its clients in: shared where there is a bus."""
    return SharedChannels(redis_url) if redis_url else Channels()
