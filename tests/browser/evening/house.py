"""The process that everybody of the evening is connected to; it is killed and started again."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import psycopg
import requests

from tests.stack import ROOT, STOP_SECONDS_MAX, Stack, unused_port, wait_until_answers

WITHIN_SECONDS = 60
WELCOME_CREDITS = 20_000
# Dear enough that a text's cost doesn't divide by four without a remainder every time.
PRICE = ("--input-credits", "20000", "--output-credits", "400000")
MODELS = ("scripted", "scripted-waiting", "scripted-hiccup", "painter")
WRITTEN = """
    SELECT g.id, r.number, g.state, g.text || g.tail, coalesce(g.cost_credits, 0), g.error_code
    FROM generations g JOIN rounds r ON r.id = g.round_id ORDER BY g.id DESC LIMIT 1
"""
LINES = """
    SELECT u.name FROM contributions c JOIN users u ON u.id = c.user_id
    JOIN rounds r ON r.id = c.round_id WHERE r.number = %s ORDER BY u.name
"""
CAPTURED = """
    SELECT u.name, h.captured FROM holds h JOIN accounts a ON a.id = h.account_id
    JOIN users u ON u.id = a.user_id WHERE h.generation_id = %s AND h.captured > 0
"""
BALANCES = """
    SELECT u.name, a.posted, a.held FROM accounts a JOIN users u ON u.id = a.user_id
"""


class Written(NamedTuple):
    """What the newest round came to, as its row keeps it."""

    generation: int
    number: int
    state: str
    text: str
    cost: int
    error: str | None


class Balance(NamedTuple):
    """A member's credits: all of them, and those that are set aside."""

    posted: int
    held: int

    @property
    def available(self) -> int:
        """What can be spent."""
        return self.posted - self.held


class House:
    """`python wsgi.py` on a port that stays the same, beside an installation with all the rest."""

    def __init__(self, stack: Stack) -> None:
        port = unused_port()
        self.url = f"http://localhost:{port}"
        self._stack = stack
        self._environ = {
            **os.environ,
            **stack.env,
            "POTLUCK_ROLE": "all",
            "PORT": str(port),
            "PUBLIC_URL": self.url,
            "WELCOME_CREDITS": str(WELCOME_CREDITS),
            # A text waits for whatever the evening does meanwhile.
            "OPENAI_STALL_SECONDS": "300",
        }

    def price(self) -> None:
        """Sets what everything costs this evening."""
        command = [sys.executable, "-m", "flask", "price", *MODELS, *PRICE]
        subprocess.run(command, cwd=ROOT, env=self._environ, check=True, capture_output=True)

    def open(self) -> None:
        """Returns once it answers."""
        log = Path(self._environ["POTLUCK_VAR"]) / "evening.log"
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                [sys.executable, "wsgi.py"],
                cwd=ROOT,
                env=self._environ,
                stdout=output,
                stderr=output,
            )
        wait_until_answers(self._process, f"{self.url}/readyz")

    def kill(self) -> None:
        """Ends it without a word, as `kill -9` does."""
        self._process.kill()
        self._process.wait(STOP_SECONDS_MAX)

    def close(self) -> None:
        """Ends it as an operator would, if it still runs."""
        if self._process.poll() is None:
            self._process.terminate()
            self._process.wait(STOP_SECONDS_MAX)

    def let_go_on(self) -> None:
        """The text that waits is written further, to its next pause or its end."""
        base = self._environ["OPENAI_BASE_URL"].removesuffix("/v1")
        requests.post(f"{base}/turns", json={}, timeout=WITHIN_SECONDS).raise_for_status()

    def written(self) -> Written:
        """The newest round that the model was asked for."""
        return Written(*self.sql(WRITTEN)[0])

    def lines(self, number: int) -> list[str]:
        """Whose are in this round."""
        return [name for (name,) in self.sql(LINES, number)]

    def captured(self, generation: int) -> dict[str, int]:
        """Who paid how much for it, by the ledger."""
        return dict(self.sql(CAPTURED, generation))

    def balances(self) -> Mapping[str, Balance]:
        """Everybody's credits, by the ledger."""
        return {name: Balance(posted, held) for name, posted, held in self.sql(BALANCES)}

    def sql(self, statement: str, *parameters: object) -> list[Any]:
        """Says something to the database; the rows that come of it."""
        with psycopg.connect(self._stack.env["DATABASE_URL"], autocommit=True) as connection:
            cursor = connection.execute(statement, parameters)
            return cursor.fetchall() if cursor.description else []


def until(is_so: Callable[[], bool], what: str | Callable[[], str]) -> None:
    """Returns once it is so, or says what isn't."""
    deadline = time.monotonic() + WITHIN_SECONDS
    while not is_so():
        assert time.monotonic() < deadline, what() if callable(what) else what
        time.sleep(0.05)
