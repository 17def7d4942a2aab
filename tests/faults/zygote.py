"""Imports the app once and forks it for every act: `python -m tests.faults.zygote FD…`.

Importing takes two seconds and forking ten milliseconds, and a fork that has connected to
nothing is as good as a process that was just started. Each file descriptor is a line to a
worker in the tests: it sends an act, this forks, and answers what the child said and how it
ended.
"""

from __future__ import annotations

from gevent import monkey

# As wsgi.py does it.
monkey.patch_all()

import gc  # noqa: E402
import json  # noqa: E402
import os  # noqa: E402
import sys  # noqa: E402
import traceback  # noqa: E402
from typing import Any, NoReturn  # noqa: E402

import psutil  # noqa: E402
from gevent.os import fork  # noqa: E402

from tests.faults import acts  # noqa: E402
from wsgi import app  # noqa: E402

# gevent's own leave it to a loop to watch a child and to close a file; here no loop runs.
waitpid = monkey.get_original("os", "waitpid")
close = monkey.get_original("os", "close")


def main() -> None:
    acts.warm_up(app)
    # Those of gevent do; they are none to the kernel.
    assert psutil.Process().num_threads() == 1, "a thread does not survive a fork"
    # A collection would touch, and so copy, every page of every child.
    gc.disable()
    gc.freeze()
    lines = [int(argument) for argument in sys.argv[1:]]
    workers = [_begin(line) for line in lines]
    for worker in workers:
        waitpid(worker, 0)


def _begin(line: int) -> int:
    pid: int = fork()
    if pid == 0:
        _work(line)
    return pid


def _work(line: int) -> NoReturn:
    """Until the other end hangs up."""
    with os.fdopen(line) as acts_to_do, os.fdopen(os.dup(line), "w") as answers:
        for act in acts_to_do:
            said, status = _in_a_child(json.loads(act))
            print(json.dumps({"said": said, "status": status}), file=answers, flush=True)
    os._exit(0)


def _in_a_child(act: dict[str, Any]) -> tuple[str, int]:
    """What the child said until it ended, and how it ended: -9 where it was killed."""
    reading, writing = os.pipe()
    pid = fork()
    if pid == 0:
        close(reading)
        _do(act, writing)
    close(writing)
    with os.fdopen(reading) as pipe:
        said = pipe.read()
    _, status = waitpid(pid, 0)
    return said, os.waitstatus_to_exitcode(status)


def _do(act: dict[str, Any], writing: int) -> NoReturn:
    status = 0
    try:
        said = json.dumps(acts.do(app, **act))
    except BaseException:  # noqa: BLE001 - nobody else will ever see it
        said, status = traceback.format_exc(), 1
    with os.fdopen(writing, "w") as pipe:
        pipe.write(said)
    os._exit(status)


if __name__ == "__main__":
    main()
