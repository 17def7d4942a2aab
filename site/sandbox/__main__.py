"""Runs everything that Potluck needs on this machine: what `bin/dev` becomes once installed."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from sandbox import configuration, ports
from sandbox.children import end_leftovers
from sandbox.installation import Installation
from sandbox.startup import Startup
from sandbox.supervisor import Failed, Stopped, Supervisor
from sandbox.terminal import say

ROOT = Path(__file__).resolve().parents[2]


def main() -> None:
    parser = argparse.ArgumentParser(prog="bin/dev", description="Runs Potluck on this machine.")
    parser.add_argument(
        "--reset", action="store_true", help="forget everything in var/ and start over"
    )
    arguments = parser.parse_args()
    try:
        run(reset=arguments.reset)
    except Failed as failure:
        sys.exit(str(failure))
    except (Stopped, KeyboardInterrupt):
        say("Stopped.")


def run(*, reset: bool) -> None:
    """Starts, says so, and looks after the children until the end; raises why it ended."""
    began = time.monotonic()
    environ = configuration.read(ROOT)
    installation = Installation(Path(environ["POTLUCK_VAR"]).resolve())
    installation.hold()
    end_leftovers(installation.run)
    complaint = ports.complaint(ports.Address(environ["HOST"], environ["PORT"]))
    if complaint:
        raise Failed(complaint)
    if reset:
        say(f"Forgetting everything in {installation.var} …")
        installation.empty()
    installation.make_folders()
    try:
        with Supervisor() as supervisor:
            Startup(supervisor, installation, ROOT, environ).run(began)
            supervisor.watch()
    finally:
        installation.unpublish()


if __name__ == "__main__":
    main()
