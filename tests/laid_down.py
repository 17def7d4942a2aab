"""A database that is migrated and has its prices, made once and copied for every installation.

`bin/dev` makes the same by itself, which takes it six seconds of a processor each time.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

from sandbox import postgres, preparation
from sandbox.preparation import Preparation
from tests.live.postgres import Postgres

ROOT = Path(__file__).resolve().parents[1]
KEPT = ROOT / "var" / "tests" / "databases"
PICTURES = "painter"
# Beside a database that is a copy.
MARK = "laid-down"
# Whatever a database that is kept was made by.
MADE_BY = (Path(postgres.__file__), Path(preparation.__file__), Path(__file__))


def lay_down(var: Path, *, models: str, environ: Mapping[str, str]) -> None:
    """Copies one into `var`, with a price for each of the models that are set apart by commas."""
    KEPT.mkdir(parents=True, exist_ok=True)
    names = [*models.split(","), PICTURES]
    with (KEPT / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        kept = KEPT / _fingerprint(names)
        if not kept.exists():
            _forget_old()
            _make(kept, names, environ)
    var.mkdir(mode=0o711, parents=True, exist_ok=True)
    _copy(kept, var / "postgres")
    (var / MARK).touch()


def _fingerprint(names: list[str]) -> str:
    """The models, and all that a database is made of."""
    made_by = hashlib.sha256()
    for path in (*MADE_BY, *sorted((ROOT / "migrations" / "versions").glob("*.py"))):
        made_by.update(path.read_bytes())
    of_names = hashlib.sha256(" ".join(names).encode()).hexdigest()
    return f"{made_by.hexdigest()[:16]}-{of_names[:16]}"


def _forget_old() -> None:
    """Those of other migrations are of no use any more."""
    current = _fingerprint([]).partition("-")[0]
    for path in KEPT.iterdir():
        if path.is_dir() and not path.name.startswith(current):
            shutil.rmtree(path)


def _make(kept: Path, names: list[str], environ: Mapping[str, str]) -> None:
    with tempfile.TemporaryDirectory(prefix="potluck-") as folder:
        var = Path(folder)
        server = Postgres(var)
        server.make()
        data = var / "postgres"
        steps = Preparation(ROOT, priced_models=names, data=data)
        server.start()
        told = {"DATABASE_URL": server.url, "POTLUCK_VAR": folder}
        for command in (steps.migrate, steps.price):
            subprocess.run(
                command,
                cwd=ROOT,
                env={**os.environ, **environ, **told},
                capture_output=True,
                check=True,
            )
        server.stop()
        steps.remember()
        unfinished = kept.with_suffix(".unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        _copy(data, unfinished)
        unfinished.rename(kept)


def _copy(source: Path, target: Path) -> None:
    """With its owner: PostgreSQL serves no other's data."""
    subprocess.run(["cp", "-a", str(source), str(target)], check=True)
