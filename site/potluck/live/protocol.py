"""What is said over a socket, both ways. `docs/protocol.md` tells the same to others.

A test compares the two: whatever is here is there, and the other way round.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, NamedTuple, TypedDict

from pydantic import BaseModel, ConfigDict, Field

CODE_CHARACTERS_MAX = 16
NUMBER_MAX = 2**53 - 1  # the largest that a client in JavaScript can hold


class ErrorCode(StrEnum):
    """Why something was not done. Codes are stable: clients act on them."""

    BAD_PAYLOAD = "bad_payload"
    UNKNOWN_EVENT = "unknown_event"
    TOO_MANY_REQUESTS = "too_many_requests"
    TOO_MANY_CONNECTIONS = "too_many_connections"
    SIGNED_OUT = "signed_out"
    SESSION_EXPIRED = "session_expired"
    BANNED = "banned"
    INSUFFICIENT_CREDITS = "insufficient_credits"
    ACCOUNT_FROZEN = "account_frozen"
    ALREADY_IN_ROOM = "already_in_room"
    NO_SUCH_ROOM = "no_such_room"
    ROOM_FULL = "room_full"
    NO_MODEL = "no_model"
    NO_PRICE = "no_price"
    PAUSED = "paused"
    INTERNAL_ERROR = "internal_error"


class Nothing(BaseModel):
    """Events that need no payload take none, or an empty one."""

    model_config = ConfigDict(extra="forbid", strict=True)


class EnterRoom(BaseModel):
    """`last_seq` is the number of the last delta of `generation` that the client has shown."""

    model_config = ConfigDict(extra="forbid", strict=True)

    code: Annotated[str, Field(min_length=1, max_length=CODE_CHARACTERS_MAX)]
    last_seq: Annotated[int, Field(ge=0, le=NUMBER_MAX)] = 0
    generation: Annotated[int | None, Field(ge=1, le=NUMBER_MAX)] = None


class ConnectionCount(TypedDict):
    connections: int
    people: int


class PoolCount(TypedDict):
    waiting: int


class Matched(TypedDict):
    code: str


class Credits(TypedDict):
    available: int
    held: int
    seq: int


class Seat(TypedDict):
    id: int
    name: str
    initials: str
    seat: int


class Presence(TypedDict):
    """Who sits in the room, who is its host, and the ids of those who look, watchers among them.

    The highest `seq` is the newest.
    """

    seq: int
    host: int | None
    members: list[Seat]
    here: list[int]


class RoomClosed(TypedDict):
    code: str


class RoundState(TypedDict):
    """The round as the page shows it. The highest `seq` is the newest."""

    seq: int
    number: int
    phase: str
    html: str


class Delta(TypedDict):
    """What a model wrote; `seq` begins at 1 with each generation and grows by one."""

    generation: int
    seq: int
    text: str


class TextSince(TypedDict):
    """The text of the deltas after `from_seq`, up to and including `seq`."""

    id: int
    from_seq: int
    seq: int
    text: str


class OpenLine(TypedDict):
    """A line as strangers see it."""

    initials: str
    hue: int
    text: str


class OpenRound(TypedDict):
    """A round of a room with open doors. `html` is the text as it stays, once it is done."""

    id: int
    piece: int
    phase: str
    title: str
    lines: list[OpenLine]
    text: str
    html: str | None
    cost_credits: int | None


class WatchedRound(TypedDict):
    round: OpenRound | None


class OpenText(TypedDict):
    """What was added to the round with this id; `piece` grows by one with each."""

    id: int
    piece: int
    text: str


class Notice(TypedDict):
    code: str
    message: str


class SessionEnded(TypedDict):
    reason: str


class ComeBack(TypedDict):
    seconds: float


class RoomHead(TypedDict):
    code: str
    host: int | None
    members: list[Seat]


class RoomState(TypedDict):
    """Everything that a client needs to draw the room, or to catch up. `seq` is that of `here`."""

    seq: int
    room: RoomHead
    here: list[int]
    round: RoundState | None
    generation: TextSince | None


class Done(TypedDict):
    """Nothing more to say than that it was done."""


class Event(NamedTuple):
    """What a client sends with an event, what it is answered, and what that costs its budget."""

    payload: type[BaseModel]
    answer: type
    cost: int = 1


EVENTS: dict[str, dict[str, Event]] = {
    "/": {
        "get_connection_count": Event(Nothing, ConnectionCount),
        "watch_open_round": Event(Nothing, WatchedRound, cost=2),
    },
    "/members": {
        "get_pool_count": Event(Nothing, PoolCount),
        "join_pool": Event(Nothing, PoolCount, cost=5),
        "leave_pool": Event(Nothing, PoolCount, cost=2),
        "enter_room": Event(EnterRoom, RoomState, cost=4),
        "leave_room": Event(Nothing, Done),
    },
}
PUSHES: dict[str, dict[str, type]] = {
    "/": {
        "connection_count": ConnectionCount,
        "come_back": ComeBack,
        "open_round": WatchedRound,
        "open_text": OpenText,
    },
    "/members": {
        "come_back": ComeBack,
        "credits": Credits,
        "pool_count": PoolCount,
        "matched": Matched,
        "presence": Presence,
        "room_closed": RoomClosed,
        "round": RoundState,
        "delta": Delta,
        "notice": Notice,
        "sessions": Done,
        "session_ended": SessionEnded,
    },
}
