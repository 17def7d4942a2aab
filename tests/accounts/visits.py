"""The way to the provider and back, step by step."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import requests
from sqlalchemy import text
from werkzeug.test import TestResponse

from potluck.database import db
from tests.people import Browser

DISCOVERY_PATH = "/.well-known/openid-configuration"
TIMEOUT_SECONDS = 5
CALLBACK_PATH = "/sign-in/sandbox/callback"


def set_out(browser: Browser, destination: str = "/", **kwargs: Any) -> str:
    """Clicks on the provider's button; the address of the provider's page."""
    path = f"/sign-in/sandbox?next={quote(destination, safe='')}"
    answer = browser.get(path, **kwargs)
    assert answer.status_code == 302, answer.get_data(as_text=True)
    return str(answer.location)


def choose(authorize_url: str, **form: str) -> str:
    """Presses a button on the provider's page; where it sends the browser."""
    answer = requests.post(authorize_url, data=form, allow_redirects=False, timeout=TIMEOUT_SECONDS)
    assert answer.status_code == 302
    return answer.headers["Location"]


def sign_in(browser: Browser, person: str = "ada", destination: str = "/") -> TestResponse:
    """All the way, as `person`."""
    return browser.get(choose(set_out(browser, destination), sub=person))


def asked(url: str) -> dict[str, str]:
    """The query of an address."""
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


def is_signed_in(browser: Browser) -> bool:
    return browser.get("/credits/balance").status_code == 200


def made() -> dict[str, int]:
    """How much of a person there is in the database."""
    query = text("""
        SELECT (SELECT count(*) FROM users) AS users,
            (SELECT count(*) FROM identities) AS identities,
            (SELECT count(*) FROM sessions WHERE user_id IS NOT NULL) AS sessions,
            (SELECT count(*) FROM accounts WHERE kind = 'member') AS accounts
    """)
    with db.engine.connect() as connection:
        return dict(connection.execute(query).one()._mapping)


ONE_PERSON = {"users": 1, "identities": 1, "sessions": 1, "accounts": 1}
NOBODY = dict.fromkeys(ONE_PERSON, 0)
