"""A text as one client has it, by the rules of docs/protocol.md; it complains of every breach."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Reader:
    """Deltas come numbered without a gap or a repeat, but while an answer is under way."""

    complain: Callable[[str], None]
    generation: int | None = None
    seq: int = 0
    text: str = ""
    _asked: tuple[int | None, int, str] | None = None
    _early: list[dict[str, Any]] = field(default_factory=list)

    def wish(self, code: str) -> dict[str, Any]:
        """What to enter the room with; the answer is added to what there is at this moment."""
        self._asked = self.generation, self.seq, self.text
        self._early = []
        wish: dict[str, Any] = {"code": code, "last_seq": self.seq}
        if self.generation is not None:
            wish["generation"] = self.generation
        return wish

    def catch_up(self, written: dict[str, Any] | None) -> None:
        """Takes what was missed, and then what came in the meantime."""
        assert self._asked
        generation, seq, text = self._asked
        self._asked = None
        if written:
            follows = (written["id"], written["from_seq"]) == (generation, seq)
            if written["from_seq"] and not follows:
                self.complain(f"was told what follows {written['from_seq']}, but has {seq}")
            if written["id"] == generation and written["seq"] < seq:
                self.complain(f"was told of {written['seq']} deltas, but has {seq}")
            self.text = (text if written["from_seq"] else "") + written["text"]
            self.generation, self.seq = written["id"], written["seq"]
        early, self._early = self._early, []
        for delta in early:
            if (delta["generation"], delta["seq"]) > (self.generation or 0, self.seq):
                self.hear(delta)

    def hear(self, delta: dict[str, Any]) -> bool:
        """Adds a delta; whether it did, rather than keep it until the answer is here."""
        if self._asked:
            self._early.append(delta)
            return False
        if self.generation is None or delta["generation"] > self.generation:
            self.generation, self.seq, self.text = delta["generation"], 0, ""
        if (delta["generation"], delta["seq"]) != (self.generation, self.seq + 1):
            self.complain(f"heard delta {delta['seq']} after {self.seq} of {self.generation}")
        self.seq = delta["seq"]
        self.text += delta["text"]
        return True
