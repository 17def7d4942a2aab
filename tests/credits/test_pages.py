"""What a member sees of their credits."""

from __future__ import annotations

from potluck.credits import ledger
from potluck.database import db
from tests.conftest import SignInAs
from tests.people import Browser


def test_the_badge_is_on_every_page_of_a_member_and_on_none_of_a_stranger(
    client: Browser, sign_in_as: SignInAs
) -> None:
    for path in ("/", "/sign-in"):
        assert "credit-badge" not in client.get(path).get_data(as_text=True)
    assert client.get("/credits/badge").get_data(as_text=True).strip() == ""
    sign_in_as(client, "Ada", credits=1234)
    for path in ("/", "/credits", "/pool", "/credits/badge"):
        page = client.get(path).get_data(as_text=True)
        assert "credit-badge" in page, path
        assert "1,234" in page, path


def test_the_balance_is_the_members_own_and_nobody_elses(
    client: Browser, sign_in_as: SignInAs
) -> None:
    refused = client.get("/credits/balance")
    assert (refused.status_code, refused.get_json()["error"]["code"]) == (401, "signed_out")
    ada = sign_in_as(client, "Ada", credits=30)
    answer = client.get("/credits/balance").get_json()
    assert {key: answer[key] for key in ("posted", "held", "available")} == {
        "posted": 30,
        "held": 0,
        "available": 30,
    }
    ledger.grant(user_id=ada.id, amount_credits=1, key="one more", reason="Luck")
    db.session.commit()
    assert client.get("/credits/balance").get_json()["seq"] > answer["seq"]


def test_the_statement_lists_what_happened_newest_first(
    client: Browser, sign_in_as: SignInAs
) -> None:
    ada = sign_in_as(client, "Ada")
    assert "Nothing yet" in client.get("/credits").get_data(as_text=True)
    ledger.top_up(user_id=ada.id, amount_credits=2000, payment_id="cs_test_1")
    ledger.grant(user_id=ada.id, amount_credits=7, key="luck", reason="Luck")
    db.session.commit()
    page = client.get("/credits").get_data(as_text=True)
    assert page.index("+7") < page.index("+2,000")
    assert "cs_test_1" in page
