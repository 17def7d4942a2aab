"""What a process that dies leaves behind."""

from __future__ import annotations

import os
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.steps import assert_clean_audit
from tests.stack import running_stack
from tests.visitors import COOKIE, Visitor


@pytest.fixture
def var() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="potluck-") as folder:
        yield Path(folder) / "var"


@pytest.mark.fault("G2")
def test_a_server_killed_in_mid_stream_keeps_the_text_and_gives_everything_back(var: Path) -> None:
    with running_stack(var, SANDBOX_MODEL="scripted-slow") as stack:
        ada = Visitor(stack.url).sign_in("ada").buy()
        code = ada.submit("/rooms", page="/pool").url.rpartition("/")[2]
        socket = ada.connect("/members")
        socket.ask("enter_room", {"code": code})
        ada.submit(f"/rooms/{code}/contribution", page=f"/rooms/{code}", line="A frog.")
        # The row is written twice a second, so the tenth word at five a second is in it.
        heard = "".join(socket.hear("delta")["text"] for _ in range(10))
        assert ada.balance()["held"] > 0
        pid = (var / "run" / "app.pid").read_text().split()[0]
        os.kill(int(pid), signal.SIGKILL)
        assert stack.process.wait(timeout=15) == 1
        token = ada.token
        ada.leave()

    with running_stack(var, SANDBOX_MODEL="scripted-slow") as stack:
        ada = Visitor(stack.url)
        ada.http.cookies.set(COOKIE, token)
        socket = ada.connect("/members")
        state = socket.ask("enter_room", {"code": code})
        if state["round"]["phase"] == "generating":
            assert socket.hear("round")["phase"] == "failed"
        page = ada.get(f"/rooms/{code}").text
        assert "Nobody was charged" in page
        assert heard.split()[0] in page
        balance = ada.balance()
        assert (balance["posted"], balance["held"]) == (2000, 0)
        again = ada.submit(f"/rooms/{code}/retries", page=f"/rooms/{code}", round="1")
        assert "A frog." in again.text
        assert socket.hear("delta")["text"]
        ada.submit(f"/rooms/{code}/generation/stop", page=f"/rooms/{code}")
        assert_clean_audit(stack)
        ada.leave()
