"""The badge and the balance come in front of the app, and are what the app would say."""

from __future__ import annotations

from typing import cast

import pytest
from flask import Flask
from pydantic import SecretStr
from sqlalchemy import Engine, text

from potluck.accounts import sessions
from potluck.credits.hot_reads import HotReads
from potluck.database import db
from potluck.settings import Settings
from sandbox.ports import free_port
from tests.conftest import SignInAs
from tests.credits import histories
from tests.people import Browser
from tests.web.installation import installed
from tests.web.statements import statements

PATHS = ("/credits/badge", "/credits/balance")
REQUEST_ID = "0123456789abcdef"
END = text("SELECT pg_terminate_backend(:pid)")


@pytest.fixture
def door(app: Flask) -> HotReads:
    """What every request meets first."""
    door = app.wsgi_app
    assert isinstance(door, HotReads)
    return door


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("credits", [0, 1, 99, 100, 101, 1_234_567])
def test_they_are_what_the_app_says_to_the_letter(
    app: Flask,
    door: HotReads,
    client: Browser,
    sign_in_as: SignInAs,
    *,
    path: str,
    language: str,
    credits: int,
) -> None:
    sign_in_as(client, "Ada", credits=credits)
    client.set_cookie("language", language)
    headers = {"X-Request-Id": REQUEST_ID}
    ours = client.get(path, headers=headers)
    app.wsgi_app = door._behind  # type: ignore[assignment,method-assign]
    theirs = client.get(path, headers=headers)
    app.wsgi_app = door  # type: ignore[method-assign]
    assert ours.data == theirs.data
    assert sorted(ours.headers) == sorted(theirs.headers)


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize(("credits", "held"), [(1, 1), (2, 1), (200, 100), (3_001, 2_001)])
def test_what_is_held_is_in_the_badge_to_the_letter(
    app: Flask,
    door: HotReads,
    client: Browser,
    sign_in_as: SignInAs,
    *,
    language: str,
    credits: int,
    held: int,
) -> None:
    user = sign_in_as(client, "Ada", credits=credits)
    histories.held_generation({user.id: held})
    db.session.commit()
    client.set_cookie("language", language)
    ours = client.get("/credits/badge").text
    app.wsgi_app = door._behind  # type: ignore[assignment,method-assign]
    theirs = client.get("/credits/badge").text
    app.wsgi_app = door  # type: ignore[method-assign]
    assert ours == theirs
    assert f"{held:,}" in (ours if language == "en" else ours.replace(".", ","))


@pytest.mark.parametrize("path", PATHS)
def test_one_question_answers_a_member_and_none_a_stranger(
    client: Browser, sign_in_as: SignInAs, path: str
) -> None:
    with statements() as asked:
        client.get(path)
    assert asked == []
    sign_in_as(client, "Ada")
    with statements() as asked:
        client.get(path)
    assert len(asked) == 1, asked


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE users SET banned_at = now()",
        "UPDATE sessions SET expires_at = now()",
        "UPDATE sessions SET user_id = NULL",
        "DELETE FROM sessions",
    ],
)
def test_who_is_let_in_no_more_gets_nothing(
    client: Browser, sign_in_as: SignInAs, owner: Engine, change: str
) -> None:
    sign_in_as(client, "Ada", credits=5)
    assert client.get("/credits/balance").status_code == 200
    with owner.begin() as connection:
        connection.execute(text(change))
    assert client.get("/credits/balance").status_code == 401
    assert client.get("/credits/badge").data.strip() == b""


def test_a_connection_that_broke_is_replaced(
    client: Browser, sign_in_as: SignInAs, owner: Engine
) -> None:
    sign_in_as(client, "Ada", credits=5)
    # Whatever a crowd before this one has left open.
    db.engine.dispose()
    assert client.get("/credits/balance").get_json()["posted"] == 5
    broken = [each.info.backend_pid for each in db.quick._connections]
    assert broken
    with owner.connect() as connection:
        for pid in broken:
            connection.execute(END, {"pid": pid})
    for _ in range(3):
        assert client.get("/credits/balance").get_json()["posted"] == 5
    kept = [each.info.backend_pid for each in db.quick._connections]
    assert kept
    assert not set(kept) & set(broken)


@pytest.mark.parametrize("path", PATHS)
def test_without_a_database_they_are_as_sorry_as_every_page(
    app: Flask, settings: Settings, path: str
) -> None:
    url = f"postgresql://somebody:s3cret@127.0.0.1:{free_port('127.0.0.1', 0)}/potluck"
    with installed(settings.model_copy(update={"database_url": SecretStr(url)})) as gone:
        browser = cast("Browser", gone.test_client())
        browser.set_cookie(sessions.cookie_name(settings), "x" * 43)
        for _ in range(2):
            answer = browser.get(path, headers={"Accept": "application/json"})
            assert answer.status_code == 503
            assert answer.get_json()["error"]["code"] == "database_unavailable"


@pytest.mark.parametrize("path", PATHS)
def test_by_the_other_name_of_this_machine_they_lead_to_ours(
    client: Browser, sign_in_as: SignInAs, path: str
) -> None:
    sign_in_as(client, "Ada")
    answer = client.get(path, base_url="http://127.0.0.1:8000")
    assert (answer.status_code, answer.location) == (307, f"http://localhost:8000{path}")


@pytest.mark.parametrize("path", PATHS)
def test_they_are_read_and_nothing_else(client: Browser, sign_in_as: SignInAs, path: str) -> None:
    sign_in_as(client, "Ada")
    assert client.post(path).status_code in {400, 405}
    assert client.head(path).data == b""
