"""Every answer carries its locks, and every failure is said in words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

import pytest
from flask import Flask
from pydantic import SecretStr

from potluck.accounts import sessions
from potluck.settings import Settings
from sandbox.ports import free_port
from tests.conftest import SignInAs
from tests.people import Browser
from tests.web.installation import installed

MARKUP = "<script>alert(1)</script>"
AS_JSON = {"Accept": "application/json"}
AS_FRAGMENT = {"HX-Request": "true"}
REQUEST_ID = "0123456789abcdef"


def policy(browser: Browser, path: str = "/") -> dict[str, str]:
    """The Content-Security-Policy by directive."""
    header = browser.get(path).headers["Content-Security-Policy"]
    directives = (directive.strip().partition(" ") for directive in header.split(";"))
    return {name: sources for name, _, sources in directives}


@pytest.fixture
def away(app: Flask, settings: Settings) -> Iterator[Browser]:
    """Somebody who was signed in, at an installation whose database is gone."""
    url = f"postgresql://somebody:s3cret@127.0.0.1:{free_port('127.0.0.1', 0)}/potluck"
    with installed(settings.model_copy(update={"database_url": SecretStr(url)})) as gone:
        browser = cast("Browser", gone.test_client())
        browser.set_cookie(sessions.cookie_name(settings), "x" * 43)
        yield browser


@pytest.fixture
def public(app: Flask, settings: Settings) -> Iterator[Browser]:
    """Somebody at an installation that is reached over TLS and sells at the real Stripe."""
    given = settings.model_copy(update={"public_url": "https://potluck.example"})
    with installed(given) as reached_over_tls:
        yield cast("Browser", reached_over_tls.test_client())


def test_no_script_runs_but_ours(client: Browser) -> None:
    told = policy(client)
    assert "unsafe" not in str(told)
    assert "*" not in str(told)
    assert told["default-src"] == "'none'"
    assert told["script-src"] == "'self'"
    assert told["base-uri"] == told["frame-ancestors"] == "'none'"


@pytest.mark.parametrize("path", ["/", "/nowhere", "/healthz"])
def test_forms_lead_to_us_and_to_stripe_alone(client: Browser, path: str) -> None:
    assert policy(client, path)["form-action"] == "'self' https://checkout.stripe.com"


def test_forms_lead_to_the_stand_in_where_there_is_one(client: Browser, app: Flask) -> None:
    before = app.extensions["settings"]
    api_url = {"stripe_api_url": "http://127.0.0.1:8002/"}
    app.extensions["settings"] = before.model_copy(update=api_url)
    told = policy(client)
    app.extensions["settings"] = before
    assert told["form-action"] == "'self' http://127.0.0.1:8002"


def test_sockets_open_to_this_site_alone(client: Browser, settings: Settings) -> None:
    assert policy(client)["connect-src"] == f"'self' {settings.origin.replace('http', 'ws')}"


@pytest.mark.parametrize("path", ["/", "/nowhere", "/healthz"])
def test_every_answer_has_its_locks(client: Browser, path: str) -> None:
    with client.get(path) as answer:
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "same-origin"
        assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert "Content-Security-Policy" in answer.headers
        assert "Strict-Transport-Security" not in answer.headers, "this is plain HTTP"


def test_over_tls_browsers_are_told_to_stay_there(public: Browser) -> None:
    headers = public.get("/healthz").headers
    assert headers["Strict-Transport-Security"].startswith("max-age=31536000")
    assert "connect-src 'self' wss://potluck.example;" in headers["Content-Security-Policy"]


def test_nobody_keeps_a_copy_of_a_members_page(client: Browser, sign_in_as: SignInAs) -> None:
    sign_in_as(client, "Ada")
    answer = client.get("/")
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Cookie" in answer.headers["Vary"]


@pytest.mark.parametrize("given", [REQUEST_ID, "a-proxy_made-this", "x" * 64])
def test_a_request_id_from_the_proxy_is_kept(client: Browser, given: str) -> None:
    assert client.get("/", headers={"X-Request-Id": given}).headers["X-Request-Id"] == given


@pytest.mark.parametrize("given", ["", "short", "x" * 65, "<script>", "white space", "é" * 8])
def test_a_request_id_that_could_do_harm_is_replaced(client: Browser, given: str) -> None:
    told = client.get("/", headers={"X-Request-Id": given}).headers["X-Request-Id"]
    assert len(told) == 16
    assert told != given


def test_every_request_has_an_id_of_its_own(client: Browser) -> None:
    assert len({client.get("/").headers["X-Request-Id"] for _ in range(3)}) == 3


def test_an_error_is_a_page_to_somebody_who_looks(client: Browser) -> None:
    answer = client.get("/nowhere", headers={"X-Request-Id": REQUEST_ID})
    page = answer.get_data(as_text=True)
    assert answer.status_code == 404
    assert "<!doctype html>" in page
    assert "There is nothing here" in page
    assert 'data-error-code="not_found"' in page
    assert f"<code>{REQUEST_ID}</code>" in page


def test_an_error_is_a_fragment_to_a_page_that_asks_for_a_part(client: Browser) -> None:
    answer = client.get("/nowhere", headers=AS_FRAGMENT | {"X-Request-Id": REQUEST_ID})
    part = answer.get_data(as_text=True)
    assert answer.status_code == 404
    assert "<html" not in part
    assert part.startswith('<div class="error" role="alert" data-error-code="not_found">')
    assert REQUEST_ID in part


def test_an_error_is_json_to_a_program(client: Browser) -> None:
    answer = client.get("/nowhere", headers=AS_JSON | {"X-Request-Id": REQUEST_ID})
    error = answer.get_json()["error"]
    assert answer.status_code == 404
    assert error["code"] == "not_found"
    assert error["message"].startswith("There is nothing here")
    assert error["request_id"] == REQUEST_ID


@pytest.mark.parametrize(
    ("path", "method", "status", "code"),
    [
        ("/nowhere", "GET", 404, "not_found"),
        ("/static/nowhere.js", "GET", 404, "not_found"),
        ("/billing/checkouts/not-a-uuid", "GET", 404, "not_found"),
        ("/", "DELETE", 405, "method_not_allowed"),
        ("/rooms", "POST", 401, "signed_out"),
        ("/credits", "GET", 401, "signed_out"),
    ],
)
def test_every_error_has_a_code_that_programs_can_rely_on(
    client: Browser, path: str, method: str, status: int, code: str
) -> None:
    answer = client.open(path, method=method, headers=AS_JSON)
    assert (answer.status_code, answer.get_json()["error"]["code"]) == (status, code)


def test_a_method_that_is_not_taken_says_which_are(client: Browser) -> None:
    answer = client.delete("/")
    assert set(answer.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS"}


def test_a_form_of_70_kilobytes_is_too_much(client: Browser, sign_in_as: SignInAs) -> None:
    sign_in_as(client, "Ada")
    answer = client.submit("/rooms", line="x" * 70_000)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 413
    assert "That is too much at once" in page
    # Python 3.13 calls the status otherwise than 3.12; the code stays.
    assert 'data-error-code="request_entity_too_large"' in page


@pytest.mark.parametrize("path", ["/", "/credits", "/sign-in", "/rooms/abcdefgh"])
def test_without_a_database_people_are_told_in_words(away: Browser, path: str) -> None:
    answer = away.get(path)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 503
    assert "reach something we need" in page
    for inside in ("Traceback", "psycopg", "sqlalchemy", "s3cret", "127.0.0.1"):
        assert inside not in page


def test_without_a_database_programs_are_told_by_a_code(away: Browser) -> None:
    assert away.get("/", headers=AS_JSON).get_json()["error"]["code"] == "database_unavailable"
    part = away.get("/", headers=AS_FRAGMENT).get_data(as_text=True)
    assert part.startswith('<div class="error"')


def test_without_a_database_the_process_lives_and_is_not_ready(away: Browser) -> None:
    assert away.get("/healthz").status_code == 200
    answer = away.get("/readyz")
    assert answer.status_code == 503
    assert answer.get_json() == {"ok": False, "database": "unreachable"}


def test_with_a_database_the_process_is_ready(client: Browser) -> None:
    assert client.get("/readyz").get_json()["ok"] is True


@pytest.mark.fault("A4")
def test_a_name_with_markup_is_shown_as_text(client: Browser, sign_in_as: SignInAs) -> None:
    sign_in_as(client, MARKUP)
    page = client.get("/").get_data(as_text=True)
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert MARKUP not in page


@pytest.mark.parametrize("path", ["/sign-in", "/nowhere", "/sign-in/sandbox/callback"])
def test_an_address_with_markup_is_shown_as_text(client: Browser, path: str) -> None:
    query = {"next": f'/"><{MARKUP}', "error": MARKUP, "error_description": MARKUP}
    page = client.get(f"{path}", query_string=query).get_data(as_text=True)
    assert MARKUP not in page
    assert MARKUP not in client.get(f"/{MARKUP}").get_data(as_text=True)


@pytest.mark.parametrize("path", ["/", "/sign-in?next=/pool"])
def test_who_types_the_other_name_of_this_machine_is_led_to_ours(
    client: Browser, path: str
) -> None:
    answer = client.get(path, base_url="http://127.0.0.1:8000")
    assert (answer.status_code, answer.location) == (307, f"http://localhost:8000{path}")
    assert client.get("/healthz", base_url="http://127.0.0.1:8000").status_code == 200
    assert client.get(path, base_url="http://localhost:8000").status_code == 200


@pytest.mark.parametrize(
    ("referrer", "is_ours"), [("/credits?page=2", True), ("https://elsewhere.example/", False)]
)
def test_whose_form_was_refused_can_go_back_to_it(
    client: Browser, sign_in_as: SignInAs, settings: Settings, *, referrer: str, is_ours: bool
) -> None:
    sign_in_as(client, "Ada")
    sent_from = settings.origin + referrer if is_ours else referrer
    page = client.post("/sign-out", headers={"Referer": sent_from}).get_data(as_text=True)
    assert ("Back to the page" in page) == is_ours
    assert f'href="{referrer}"' in page or not is_ours
    assert "elsewhere.example" not in page


def test_whose_session_was_over_is_led_back_by_way_of_the_sign_in(
    client: Browser, settings: Settings
) -> None:
    sent_from = f"{settings.origin}/credits?page=2"
    answer = client.post("/rooms", headers={"Referer": sent_from})
    page = answer.get_data(as_text=True)
    assert (answer.status_code, page.count('href="/sign-in?next=/credits?page%3D2"')) == (401, 1)
    assert "Back to the page" not in page
