"""An operator who reads German finds no English on their pages."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from potluck.credits import pricing
from potluck.database import db
from tests.admin.test_overview import FAILED_EVENT
from tests.conftest import MODEL
from tests.credits import histories
from tests.people import Browser, make_user
from tests.web.said import untranslated

# The same in both languages, or nobody's words.
SAME = {
    "Credits",
    "Live",
    "Moderation",
    "Name",
    "Phase",
    "Pool",
    "Potluck",
    "Sandbox",
}
# Names, addresses and what somebody wrote down.
KEPT = re.compile(
    r"@|^(Ada|Olga|Taster|Nibble|Supper|Feast|Crumb|Leftovers|A gift from the operator)\b"
    r"|It <b>broke</b>|^product\."
)


@pytest.fixture
def busy(operator: Browser) -> Callable[[str], list[str]]:
    """What is left in English on a page, with a purchase, a refund, a dispute and a failure."""
    ada = make_user("Ada", credits=100)
    purchase_id = histories.buy(ada.id, 2000)
    assert histories.ask_refund(ada.id, purchase_id, 30)
    histories.dispute(ada.id, purchase_id, 1500)
    pricing.set_price(MODEL, input_credits_per_million=5000, output_credits_per_million=15_000)
    db.session.execute(FAILED_EVENT)
    db.session.commit()

    def left(path: str) -> list[str]:
        path = path.format(purchase=purchase_id, ada=ada.id)
        return [said for said in untranslated(operator, path, words_min=1) if _is_ours(said)]

    return left


@pytest.mark.parametrize(
    "path",
    [
        "/admin",
        "/admin/purchases",
        "/admin/purchases/{purchase}",
        "/admin/members",
        "/admin/members/{ada}",
        "/admin/streams",
        "/admin/holds",
        "/admin/prices",
        "/admin/models",
        "/admin/sheets",
        "/admin/switches",
        "/admin/trail",
    ],
)
def test_the_operators_pages_are_german(busy: Callable[[str], list[str]], path: str) -> None:
    assert busy(path) == []


def _is_ours(said: str) -> bool:
    return said not in SAME and not KEPT.search(said)
