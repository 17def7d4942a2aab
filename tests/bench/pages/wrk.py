"""wrk, from the core that no server has: how many answers, how late, and what they took."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass

import psutil

CONNECTIONS = 32
WARM_UP_SECONDS = 1
# What the kernel counts in, and so the least that something can have taken.
CPU_CLOCK_SECONDS = 0.01
ANSWERED = re.compile(r"^\s*(\d+) requests in ([\d.]+)(ms|s|m),", re.MULTILINE)
P99 = re.compile(r"^\s*99%\s+([\d.]+)(us|ms|s)", re.MULTILINE)
FAILED = re.compile(r"Non-2xx or 3xx responses: (\d+)|Socket errors: (.+)")
SECONDS = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0}


# With another cookie each time beside the one that counts: nobody has asked for that before.
EACH_FOR_THE_FIRST_TIME = """
local cookie, times = wrk.headers["Cookie"], 0
request = function()
    times = times + 1
    wrk.headers["Cookie"] = cookie .. "; time=" .. times
    return wrk.format()
end
"""


@dataclass(frozen=True, slots=True)
class Read:
    """An address, who asks for it, and by which name of the server."""

    path: str
    cookie: str
    host: str | None = None
    is_first_time: bool = False


@dataclass(frozen=True, slots=True)
class Figures:
    """Of one address: requests by the clock and by the server's processor, and the slow ones."""

    per_second: float
    per_cpu_second: float
    p99_seconds: float


def require() -> None:
    """Ends the run with a sentence where wrk is missing."""
    if shutil.which("wrk") is None:
        sys.exit(
            "The pages are asked for by wrk, which keeps connections open and takes little of a "
            "processor, and there is none: apt install wrk (macOS: brew install wrk)"
        )


def measure(read: Read, *, port: int, pid: int, seconds: int) -> Figures:
    """What the server `pid` does when it is asked for this as often as it can answer."""
    _run(read, port=port, seconds=WARM_UP_SECONDS)
    before = _cpu_seconds(pid)
    said = _run(read, port=port, seconds=seconds)
    spent = max(_cpu_seconds(pid) - before, CPU_CLOCK_SECONDS)
    answered, slow = ANSWERED.search(said), P99.search(said)
    assert answered, said
    assert slow, said
    # On a machine that has no time at all, none may have come back.
    requests, took = max(int(answered[1]), 1), float(answered[2]) * SECONDS[answered[3]]
    return Figures(
        per_second=requests / took,
        per_cpu_second=requests / spent,
        p99_seconds=float(slow[1]) * SECONDS[slow[2]],
    )


def _run(read: Read, *, port: int, seconds: int) -> str:
    command = ["wrk", "--threads=1", f"--connections={CONNECTIONS}", f"--duration={seconds}s"]
    command += ["--latency", "--timeout=10s", "--header", f"Cookie: {read.cookie}"]
    if read.host:
        command += ["--header", f"Host: {read.host}"]
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        if read.is_first_time:
            script.write(EACH_FOR_THE_FIRST_TIME)
            script.flush()
            command += ["--script", script.name]
        command.append(f"http://127.0.0.1:{port}{read.path}")
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert not FAILED.search(done.stdout), done.stdout
    return done.stdout


def _cpu_seconds(pid: int) -> float:
    """Of the process and those that it has started."""
    process = psutil.Process(pid)
    times = [each.cpu_times() for each in (process, *process.children(recursive=True))]
    return sum(float(each.user + each.system) for each in times)
