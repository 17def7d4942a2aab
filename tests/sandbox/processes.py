"""Starts one stand-in as a process of its own, on a free port."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sandbox.ports import free_port
from tests.stack import wait_until_answers

SITE = Path(__file__).resolve().parents[2] / "site"


@contextmanager
def stand_in(module: str, *arguments: str, ready_path: str, folder: Path = SITE) -> Iterator[str]:
    """Yields the address of `python -m MODULE --port …` once `ready_path` answers there.

    `folder` is where the module's package is.
    """
    port = free_port("127.0.0.1", 0)
    url = f"http://127.0.0.1:{port}"
    process = subprocess.Popen(
        [sys.executable, "-m", module, "--port", str(port), *arguments],
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_until_answers(process, url + ready_path)
        yield url
    finally:
        process.terminate()
        process.wait(5)
