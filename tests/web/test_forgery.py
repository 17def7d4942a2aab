"""A form does nothing unless it stood on a page of ours."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from sqlalchemy import Engine, text

from potluck.settings import Settings
from tests.conftest import SignInAs
from tests.people import Browser
from tests.web.conftest import World
from tests.web.routes import FORMS, WEBHOOK

TABLES = text("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename")
AS_JSON = {"Accept": "application/json"}
ELSEWHERE = (
    "https://evil.example",
    "null",
    "http://localhost",
    "http://localhost:8001",
    "https://localhost:8000",
    "http://localhost:8000.evil.example",
    "",
)


@pytest.fixture
def ada(world: World, browser: Callable[[], Browser], sign_in_as: SignInAs) -> Browser:
    """Ada, who looks at a page of ours and so has a token."""
    own = browser()
    sign_in_as(own, "Ada")
    own.get("/")
    return own


def everything(owner: Engine) -> dict[str, list[str]]:
    """Every row of every table."""
    with owner.connect() as connection:
        return {
            table: sorted(connection.scalars(text(f'SELECT t::text FROM "{table}" t')))  # noqa: S608
            for table in connection.scalars(TABLES)
        }


@pytest.mark.parametrize("token", [{}, {"csrf_token": ""}, {"csrf_token": "made-up"}], ids=str)
@pytest.mark.parametrize("route", FORMS)
def test_a_form_without_its_token_does_nothing(
    ada: Browser, world: World, owner: Engine, route: str, token: dict[str, str]
) -> None:
    before = everything(owner)
    form = {"line": "Mine.", "pack": "taster"} | token
    answer = ada.post(world.path(route), data=form, headers=AS_JSON)
    assert (answer.status_code, answer.get_json()["error"]["code"]) == (400, "csrf")
    assert everything(owner) == before


def test_a_token_of_somebody_else_is_worth_nothing(
    passer_by: tuple[Browser, str], ada: Browser
) -> None:
    _, form_token = passer_by
    answer = ada.post("/sign-out", data={"csrf_token": form_token}, headers=AS_JSON)
    assert (answer.status_code, answer.get_json()["error"]["code"]) == (400, "csrf")


@pytest.mark.parametrize("route", FORMS)
def test_a_form_on_another_site_does_nothing_even_with_a_token(
    ada: Browser, world: World, owner: Engine, route: str
) -> None:
    before = everything(owner)
    ada.environ_base["HTTP_ORIGIN"] = "https://evil.example"
    answer = ada.submit(world.path(route), line="Mine.", pack="taster")
    assert answer.status_code == 400
    assert 'data-error-code="wrong_origin"' in answer.get_data(as_text=True)
    assert everything(owner) == before


@pytest.mark.parametrize("origin", ELSEWHERE)
def test_what_only_looks_like_this_site_is_another(ada: Browser, origin: str) -> None:
    ada.environ_base["HTTP_ORIGIN"] = origin
    assert ada.submit("/sign-out").status_code == 400


def test_a_form_of_ours_is_done(ada: Browser, settings: Settings) -> None:
    ada.environ_base["HTTP_ORIGIN"] = settings.origin
    assert ada.submit("/sign-out").status_code == 303


def test_a_script_of_ours_sends_the_token_in_a_header(
    world: World, passer_by: tuple[Browser, str]
) -> None:
    browser, form_token = passer_by
    answer = browser.post("/sign-out", headers={"X-CSRFToken": form_token})
    assert answer.status_code == 303


def test_stripe_is_asked_for_no_token(world: World, client: Browser) -> None:
    answer = client.post(world.path(WEBHOOK), data=json.dumps({}), content_type="application/json")
    assert answer.get_json()["error"]["code"] == "buying_unavailable"
