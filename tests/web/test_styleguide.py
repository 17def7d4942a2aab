"""Whoever changes how the app looks sees every part of it at once."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from flask import Flask

from potluck.settings import ROOT
from tests.conftest import SignInAs
from tests.people import Browser

AREAS = ("rooms", "pool", "billing", "credits", "sheets", "home", "gallery", "errors")
STYLES = "".join(path.read_text() for path in (ROOT / "static" / "css").glob("*.css"))
NOT_SHOWN = {
    # Only what other sites read of a link.
    "sheets/_head.html",
}


@pytest.fixture
def page(client: Browser, sign_in_as: SignInAs) -> str:
    """The guide as a developer sees it."""
    sign_in_as(client, "Ada")
    response = client.get("/styleguide")
    assert response.status_code == 200
    return response.get_data(as_text=True)


@pytest.fixture
def in_production(app: Flask) -> Iterator[None]:
    """What the settings say where others than this machine are invited."""
    settings = app.extensions["settings"]
    invited = settings.model_copy(update={"public_url": "http://potluck.example"})
    app.extensions["settings"] = invited
    yield
    app.extensions["settings"] = settings


def test_every_partial_is_on_it(app: Flask, client: Browser, sign_in_as: SignInAs) -> None:
    sign_in_as(client, "Ada")
    cache = app.jinja_env.cache
    assert cache is not None
    cache.clear()
    client.get("/styleguide")
    templates = ROOT / "templates"
    partials = {
        str(path.relative_to(templates)) for area in AREAS for path in templates.glob(f"{area}/_*")
    }
    drawn = {name for _loader, name in cache}
    assert partials - drawn == NOT_SHOWN, "give these a sample in potluck/styleguide"


def test_every_icon_is_on_it(page: str) -> None:
    icons = re.findall(r"\.icon-([\w-]+) \{", STYLES)
    assert len(icons) > 20
    for icon in icons:
        assert f"<code>icon-{icon}</code>" in page


def test_no_two_parts_have_one_id(page: str) -> None:
    ids = re.findall(r'<[^>]* id="([^"]+)"', page)
    assert sorted(ids) == sorted(set(ids))


def test_nothing_on_it_can_be_sent(page: str) -> None:
    guide = page.partition('class="guide"')[2].partition("</main>")[0]
    assert guide
    assert 'method="post"' not in guide
    assert guide.count("hx-ignore") >= guide.count('class="specimen-body')


def test_strangers_of_a_real_installation_find_nothing(
    client: Browser, sign_in_as: SignInAs, in_production: None
) -> None:
    assert client.get("/styleguide").status_code == 404
    sign_in_as(client, "Ada")
    assert client.get("/styleguide").status_code == 404
