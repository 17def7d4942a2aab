"""What this process has made at the moment: what there is so far, and a way to end it."""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from gevent.event import Event
from gevent.lock import BoundedSemaphore

from potluck.live import broadcasts
from potluck.live.protocol import Delta
from potluck.rooms import leases
from potluck.rooms.leases import Lease, LeaseLost, Written
from potluck.rooms.provider import ModelFailed
from potluck.rooms.settlement import Outcome

logger = logging.getLogger(__name__)

SAVE_EVERY_SECONDS = 0.5
# Looks are half of it apart, and one may come a little early: the next would be much too late.
EARLY_SECONDS = 0.05
TEXT_CHARACTERS_MAX = 100_000
# All of a text is saved when it has grown by this part since; until then what it has grown by.
TAIL_PART_MAX = 0.25
# Whoever is nearly due is saved along with others, so that soon all are saved together.
SAVE_ALONG_SECONDS = SAVE_EVERY_SECONDS / 2
# Who was away for no more than this, about a minute, gets what they missed and not the whole.
MISSED_DELTAS_MAX = 1_000
# To put so many texts together takes some milliseconds, in which no other is read.
SAVED_AT_ONCE_MAX = 100

# What this process is having made, and the turn to save all of it.
_making: set[Running] = set()
_saving = BoundedSemaphore()


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
        # So many characters are in the row's body.
        self._body_characters = 0
        self.is_lost = False
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

    def add(self, pieces: Sequence[str]) -> None:
        """Appends a beat's text, as far as there is room for it, and tells the room."""
        piece = "".join(pieces)[: TEXT_CHARACTERS_MAX - len(self.text)]
        if not piece or self.stop.is_set():
            return
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

    @contextmanager
    def making(self) -> Iterator[None]:
        """While this lasts it is saved along with the others of this process."""
        _making.add(self)
        try:
            yield
        finally:
            _making.discard(self)

    def save_in_time(self) -> None:
        """Writes the rows and renews the leases when it is time; hears of a stop there, too.

        Raises `LeaseLost`.
        """
        is_due = self._age_seconds() >= SAVE_EVERY_SECONDS - EARLY_SECONDS
        if is_due and _saving.acquire(blocking=False):
            try:
                _save([self, *(each for each in _making if each.is_nearly_due() and each != self)])
            finally:
                _saving.release()
        if self.is_lost:
            raise LeaseLost

    def unsaved(self) -> Written:
        """What the row lacks, and perhaps more.

        Where nobody says that all of it was saved it is all of it again: the part only grows.
        """
        tail = self.text[self._body_characters :]
        is_short = len(tail) <= TAIL_PART_MAX * len(self.text)
        return Written("", tail, self.seq) if is_short else Written(self.text, "", self.seq)

    def note_saved(self, written: Written) -> None:
        """The row has it."""
        if written.body:
            self._body_characters = len(written.body)

    def is_nearly_due(self) -> bool:
        """Whether it may be saved along with another."""
        return self._age_seconds() >= SAVE_ALONG_SECONDS

    def _age_seconds(self) -> float:
        return time.monotonic() - self.saved_at

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


def _save(due: Sequence[Running]) -> None:
    for first in range(0, len(due), SAVED_AT_ONCE_MAX):
        _save_at_once(due[first : first + SAVED_AT_ONCE_MAX])


def _save_at_once(due: Sequence[Running]) -> None:
    texts = {each.lease: each.unsaved() for each in due}
    for each in due:
        each.saved_at = time.monotonic()
    are_stopped = leases.save(texts)
    for each in due:
        each.note_saved(texts[each.lease])
        if each.lease not in are_stopped:
            each.is_lost = True
        elif are_stopped[each.lease]:
            each.stop.set()
