"""The folder `var/`: whose it is at the moment, starting over, and secrets made once."""

from __future__ import annotations

import fcntl
import json
import secrets
import shutil
from pathlib import Path
from typing import BinaryIO, NamedTuple

from sandbox.supervisor import Failed


class Secrets(NamedTuple):
    """What the stand-ins and the app know of each other. The app refuses them in public."""

    client: str
    stripe_key: str
    stripe_webhook: str


class Installation:
    """`var/`, held by at most one supervisor at a time."""

    def __init__(self, var: Path) -> None:
        self.var = var
        self.log = var / "log"
        self.run = var / "run"
        # What the children were told, for commands and tests beside them. Holds secrets.
        self.environment = self.run / "environment"
        self._lock: BinaryIO

    def hold(self) -> None:
        """Takes the lock, which the kernel gives back however we end."""
        self.var.mkdir(mode=0o711, parents=True, exist_ok=True)
        self._lock = (self.var / "lock").open("ab")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Failed(
                f"Potluck already runs on {self.var}. Ctrl-C in its terminal ends it; "
                "a second one needs a PORT and a POTLUCK_VAR of its own."
            ) from None

    def empty(self) -> None:
        """Deletes everything but the lock that we hold."""
        for path in self.var.iterdir():
            if path.name != "lock":
                shutil.rmtree(path) if path.is_dir() else path.unlink()

    def make_folders(self) -> None:
        self.log.mkdir(mode=0o700, exist_ok=True)
        self.run.mkdir(mode=0o711, exist_ok=True)
        self.unpublish()

    def secrets(self) -> Secrets:
        """Made at the first start and kept, so that what they signed stays valid."""
        path = self.var / "sandbox.json"
        if not path.exists():
            made = Secrets(
                client=f"sandbox-{secrets.token_hex(16)}",
                stripe_key=f"sk_test_sandbox{secrets.token_hex(16)}",
                stripe_webhook=f"whsec_sandbox{secrets.token_hex(16)}",
            )
            _write_private(path, json.dumps(made._asdict()))
        return Secrets(**json.loads(path.read_text()))

    def publish(self, environ: dict[str, str]) -> None:
        """Says what the children were told, in the format of `.env`."""
        lines = (f"{name}='{value}'\n" for name, value in environ.items())
        _write_private(self.environment, "".join(lines))

    def unpublish(self) -> None:
        self.environment.unlink(missing_ok=True)


def _write_private(path: Path, text: str) -> None:
    """Whole or not at all, and for our eyes only."""
    unfinished = path.with_suffix(".unfinished")
    unfinished.touch(mode=0o600)
    unfinished.write_text(text)
    unfinished.replace(path)
