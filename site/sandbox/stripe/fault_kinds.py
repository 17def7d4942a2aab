"""What can be ordered to go wrong, and what an order may say."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

MATCH_CHARACTERS_MAX = 200
COUNT_MAX = 1_000_000
SECONDS_MAX = 24 * 60 * 60
COPIES_MAX = 100
GATHER_MAX = 1_000

Subject = Literal["event", "request"]


@dataclass(frozen=True)
class Number:
    """A figure that one kind alone needs, under the name it has in an order."""

    name: str
    max: int
    default: int | None


@dataclass(frozen=True)
class Kind:
    name: str
    subject: Subject
    does: str
    # What is taken when the order does not say; null for a kind that takes no time.
    seconds: float | None = None
    number: Number | None = None


KINDS = {
    kind.name: kind
    for kind in (
        Kind(
            "duplicate",
            "event",
            "Deliver the event as many times more as there are copies, several at once.",
            number=Number("copies", max=COPIES_MAX, default=1),
        ),
        Kind("delay", "event", "Deliver the event after so many seconds.", seconds=10),
        Kind(
            "reorder",
            "event",
            "Hold events back until so many have gathered, or until they are released, and "
            "deliver them one by one, the newest first.",
            number=Number("gather", max=GATHER_MAX, default=None),
        ),
        Kind("drop", "event", "Never deliver the event. It stays in the list of events."),
        Kind("500_before", "request", "Answer 500 and do nothing."),
        Kind(
            "500_after",
            "request",
            "Do what was asked and answer 500, to a repetition with the same key as well.",
        ),
        Kind(
            "timeout_before",
            "request",
            "Do nothing, leave the client without an answer for so many seconds and hang up.",
            seconds=30,
        ),
        Kind(
            "timeout_after",
            "request",
            "Do what was asked, leave the client without an answer for so many seconds and hang "
            "up. A repetition with the same key hears the answer.",
            seconds=30,
        ),
        Kind("429", "request", "Answer that there were too many requests and do nothing."),
        Kind("slow", "request", "Do what was asked after so many seconds.", seconds=3),
    )
}


@dataclass(frozen=True)
class Order:
    kind: Kind
    match: str
    # How many events or requests it happens to; null until it is removed.
    count: int | None
    seconds: float | None
    number: int | None


class OrderRefused(Exception):
    """An order that makes no sense; its message is a sentence for whoever gave it."""


def read(sent: Mapping[str, Any]) -> Order:
    """The order in a form or in JSON, where empty is the same as left out."""
    given = {name: value for name, value in sent.items() if value not in ("", None)}
    kind = KINDS.get(str(given.pop("kind", "")))
    if kind is None:
        raise OrderRefused(f"A fault needs a kind, one of: {', '.join(KINDS)}.")
    match = str(given.pop("match", "*"))
    if len(match) > MATCH_CHARACTERS_MAX:
        raise OrderRefused(f"`match` can have {MATCH_CHARACTERS_MAX} characters.")
    count = _whole(given, "count", most=COUNT_MAX)
    seconds, number = kind.seconds, None
    if kind.seconds is not None:
        seconds = _figure(given, "seconds", least=0, most=SECONDS_MAX, default=kind.seconds)
    if kind.number is not None:
        number = _whole(given, kind.number.name, most=kind.number.max, default=kind.number.default)
    if given:
        raise OrderRefused(f"`{next(iter(given))}` means nothing to a fault of kind {kind.name}.")
    return Order(kind, match, count, seconds, number)


def _whole(
    given: dict[str, Any], name: str, *, most: int, default: int | None = None
) -> int | None:
    figure = _figure(given, name, least=1, most=most, default=default)
    if figure is None:
        return None
    if figure != int(figure):
        raise OrderRefused(f"`{name}` must be a whole number.")
    return int(figure)


def _figure(
    given: dict[str, Any], name: str, *, least: int, most: int, default: float | None
) -> float | None:
    if name not in given:
        return default
    value = given.pop(name)
    try:
        figure = float("nan" if isinstance(value, bool) else value)
    except (TypeError, ValueError):
        figure = float("nan")
    # What is no number is no more than `most` either.
    if not least <= figure <= most:
        raise OrderRefused(f"`{name}` must be a number from {least} to {most}.")
    return figure
