"""Socket.IO packets as this server speaks them: JSON alone, flat enough, nothing pending."""

from __future__ import annotations

import re
from typing import Any

from socketio import packet

DEPTH_MAX = 16

# Strings are skipped as a whole, so that brackets in them don't count.
BRACKET = re.compile(r'"(?:[^"\\]|\\.)*"|([\[{])|([\]}])', re.DOTALL)


class BadPacket(Exception):
    """Something that no client of this protocol sends."""


class JsonPacket(packet.Packet):
    """A packet without attachments.

    An attachment would be kept until its packet is complete, which may be never. We ask clients
    for no acknowledgements either, so none is taken.
    """

    uses_binary_events = False

    def decode(self, encoded_packet: str) -> int:
        """Called by the library for every message; raises `BadPacket`."""
        if encoded_packet[:1] not in TAKEN:
            raise BadPacket("no such packet here")
        if is_too_deep(encoded_packet):
            raise BadPacket("nested too deep")
        try:
            attachments: int = super().decode(encoded_packet)
        except ValueError as error:
            raise BadPacket("not JSON") from error
        if attachments or not TAKEN[encoded_packet[:1]](self.data):
            raise BadPacket("a packet of another shape")
        return 0


def is_too_deep(text: str) -> bool:
    """Whether JSON is nested so deep that reading it would be work without use."""
    if text.count("[") + text.count("{") <= DEPTH_MAX:
        return False
    depth = 0
    for found in BRACKET.finditer(text):
        depth += (found[1] is not None) - (found[2] is not None)
        if depth > DEPTH_MAX:
            return True
    return False


def _is_event(data: Any) -> bool:
    return isinstance(data, list) and bool(data) and isinstance(data[0], str)


TAKEN = {
    str(packet.CONNECT): lambda data: data is None or isinstance(data, dict),
    str(packet.DISCONNECT): lambda data: data is None,
    str(packet.EVENT): _is_event,
}
