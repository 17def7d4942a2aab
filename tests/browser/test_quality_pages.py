"""Every page in every width and scheme: as it was, usable by anybody, and without a complaint."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.browser.quality import figures
from tests.browser.quality.house import STACK_ENV as FURNISHED
from tests.browser.quality.house import House
from tests.browser.quality.pictures import Album
from tests.browser.quality.places import PLACES, Place
from tests.browser.quality.visits import Visits
from tests.stack import Stack

STACK_ENV = FURNISHED
IS_KEEPING = os.environ.get("POTLUCK_SCREENSHOTS") == "keep"


@pytest.fixture(scope="module")
def visits(chromium: Browser, stack: Stack) -> Iterator[Visits]:
    # What plays by itself is all there at once for those who want nothing to move.
    context = chromium.new_context(base_url=stack.url, reduced_motion="reduce")
    visits = Visits(context, House(stack), Album(is_keeping=IS_KEEPING))
    yield visits
    visits.album.bind()
    figures.write(visits.figures.rows())
    context.close()


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.name)
def test_anybody_can_use_the_page_and_it_looks_as_it_did(visits: Visits, place: Place) -> None:
    if place.is_furnished:
        visits.house.furnish()
    wrong = visits.visit(place)
    assert not wrong, "\n".join([f"{place.name} ({place.path}):", *wrong])
