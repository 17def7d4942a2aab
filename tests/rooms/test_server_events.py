"""Server-sent events, however a server writes them and the network tears them apart."""

from __future__ import annotations

import pytest

from potluck.rooms.provider import ModelFailed
from potluck.rooms.wire.events import EVENT_BYTES_MAX, ServerEvents

WRITTEN = (
    ': still here\n\ndata: {"a": "é"}\n\nevent: ping\n\n\nid: 7\ndata: {\ndata:}\n\n'
    "event: message\ndata: [DONE]\n\ndata: unfinished"
).encode()
MEANT = ['{"a": "é"}'.encode(), b"{\n}", b"[DONE]"]


@pytest.mark.parametrize("line_end", [b"\n", b"\r\n", b"\r"])
def test_events_are_the_same_wherever_they_are_torn(line_end: bytes) -> None:
    written = WRITTEN.replace(b"\n", line_end)
    for at in range(len(written)):
        events = ServerEvents()
        assert events.take(written[:at]) + events.take(written[at:]) == MEANT
    events = ServerEvents()
    assert [each for at in range(len(written)) for each in events.take(written[at : at + 1])] == (
        MEANT
    )


def test_an_event_without_an_end_is_given_up() -> None:
    events = ServerEvents()
    events.take(b"data: " + b"x" * (EVENT_BYTES_MAX - 6))
    with pytest.raises(ModelFailed):
        events.take(b"x")
