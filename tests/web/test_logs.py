"""What the log says of whom, and what it never says."""

from __future__ import annotations

import io
import json
import logging
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import gevent
import pytest

from potluck import logs
from potluck.logs import JsonLine, Sentence, Stderr, about
from tests.conftest import SignInAs
from tests.people import Browser
from tests.stack import ROOT
from tests.visitors import COOKIE

Lines = Callable[[], list[dict[str, Any]]]
logger = logging.getLogger("potluck.tests")


class Written(io.StringIO):
    """What is written, call by call."""

    def __init__(self) -> None:
        super().__init__()
        self.writes: list[str] = []

    def write(self, said: str) -> int:
        self.writes.append(said)
        return len(said)


@pytest.fixture
def stderr() -> Iterator[Written]:
    """That of a server."""
    written, handler = Written(), Stderr()
    handler.setStream(written)
    handler.setFormatter(JsonLine())
    handler.gather()
    logging.getLogger("potluck").addHandler(handler)
    yield written
    logging.getLogger("potluck").removeHandler(handler)


@pytest.fixture
def lines() -> Iterator[Lines]:
    """Reads what has been logged, as a program would."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLine())
    logging.getLogger("potluck").addHandler(handler)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    logging.getLogger("potluck").removeHandler(handler)


def test_a_members_request_is_logged_with_its_ids_and_without_the_token(
    client: Browser, sign_in_as: SignInAs, lines: Lines
) -> None:
    ada = sign_in_as(client, "Ada")
    answer = client.get("/credits?code=a-secret")
    (line,) = [line for line in lines() if "/credits" in line["message"]]
    assert line["request"] == answer.headers["X-Request-Id"]
    assert line["user"] == ada.id
    assert isinstance(line["session"], int)
    cookie = client.get_cookie(COOKIE)
    assert cookie
    assert cookie.value not in json.dumps(lines())
    assert "a-secret" not in json.dumps(lines())


def test_what_is_about_a_generation_says_so_and_only_as_long(lines: Lines) -> None:
    with about(generation=7, room=3):
        logger.info("within")
    logger.info("after")
    within, after = lines()
    assert (within["generation"], within["room"]) == (7, 3)
    assert "generation" not in after


def test_an_error_is_one_line_with_its_trace(lines: Lines) -> None:
    try:
        raise ValueError("a\nb")  # noqa: TRY301 - to have one
    except ValueError:
        logger.exception("two\nlines")
    (line,) = lines()
    assert line["message"] == "two\nlines"
    assert "ValueError" in line["trace"]


def test_people_read_a_sentence_with_the_same_ids() -> None:
    with about(generation=7):
        record = logging.LogRecord("potluck", logging.INFO, "", 1, "It is done", None, None)
        assert Sentence().format(record).endswith("INFO potluck [generation 7] It is done")


def test_a_server_writes_all_that_a_turn_of_its_loop_says_at_once(stderr: Written) -> None:
    logger.info("one")
    logger.info("two")
    assert stderr.writes == []
    gevent.sleep(0)
    assert [line.count("\n") for line in stderr.writes] == [2]


def test_a_warning_is_written_as_it_comes_behind_what_was_said_before(stderr: Written) -> None:
    logger.info("one")
    logger.warning("two")
    assert [json.loads(line)["message"] for line in "".join(stderr.writes).splitlines()] == [
        "one",
        "two",
    ]


def test_what_is_noted_of_a_request_is_the_line_that_a_logger_would_write(
    stderr: Written, monkeypatch: pytest.MonkeyPatch
) -> None:
    message, ids = 'GET /rooms/"\n 200 3 ms', {"request": "0123456789abcdef", "user": 7}
    with about(**ids):
        logger.info("%s", message)
    (handler,) = [
        each for each in logging.getLogger("potluck").handlers if isinstance(each, Stderr)
    ]
    monkeypatch.setattr("potluck.logs._gathering", handler)
    logs.note(logger, message, ids)
    gevent.sleep(0)
    by_logger, by_note = map(json.loads, "".join(stderr.writes).splitlines())
    assert by_note.pop("time")[:15] == by_logger.pop("time")[:15]
    assert by_note == by_logger
    assert by_note["message"] == message


def test_what_waits_is_written_when_the_process_ends() -> None:
    code = (
        "import logging; from potluck import logs; logs.configure(); logs.gather(); "
        "logging.getLogger('potluck').info('the last word')"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT / "site"
    )
    assert json.loads(done.stderr)["message"] == "the last word"
