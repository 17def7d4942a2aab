"""Which clients are on which channel, and the walk through them when they are told something."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import gevent
from pydantic_core import to_json
from socketio import Manager

from potluck.live.frames import text_frame

SENDS_WITHOUT_A_BREAK = 200
# https://github.com/socketio/socket.io-protocol#packet-types: an event, in a message of Engine.IO.
EVENT = "42"


class Channels(Manager):
    """Knows each client's channels, so that leaving is no walk through everybody's."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._channels_of: dict[tuple[str, str], set[str | None]] = {}
        self._barred: set[tuple[str, str]] = set()
        # How often somebody has left a channel: a broadcast looks whether anybody has.
        self._departures = 0

    def basic_enter_room(
        self, sid: str, namespace: str, room: str | None, eio_sid: str | None = None
    ) -> None:
        """Called by the library for whoever joins a namespace (`None`) or a channel in it.

        Who left while their event was handled is put on no channel: the stock one looks for their
        connection, and leaves a channel behind that nobody is on.
        """
        has_left = room is not None and not self._is_on(sid, namespace, None)
        if has_left or (namespace, sid) in self._barred:
            return
        super().basic_enter_room(sid, namespace, room, eio_sid=eio_sid)
        self._channels_of.setdefault((namespace, sid), set()).add(room)

    def basic_leave_room(self, sid: str, namespace: str, room: str | None) -> None:
        """Called by the library for each channel that is left."""
        self._departures += 1
        super().basic_leave_room(sid, namespace, room)
        self._channels_of.get((namespace, sid), set()).discard(room)

    def basic_disconnect(self, sid: str, namespace: str, **_: Any) -> None:
        """Called by the library for who has left a namespace: the stock one walks all channels."""
        for room in list(self._channels_of.get((namespace, sid), ())):
            self.basic_leave_room(sid, namespace, room)
        self._channels_of.pop((namespace, sid), None)
        self._barred.discard((namespace, sid))
        self.callbacks.pop(sid, None)
        for pending in (self.pending_connect, self.pending_disconnect):
            if sid in pending.get(namespace, ()):
                pending[namespace].remove(sid)

    def get_rooms(self, sid: str, namespace: str) -> list[str]:
        """The channels that a client is on."""
        channels = self._channels_of.get((namespace, sid), ())
        return [channel for channel in channels if channel is not None]

    def leave_all(self, sid: str, namespace: str) -> None:
        """Takes a client off every channel, at once and for good.

        It can still be told something by its own id, such as why. An event of its that is being
        handled at this moment puts it on no channel again.
        """
        for channel in self.get_rooms(sid, namespace):
            if channel != sid:
                self.basic_leave_room(sid, namespace, channel)
        if (namespace, sid) in self._channels_of:
            self._barred.add((namespace, sid))

    def tell(
        self, event: str, payload: Mapping[str, object], *, namespace: str, channel: str | None
    ) -> None:
        """Says the same to everybody on a channel, or in a namespace, who is on this process.

        One frame, written straight to each: a room hears of a text twenty times a second, and the
        stock way takes three times as long.
        """
        address = "" if namespace == "/" else f"{namespace},"
        # In a third of the time that Python's own takes for something short.
        frame = text_frame(f"{EVENT}{address}{to_json([event, payload]).decode()}")
        connections = self.server.eio.sockets
        hearing = self.rooms.get(namespace, {}).get(channel, {})
        # A short walk is over before anybody can leave.
        is_short = len(hearing) <= SENDS_WITHOUT_A_BREAK
        walk = hearing.items() if is_short else self.get_participants(namespace, channel)
        for _, eio_sid in walk:
            connection = connections.get(eio_sid)
            if connection and not connection.closed:
                connection.write(frame)

    def tell_everywhere(
        self, event: str, payload: Mapping[str, object], *, namespace: str, channel: str | None
    ) -> None:
        """The same on every process: there is no other."""
        self.tell(event, payload, namespace=namespace, channel=channel)

    def is_in_a_namespace(self, eio_sid: str) -> bool:
        """Whether a connection is of any use to its client."""
        return any(self.sid_from_eio_sid(eio_sid, namespace) for namespace in self.rooms)

    def get_participants(self, namespace: str, room: str | None) -> Iterator[tuple[str, str]]:
        """Those on a channel, as `(sid, eio_sid)`; every broadcast walks through here.

        Others get their turn in between, and whoever has left meanwhile is passed over.
        """
        departures = self._departures
        everybody = list(self.rooms.get(namespace, {}).get(room, {}).items())
        for number, (sid, eio_sid) in enumerate(everybody, 1):
            if departures == self._departures or self._is_on(sid, namespace, room):
                yield sid, eio_sid
            if number % SENDS_WITHOUT_A_BREAK == 0:
                gevent.sleep(0)

    def _is_on(self, sid: str, namespace: str, room: str | None) -> bool:
        return room in self._channels_of.get((namespace, sid), ())
