"""One process that the supervisor started: its log, its end, and what a killed start left."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

LOG_TAIL_LINES = 20
LEFTOVER_GRACE_SECONDS = 3
LEFTOVER_BEAT_SECONDS = 0.02
PR_SET_PDEATHSIG = 1


@dataclass(kw_only=True)
class Child:
    """What to run, and once `start` was called, the process that runs it."""

    name: str
    command: Sequence[str]
    environ: Mapping[str, str]
    cwd: Path
    log: Path
    pid_file: Path
    user: str | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    process: subprocess.Popen[bytes] = field(init=False, repr=False)

    def start(self) -> None:
        """Starts it in a session of its own, so that Ctrl-C reaches the supervisor alone."""
        with self.log.open("wb") as log:
            # The parent-death signal belongs to the thread that forks: always the main one.
            self.process = subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=dict(self.environ),
                cwd=self.cwd,
                user=self.user,
                group=self.user,
                extra_groups=[] if self.user else None,
                start_new_session=True,
                # No thread holds a lock here: the supervisor has only this one.
                preexec_fn=_dying_with_parent(self.stop_signal),  # noqa: PLW1509
            )
        with suppress(psutil.NoSuchProcess):
            started = psutil.Process(self.process.pid).create_time()
            self.pid_file.write_text(f"{self.process.pid} {started} {self.stop_signal.value}")

    @property
    def is_running(self) -> bool:
        return self.process.poll() is None

    def stop(self) -> None:
        """Asks it to end; `is_running` tells when it has."""
        if self.is_running:
            self.process.send_signal(self.stop_signal)

    def kill(self) -> None:
        """Ends it at once, and whatever it started itself."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def tail(self) -> str:
        """The last lines that it wrote, indented."""
        lines = self.log.read_text(errors="replace").splitlines()[-LOG_TAIL_LINES:]
        return "\n".join(f"    {line}" for line in lines)


def end_leftovers(run: Path) -> None:
    """Ends the children of a supervisor that was killed before it could do so itself."""
    for pid_file in run.glob("*.pid"):
        with suppress(ValueError, psutil.NoSuchProcess):
            pid, started, stop_signal = pid_file.read_text().split()
            process = psutil.Process(int(pid))
            # A number is used again after a while; number and start time together are not.
            if process.create_time() == float(started):
                end_process(process, signal.Signals(int(stop_signal)))
        pid_file.unlink()


def end_process(process: psutil.Process, stop_signal: signal.Signals) -> None:
    """Ends a process that is nobody's child any more."""
    for number in (stop_signal, signal.SIGKILL):
        with suppress(psutil.NoSuchProcess):
            process.send_signal(number)
        deadline = time.monotonic() + LEFTOVER_GRACE_SECONDS
        while not has_ended(process):
            if time.monotonic() > deadline:
                break
            time.sleep(LEFTOVER_BEAT_SECONDS)


def has_ended(process: psutil.Process) -> bool:
    """A zombie has: in a container whose first process reaps nobody, it stays for good."""
    try:
        return bool(process.status() == psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return True


def _dying_with_parent(stop_signal: signal.Signals) -> Callable[[], None] | None:
    """Has the kernel end the child when the supervisor is killed; Linux alone can (prctl(2))."""
    if not sys.platform.startswith("linux"):
        return None
    libc = ctypes.CDLL(None)
    parent = os.getpid()

    def before_exec() -> None:
        libc.prctl(PR_SET_PDEATHSIG, stop_signal.value)
        if os.getppid() != parent:
            os._exit(1)

    return before_exec
