"""The stand-in for a provider, as Authlib's client sees it and as a person does."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import requests
from authlib.integrations.flask_client import OAuth
from flask import Flask, redirect
from werkzeug.wrappers import Response

from tests.sandbox.processes import stand_in

CALLBACK = "http://localhost/callback"
TIMEOUT_SECONDS = 5


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    with stand_in("sandbox.identity", ready_path="/.well-known/openid-configuration") as url:
        yield url


@pytest.fixture
def shop(issuer: str) -> Flask:
    """An app that signs people in there, as ours does: PKCE, a nonce, discovery."""
    app = Flask(__name__)
    app.secret_key = os.urandom(16)
    provider = OAuth(app).register(
        "sandbox",
        client_id="potluck",
        client_secret="sandbox",
        server_metadata_url=f"{issuer}/.well-known/openid-configuration",
        client_kwargs={"scope": "openid email profile", "code_challenge_method": "S256"},
    )

    @app.get("/sign-in")
    def sign_in() -> Response:
        return redirect(provider.authorize_redirect(CALLBACK).location)

    @app.get("/callback")
    def callback() -> dict[str, Any]:
        return dict(provider.authorize_access_token()["userinfo"])

    return app


def choose(authorize_url: str, **form: str) -> str:
    """Presses a button on the provider's page; returns where it sends the browser."""
    answer = requests.post(authorize_url, data=form, allow_redirects=False, timeout=TIMEOUT_SECONDS)
    assert answer.status_code == 302
    return answer.headers["Location"]


def token_request(issuer: str, code: str, verifier: str) -> requests.Response:
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": CALLBACK,
        "code_verifier": verifier,
    }
    return requests.post(
        f"{issuer}/oauth2/token", data=form, auth=("potluck", "sandbox"), timeout=TIMEOUT_SECONDS
    )


def test_choosing_a_person_signs_in_with_name_and_verified_address(shop: Flask) -> None:
    browser = shop.test_client()
    authorize_url = browser.get("/sign-in").location
    assert authorize_url is not None
    claims = browser.get(choose(authorize_url, sub="ada")).get_json()
    assert claims["sub"] == "ada"
    assert claims["name"] == "Ada Okafor"
    assert claims["email"] == "ada@example.com"
    assert claims["email_verified"] is True
    # Authlib has compared it with the one it sent.
    assert claims["nonce"] in authorize_url


def test_the_page_offers_each_person_as_a_button_and_needs_no_scripts(shop: Flask) -> None:
    authorize_url = shop.test_client().get("/sign-in").location
    assert authorize_url is not None
    page = requests.get(authorize_url, timeout=TIMEOUT_SECONDS).text
    for subject in ("ada", "ben", "chiyo", "dara"):
        assert f'<button name="sub" value="{subject}">' in page
    assert "<script" not in page
    assert "https://" not in page, "it needs no network"


def test_somebody_typed_in_has_no_verified_address(shop: Flask) -> None:
    browser = shop.test_client()
    authorize_url = browser.get("/sign-in").location
    assert authorize_url is not None
    claims = browser.get(choose(authorize_url, sub="eve@example.com")).get_json()
    assert claims["email"] == "eve@example.com"
    assert "email_verified" not in claims


def test_cancelling_comes_back_with_access_denied(shop: Flask) -> None:
    authorize_url = shop.test_client().get("/sign-in").location
    assert authorize_url is not None
    assert "error=access_denied" in choose(authorize_url, action="deny")


def test_a_code_without_its_verifier_is_refused(issuer: str) -> None:
    asked = urlencode(
        {
            "client_id": "potluck",
            "response_type": "code",
            "scope": "openid",
            "redirect_uri": CALLBACK,
            # The example of RFC 7636, appendix B.
            "code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
            "code_challenge_method": "S256",
        }
    )
    codes = [
        parse_qs(urlsplit(choose(f"{issuer}/oauth2/authorize?{asked}", sub="ben")).query)["code"][0]
        for _ in range(2)
    ]
    refused = token_request(issuer, codes[0], "stolen")
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_grant")
    accepted = token_request(issuer, codes[1], "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")
    assert accepted.status_code == 200
