"""What must be done to the database before the app serves, and whether it was done before."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Sequence
from pathlib import Path

# Credits for a million tokens. A round costs a handful, and a welcome gift lasts a while.
PRICE_INPUT_CREDITS = "1000"
PRICE_OUTPUT_CREDITS = "40000"


class Preparation:
    """The app's commands; each imports the whole app, so a second start leaves them out."""

    def __init__(self, root: Path, *, priced_models: Sequence[str], data: Path | None) -> None:
        """`data` is where our own server keeps its files; of another we can't know the past."""
        self._migrations = root / "migrations" / "versions"
        self._note = data / ".prepared" if data else None
        self.migrate = flask_command("migrate")
        self.price: Sequence[str] = ()
        if priced_models:
            self.price = flask_command(
                *("price", *priced_models),
                *("--input-credits", PRICE_INPUT_CREDITS, "--output-credits", PRICE_OUTPUT_CREDITS),
            )

    @property
    def is_done(self) -> bool:
        note = self._note
        return bool(note and note.exists() and note.read_text() == self._fingerprint())

    def remember(self) -> None:
        if self._note:
            self._note.write_text(self._fingerprint())

    def _fingerprint(self) -> str:
        digest = hashlib.sha256(" ".join(self.price).encode())
        for migration in sorted(self._migrations.glob("*.py")):
            digest.update(migration.read_bytes())
        return digest.hexdigest()


def flask_command(*arguments: str) -> list[str]:
    """A command of the app; Flask finds `wsgi.py` in the folder that it runs in."""
    return [sys.executable, "-m", "flask", *arguments]
