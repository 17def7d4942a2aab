"""What this process has made at the moment: what there is so far, and a way to end it."""

from __future__ import annotations

import logging
import time
from collections import deque

from gevent.event import Event

from potluck.live import broadcasts
from potluck.live.protocol import Delta
from potluck.rooms import leases
from potluck.rooms.leases import Lease
from potluck.rooms.provider import ModelFailed
from potluck.rooms.settlement import Outcome

logger = logging.getLogger(__name__)

SAVE_EVERY_SECONDS = 0.5
TEXT_CHARACTERS_MAX = 100_000
# Who was away for no more than this, about a minute, gets what they missed and not the whole.
MISSED_DELTAS_MAX = 1_000


class Running:
    """A generation on this process: its text so far, and a way to end it."""

    def __init__(self, lease: Lease, *, room_id: int) -> None:
        self.lease = lease
        self.room_id = room_id
        self.text = ""
        self.seq = 0
        self.stop = Event()
        self.interrupted = False
        self.saved_at = time.monotonic()
        self._has_noted_request = False
        # Where the text stood before each of the last deltas.
        self._starts: deque[int] = deque(maxlen=MISSED_DELTAS_MAX)

    def goes_on(self) -> bool:
        """Whether anybody wants more of it."""
        return not self.stop.is_set() and len(self.text) < TEXT_CHARACTERS_MAX

    def note_request(self, request_id: str | None) -> None:
        """Keeps the provider's own id of the call, as soon as it is known."""
        if request_id and not self._has_noted_request:
            leases.note_request(self.lease, request_id)
            self._has_noted_request = True

    def add(self, piece: str) -> None:
        """Appends a beat's text, as far as there is room for it, and tells the room."""
        piece = piece[: TEXT_CHARACTERS_MAX - len(self.text)]
        self._starts.append(len(self.text))
        self.text += piece
        self.seq += 1
        payload: Delta = {"generation": self.lease.generation_id, "seq": self.seq, "text": piece}
        broadcasts.delta(payload, room_id=self.room_id)

    def text_after(self, seq: int) -> str | None:
        """What came after this delta; None where that is forgotten, or still to come."""
        missed = self.seq - seq
        if missed == 0:
            return ""
        return self.text[self._starts[-missed] :] if 0 < missed <= len(self._starts) else None

    def save_in_time(self) -> None:
        """Writes the row and renews the lease when it is time; hears of a stop there, too."""
        if time.monotonic() - self.saved_at < SAVE_EVERY_SECONDS:
            return
        if leases.save(self.lease, text_so_far=self.text, seq=self.seq):
            self.stop.set()
        self.saved_at = time.monotonic()

    def failed(self, failure: ModelFailed) -> Outcome:
        """Nobody pays for it; what there is stays."""
        logger.warning(
            "generation %s failed: %s %s", self.lease.generation_id, failure.code, failure.detail
        )
        return Outcome(
            state="failed",
            text=self.text,
            seq=self.seq,
            error_code=failure.code,
            error_detail=failure.detail,
        )
