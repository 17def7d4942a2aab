"""More people at once than there are connections to the database."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from potluck.database import POOL_CONNECTIONS_MAX
from tests.billing.people import at_once
from tests.conftest import SignInAs
from tests.people import Browser

PEOPLE = 2 * POOL_CONNECTIONS_MAX


def test_a_crowd_that_opens_its_first_page_at_once_is_served(
    browser: Callable[[], Browser], sign_in_as: SignInAs
) -> None:
    people = [browser() for _ in range(PEOPLE)]
    for number, own in enumerate(people):
        sign_in_as(own, f"Guest {number}")
    answers: list[int] = []

    def open_page(own: Browser) -> None:
        # Whose forms get a token, which is written down with the session.
        answers.append(own.get("/credits").status_code)

    at_once(*[partial(open_page, own) for own in people])
    assert answers == [200] * PEOPLE
