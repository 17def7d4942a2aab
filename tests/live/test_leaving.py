"""Who leaves is let go of without a look at anybody else, however many there are."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, cast

import pytest
import socketio

from potluck.live.channels import Channels

NAMESPACE = "/members"
SEATS = 4
FEW, MANY = 10, 10_000
ENTRIES_MAX = 100


class Watched(dict[Any, Any]):
    """Counts how many of its entries are looked at, by name or on a walk through all of them."""

    looks = 0

    def _looked(self, entries: int = 1) -> None:
        Watched.looks += entries

    def __getitem__(self, key: Any) -> Any:
        self._looked()
        return super().__getitem__(key)

    def __setitem__(self, key: Any, value: Any) -> None:
        self._looked()
        super().__setitem__(key, value)

    def __delitem__(self, key: Any) -> None:
        self._looked()
        super().__delitem__(key)

    def __contains__(self, key: object) -> bool:
        self._looked()
        return super().__contains__(key)

    def __iter__(self) -> Iterator[Any]:
        self._looked(len(self))
        return super().__iter__()

    def get(self, key: Any, default: Any = None) -> Any:
        self._looked()
        return super().get(key, default)

    def pop(self, key: Any, *default: Any) -> Any:
        self._looked()
        return super().pop(key, *default)

    def keys(self) -> Any:
        self._looked(len(self))
        return super().keys()

    def values(self) -> Any:
        self._looked(len(self))
        return super().values()

    def items(self) -> Any:
        self._looked(len(self))
        return super().items()

    def copy(self) -> dict[Any, Any]:
        self._looked(len(self))
        return super().copy()


def _leave(channels: Channels, sid: str) -> None:
    channels.pre_disconnect(sid, NAMESPACE)
    channels.disconnect(sid, NAMESPACE)


def _be_silenced(channels: Channels, sid: str) -> None:
    channels.leave_all(sid, NAMESPACE)


def _leave_the_pool(channels: Channels, sid: str) -> None:
    channels.leave_room(sid, NAMESPACE, "pool")


@pytest.mark.parametrize("go", [_leave, _be_silenced, _leave_the_pool])
def test_who_leaves_costs_the_same_among_few_and_among_many(
    go: Callable[[Channels, str], None],
) -> None:
    assert _looks(go, people=FEW) == _looks(go, people=MANY) < ENTRIES_MAX


def _looks(go: Callable[[Channels, str], None], *, people: int) -> int:
    """How many entries are looked at while one of so many goes."""
    channels = cast("Channels", socketio.Server(Channels(), async_mode="gevent").manager)
    sids = [_enter(channels, number) for number in range(people)]
    _watch(channels)
    Watched.looks = 0
    go(channels, sids[people // 2])
    looks = Watched.looks
    assert len(list(channels.get_participants(NAMESPACE, "pool"))) == people - 1
    return looks


def _enter(channels: Channels, number: int) -> str:
    sid: str = channels.connect(f"connection {number}", NAMESPACE)
    for channel in ("pool", f"user:{number}", f"room:{number // SEATS}"):
        channels.enter_room(sid, NAMESPACE, channel)
    return sid


def _watch(channels: Channels) -> None:
    """Puts everything that grows with the crowd under watch."""
    for channel in channels.rooms[NAMESPACE].values():
        channel._fwdm, channel._invm = Watched(channel._fwdm), Watched(channel._invm)
    channels.rooms = Watched({NAMESPACE: Watched(channels.rooms[NAMESPACE])})
    channels.eio_to_sid = Watched(channels.eio_to_sid)
    channels.callbacks = Watched(channels.callbacks)
    channels._channels_of = Watched(channels._channels_of)


def test_who_left_while_their_event_was_handled_comes_on_no_channel() -> None:
    channels = cast("Channels", socketio.Server(Channels(), async_mode="gevent").manager)
    stays, goes = (_enter(channels, number) for number in range(2))
    _leave(channels, goes)
    before = set(channels.rooms[NAMESPACE])
    channels.enter_room(goes, NAMESPACE, "room:7")
    assert set(channels.rooms[NAMESPACE]) == before
    assert channels.get_rooms(goes, NAMESPACE) == []
    _leave(channels, stays)
    channels.enter_room(goes, NAMESPACE, "room:7")
    assert not channels.rooms
