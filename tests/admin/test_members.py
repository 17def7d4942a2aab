"""The operator finds a member, gives credits once, and shuts somebody out."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable

import pytest
from sqlalchemy import text
from werkzeug.test import TestResponse

from potluck.accounts import departures
from potluck.credits import ledger
from potluck.database import db
from tests.accounts.visits import is_signed_in
from tests.admin.trails import acts, page, told
from tests.conftest import SignInAs
from tests.credits import histories
from tests.people import Browser, make_user


def form_key(operator: Browser, user_id: int) -> str:
    """The key in the form on a member's page."""
    found = re.search(r'name="key" value="([^"]+)"', page(operator, f"/admin/members/{user_id}"))
    assert found
    return found[1]


def give(operator: Browser, user_id: int, **fields: str) -> TestResponse:
    return operator.submit(f"/admin/members/{user_id}/grants", **fields)


def test_members_are_found_by_what_people_can_say(operator: Browser) -> None:
    ada, ben = make_user("Ada_100%").id, make_user("Ben").id
    for term in ("ada_100%25", str(ada), "ADA_100%25@example", ""):
        assert f"/admin/members/{ada}" in page(operator, f"/admin/members?q={term}")
    found = page(operator, "/admin/members?q=ada_1")
    assert f"/admin/members/{ben}" not in found
    assert "Nobody is called that" in page(operator, "/admin/members?q=ada%25100%00")
    assert "There are no more" in page(operator, "/admin/members?page=9")


def test_more_members_than_fit_are_on_the_next_page(operator: Browser) -> None:
    db.session.execute(text("INSERT INTO users (name) SELECT 'Guest' FROM generate_series(1, 60)"))
    db.session.commit()
    first = page(operator, "/admin/members?q=guest")
    assert first.count("<bdi>Guest</bdi>") == 50
    assert "page=2&amp;q=guest" in first
    second = page(operator, "/admin/members?page=2&q=guest")
    assert second.count("<bdi>Guest</bdi>") == 10
    assert "page=3" not in second


def test_a_members_page_says_who_they_are_and_what_they_have(operator: Browser) -> None:
    ada = make_user("Ada", credits=100).id
    purchase_id = histories.buy(ada, 500)
    histories.held_generation({ada: 30})
    shown = page(operator, f"/admin/members/{ada}")
    for word in ("ada@example.com", "570", "A test&#39;s gift", str(purchase_id), "Set aside"):
        assert word in shown
    assert operator.get("/admin/members/999999").status_code == 404
    assert operator.get(f"/admin/members/{10**30}").status_code == 404


def test_a_double_click_gives_credits_once(operator: Browser) -> None:
    ada = make_user("Ada").id
    key = form_key(operator, ada)
    for _ in range(2):
        answer = give(operator, ada, key=key, credits="2,500", reason="For the\0 supper")
        assert answer.status_code == 303
    assert ledger.balance(ada).posted == 2500
    assert told() == [("grant", f"member {ada}", "For the supper")]
    (act,) = acts()
    assert (act.email, act.details) == ("olga@example.org", "2,500 credits")
    assert "For the supper" in page(operator, f"/admin/members/{ada}")
    give(operator, ada, key=form_key(operator, ada), credits="1", reason="")
    assert ledger.balance(ada).posted == 2501


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"credits": "0"}, 422),
        ({"credits": "-5"}, 422),
        ({"credits": "1000001"}, 422),
        ({"credits": "5", "key": "again"}, 422),
    ],
)
def test_a_gift_that_makes_no_sense_is_refused(
    operator: Browser, fields: dict[str, str], status: int
) -> None:
    ada = make_user("Ada").id
    fields = {"key": str(uuid.uuid4()), **fields}
    answer = give(operator, ada, **fields)
    assert answer.status_code == status
    assert (ledger.balance(ada).posted, told()) == (0, [])


def test_who_is_banned_is_shut_out_at_once_and_can_be_let_in_again(
    operator: Browser, client: Browser, sign_in_as: SignInAs
) -> None:
    mallory = sign_in_as(client, "Mallory", credits=5).id
    path = f"/admin/members/{mallory}"
    assert is_signed_in(client)
    assert operator.submit(f"{path}/ban", reason="Shouting").status_code == 303
    operator.submit(f"{path}/ban", reason="Once more")
    assert not is_signed_in(client)
    assert "banned" in page(operator, path)
    operator.submit(f"{path}/ban/removal", reason="It was a song")
    assert client.get("/credits/balance").get_json()["posted"] == 5
    assert told() == [
        ("ban", f"member {mallory}", "Shouting"),
        ("unban", f"member {mallory}", "It was a song"),
    ]


def test_nobody_bans_themselves(operator: Browser) -> None:
    olga = db.session.scalar(text("SELECT id FROM users WHERE name = 'Olga'"))
    db.session.rollback()
    answer = operator.submit(f"/admin/members/{olga}/ban")
    assert answer.status_code == 409
    assert "That is you" in answer.get_data(as_text=True)
    assert page(operator, "/admin")


def test_who_is_signed_out_everywhere_can_sign_in_again(
    operator: Browser, browser: Callable[[], Browser], sign_in_as: SignInAs
) -> None:
    at_home, abroad, bens = browser(), browser(), browser()
    ada = sign_in_as(at_home, "Ada").id
    sign_in_as(abroad, "Ada")
    sign_in_as(bens, "Ben")
    operator.submit(f"/admin/members/{ada}/sessions/revocations", reason="A lost phone")
    assert [is_signed_in(each) for each in (at_home, abroad, bens)] == [False, False, True]
    assert told() == [("sign_out", f"member {ada}", "A lost phone")]
    sign_in_as(at_home, "Ada")
    assert is_signed_in(at_home)


def test_nothing_is_done_to_the_account_of_somebody_who_left(operator: Browser) -> None:
    ada = make_user("Ada").id
    departures.leave(ada)
    assert "Give credits" not in page(operator, f"/admin/members/{ada}")
    key = str(uuid.uuid4())
    assert give(operator, ada, key=key, credits="5").status_code == 409
    assert operator.submit(f"/admin/members/{ada}/ban").status_code == 409
    assert told() == []
