"""Starts one stand-in as a process of its own, on a free port."""

from __future__ import annotations

import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sandbox.ports import free_port

SITE = Path(__file__).resolve().parents[2] / "site"
START_SECONDS_MAX = 30


@contextmanager
def stand_in(module: str, *, ready_path: str) -> Iterator[str]:
    """Yields the address of `python -m MODULE --port …` once `ready_path` answers there."""
    port = free_port("127.0.0.1", 0)
    url = f"http://127.0.0.1:{port}"
    process = subprocess.Popen(
        [sys.executable, "-m", module, "--port", str(port)],
        cwd=SITE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        deadline = time.monotonic() + START_SECONDS_MAX
        while not _answers(url + ready_path):
            assert process.poll() is None, f"{module} gave up"
            assert time.monotonic() < deadline, f"{module} is not ready"
            time.sleep(0.02)
        yield url
    finally:
        process.terminate()
        process.wait(5)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=1):  # noqa: S310 - our own address
            return True
    except OSError:
        return False
