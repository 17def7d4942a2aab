"""After a storm the server is right about everybody, by the log of those who were in it."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
from pathlib import Path

import pytest

from tests.stack import ROOT

SECONDS = "120"


@pytest.mark.fault("S8")
def test_a_thousand_clients_in_a_storm_leave_every_count_true(
    database_url: str, tmp_path: Path
) -> None:
    seed = os.environ.get("POTLUCK_STORM_SEED", str(secrets.randbelow(1_000_000)))
    command = [sys.executable, "-m", "tests.live.storm", database_url, str(tmp_path), SECONDS, seed]
    done = subprocess.run(command, cwd=ROOT, env=_environ(), check=False, capture_output=True)
    assert done.returncode == 0, (done.stdout + done.stderr).decode()


def _environ() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT / "site"), str(ROOT)])}
