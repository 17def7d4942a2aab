"""What the speaker says: known beforehand to whoever listens."""

from __future__ import annotations

# One for each way in which a frame writes its length, and more than the network takes at once.
REPEATS = (1, 50, 5_000, 20_000)


def said(number: int) -> str:
    """The text of the nth event: its own number, over and over."""
    return f"{number} " * REPEATS[number % len(REPEATS)]
