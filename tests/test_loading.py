"""Commands, and the processes that serve pages alone, load what they need and no more."""

from __future__ import annotations

import subprocess
import sys

from tests.stack import ROOT

# Each takes a good part of the time that the whole app takes to load.
LATER = {"openai", "httpx2", "alembic", "authlib"}
SAY_WHAT_IS_LOADED = "import sys, potluck; print(*sys.modules)"


def test_what_is_long_in_loading_waits_until_somebody_needs_it() -> None:
    done = subprocess.run(
        [sys.executable, "-c", SAY_WHAT_IS_LOADED],
        cwd=ROOT / "site",
        check=True,
        capture_output=True,
        text=True,
    )
    loaded = set(done.stdout.split())
    assert "potluck.rooms.provider" in loaded
    assert loaded & LATER == set()
