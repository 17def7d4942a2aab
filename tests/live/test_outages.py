"""PostgreSQL goes away and comes back, and so does whoever serves the pages."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
import requests

from tests.live import population
from tests.live.postgres import Postgres, running_postgres
from tests.live.server import LiveServer
from tests.visitors import COOKIE, Socket, Visitor

# What it takes on a busy machine; that it isn't waited for is what this is about.
ANSWER_SECONDS_MAX = 2
# Each page was asked for so often before it is over, and every beat has failed.
ROUNDS_AWAY = 4
AWAY_SECONDS = 5
BACK_WITHIN_SECONDS = 10
REVOKED_WITHIN_SECONDS = 5
GIFT_CREDITS = 7
DATABASE, LISTENER = "the database", "the listener's connection to the database"


@pytest.fixture(scope="module")
def var() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="potluck-") as folder:
        yield Path(folder)


@pytest.fixture(scope="module")
def migrated(var: Path) -> Iterator[Postgres]:
    with running_postgres(var) as postgres:
        LiveServer(database_url=postgres.url, var=var).prepare()
        yield postgres


@pytest.fixture
def postgres(migrated: Postgres) -> Postgres:
    """A server of this file's own, with the tables in it."""
    if not migrated.is_running:
        # The test before was over sooner than it meant to be.
        migrated.start()
    return migrated


@pytest.fixture(scope="module")
def server(migrated: Postgres, var: Path) -> Iterator[LiveServer]:
    """A process that carries sockets, and serves pages as well."""
    yield from _running(LiveServer(database_url=migrated.url, var=var, role="live"))


@pytest.fixture
def web(postgres: Postgres, var: Path) -> Iterator[LiveServer]:
    """One that serves pages alone."""
    yield from _running(LiveServer(database_url=postgres.url, var=var, role="web"))


def _running(server: LiveServer) -> Iterator[LiveServer]:
    server.start()
    yield server
    server.kill()


@pytest.fixture
def sign_in(postgres: Postgres, server: LiveServer) -> Iterator[Callable[[], Person]]:
    """Opens a browser with a new member's session."""
    with ExitStack() as opened:

        def sign_in_one() -> Person:
            person = Person(postgres, server.origin)
            opened.callback(person.leave)
            return person

        yield sign_in_one


class Person(Visitor):
    """A member with credits, and what of theirs is in the database."""

    def __init__(self, postgres: Postgres, url: str) -> None:
        super().__init__(url)
        self._postgres = postgres
        with self._psql() as connection:
            (self.user_id,) = population.make_members(connection, people=1)
            (token,) = population.sign_in(connection, [self.user_id])
        self.http.cookies.set(COOKIE, token)

    def lose_session(self) -> None:
        """Somebody deletes its row by hand."""
        with self._psql() as connection:
            population.end_session(connection, self.token)

    @contextmanager
    def _psql(self) -> Iterator[psycopg.Connection]:
        with psycopg.connect(self._postgres.url, autocommit=True) as connection:
            yield connection


@pytest.mark.fault("S10")
def test_while_postgresql_is_away_pages_say_so_and_afterwards_nothing_is_missing(
    postgres: Postgres, server: LiveServer, sign_in: Callable[[], Person]
) -> None:
    ada, ben = sign_in(), sign_in()
    at_ada, at_ben = (person.connect("/", "/members") for person in (ada, ben))
    _hear_count(at_ada, 2)
    before = ada.balance()
    postgres.crash()
    for _ in range(ROUNDS_AWAY):
        _see_that_it_is_away(ada, at_ada)
    assert ada.refusal("/members")["code"] == "internal_error"
    postgres.start()
    _wait_until_ready(server)
    assert ada.get("/credits").status_code == 200
    assert ada.balance() == before
    # On the same sockets as before.
    assert at_ada.ask("get_pool_count") == {"ok": True, "waiting": 0}
    assert at_ada.ended.empty()
    assert at_ben.ended.empty()
    _see_that_everything_is_back(server, ada, at_ada, ben, at_ben)
    code, said = server.flask("audit")
    assert code == 0, said


@pytest.mark.fault("S10")
def test_the_log_says_once_that_postgresql_is_away_and_once_that_it_is_back(
    postgres: Postgres, server: LiveServer, sign_in: Callable[[], Person]
) -> None:
    ada = sign_in()
    socket = ada.connect("/", "/members")
    ada.get("/credits")
    log_before = server.log
    postgres.crash()

    def said() -> list[dict[str, str]]:
        lines = map(json.loads, server.log.removeprefix(log_before).splitlines())
        return [line for line in lines if line["level"] != "INFO"]

    deadline = time.monotonic() + AWAY_SECONDS
    while time.monotonic() < deadline:
        _see_that_it_is_away(ada, socket)
        time.sleep(0.2)
    postgres.start()
    _wait_until_ready(server)
    _wait(lambda: ada.get("/pool").ok and len(said()) >= 4, seconds=BACK_WITHIN_SECONDS)
    assert [line["trace"] for line in said() if "trace" in line] == []
    for name in (DATABASE, LISTENER):
        begun, over = [line["message"] for line in said() if line["message"].startswith(name)]
        assert begun.startswith(f"{name} fails: ")
        seconds = float(over.removeprefix(f"{name} works again after ").removesuffix(" s"))
        assert AWAY_SECONDS - 1 <= seconds < AWAY_SECONDS + BACK_WITHIN_SECONDS
    assert len(said()) == 4


def test_sockets_live_on_while_no_process_serves_pages(
    web: LiveServer, sign_in: Callable[[], Person]
) -> None:
    ada, ben = sign_in(), sign_in()
    at_ada = ada.connect("/", "/members")
    assert at_ada.ask("get_pool_count") == {"ok": True, "waiting": 0}
    web.kill()
    with pytest.raises(requests.ConnectionError):
        requests.get(web.origin, timeout=5)
    at_ben = ben.connect("/", "/members")
    _hear_count(at_ada, 2)
    assert at_ben.ask("join_pool") == {"ok": True, "waiting": 1}
    assert at_ada.hear("pool_count") == {"waiting": 1}
    assert at_ben.ask("leave_pool") == {"ok": True, "waiting": 0}
    web.start()
    at_web = Visitor(web.origin)
    at_web.http.cookies.set(COOKIE, ada.token)
    assert at_web.get("/credits").status_code == 200
    assert at_web.submit("/sign-out", page="/credits").status_code == 200
    at_web.leave()
    assert at_ada.hear("session_ended") == {"reason": "signed_out"}
    at_ada.ended.get(timeout=REVOKED_WITHIN_SECONDS)
    _hear_count(at_ben, 1)


def _see_that_it_is_away(person: Person, socket: Socket) -> None:
    """Pages say so in words, the process lives, and its sockets get what needs no database."""
    for path in ("/", "/credits", "/pool"):
        page = _quickly(person, path, status=503)
        assert 'data-error-code="database_unavailable"' in page.text
        assert "Try again in a moment." in page.text
    assert _quickly(person, "/readyz", status=503).json()["database"] == "unreachable"
    assert _quickly(person, "/healthz", status=200).json() == {"ok": True}
    assert socket.ask("get_connection_count", namespace="/")["ok"]
    assert socket.ask("get_pool_count")["error"]["code"] == "internal_error"


def _see_that_everything_is_back(
    server: LiveServer, ada: Person, at_ada: Socket, ben: Person, at_ben: Socket
) -> None:
    _see_a_gift_arrive(server, ada, at_ada)
    newcomer = ada.connect("/")
    _hear_count(at_ada, 3)
    newcomer.close()
    ben.lose_session()
    assert at_ben.hear("session_ended") == {"reason": "signed_out"}
    at_ben.ended.get(timeout=REVOKED_WITHIN_SECONDS)
    _hear_count(at_ada, 1)


def _see_a_gift_arrive(server: LiveServer, person: Person, socket: Socket) -> None:
    before = person.balance()["available"]
    key = f"gift:{time.monotonic_ns()}"
    code, said = server.flask("grant", str(person.user_id), str(GIFT_CREDITS), "--key", key)
    assert code == 0, said
    assert socket.hear("credits")["available"] == before + GIFT_CREDITS


def _quickly(person: Person, path: str, *, status: int) -> requests.Response:
    began = time.monotonic()
    answer = person.get(path)
    assert answer.status_code == status, path
    assert time.monotonic() - began < ANSWER_SECONDS_MAX, path
    return answer


def _hear_count(socket: Socket, connections: int) -> None:
    deadline = time.monotonic() + BACK_WITHIN_SECONDS
    while socket.hear("connection_count")["connections"] != connections:
        assert time.monotonic() < deadline


def _wait_until_ready(server: LiveServer) -> None:
    def is_ready() -> bool:
        return requests.get(f"{server.origin}/readyz", timeout=5).ok

    _wait(is_ready, seconds=BACK_WITHIN_SECONDS)


def _wait(is_so: Callable[[], Any], *, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.05)
