"""A process that stands still for a while, as one does whose machine has gone quiet."""

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def stopped(process: subprocess.Popen[bytes]) -> Iterator[None]:
    """Stops a child where it is, and lets it go on."""
    process.send_signal(signal.SIGSTOP)
    # A signal that is sent isn't there yet: one of its threads may answer until then.
    os.waitid(os.P_PID, process.pid, os.WSTOPPED)
    try:
        yield
    finally:
        process.send_signal(signal.SIGCONT)
