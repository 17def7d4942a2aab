"""A member reads what happened to their credits: each row with its reason and its figures."""

from __future__ import annotations

import html
import re

import pytest
from sqlalchemy import text

from potluck.credits import ledger, statement
from potluck.credits.statement import ROWS_PER_PAGE
from potluck.database import db
from tests.conftest import SignInAs
from tests.credits import histories
from tests.people import Browser, make_user


def lines(page: str) -> list[str]:
    """The rows of the statement as people read them, newest first."""
    rows = re.findall(r"<tr>(.*?)</tr>", page, re.DOTALL)[1:]
    return [" ".join(html.unescape(re.sub(r"<[^>]+>", " ", row)).split()) for row in rows]


def read(client: Browser, path: str = "/credits") -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def gifts(user_id: int, count: int) -> None:
    """So many gifts, of 1, 2, 3, … credits."""
    for credits in range(1, count + 1):
        key = f"gift {next(histories.numbers)}"
        ledger.grant(user_id=user_id, amount_credits=credits, key=key, reason=f"Gift {credits}")
    db.session.commit()


def test_a_hold_its_charge_and_what_it_gave_back_are_rows_of_their_own(
    client: Browser, sign_in_as: SignInAs
) -> None:
    ada = sign_in_as(client, "Ada", credits=100)
    generation_id = histories.held_generation({ada.id: 30})
    histories.end_generation(generation_id, {ada.id: 12})
    page = read(client)
    given_back, charged, held, gift = lines(page)
    assert "Held for round 1 in room" in held
    assert held.endswith("+30 100 70")
    assert "Charged for round 1 in room" in charged
    assert charged.endswith("\N{MINUS SIGN}12 \N{MINUS SIGN}12 88 70")
    assert "took less" in given_back
    assert given_back.endswith("\N{MINUS SIGN}18 88 88")
    assert gift.endswith("A gift A test's gift +100 100 100")
    room_code = db.session.scalar(text("SELECT code FROM rooms"))
    assert f'href="/rooms/{room_code}"' in page
    assert f'href="/credits/charges/{histories.hold_of(generation_id, ada.id)}"' in page


def test_a_top_up_leads_to_the_purchase_and_to_stripes_own_receipt(
    client: Browser, sign_in_as: SignInAs
) -> None:
    ada = sign_in_as(client, "Ada")
    purchase_id = histories.buy(ada.id, 2000)
    page = read(client)
    assert f'<a href="/billing/checkouts/{purchase_id}">2,000 credits</a>' in page
    assert re.search(r'href="https://pay.stripe.com/receipts/cs_test_\d+" rel="noreferrer"', page)


def test_a_refund_of_spent_credits_says_what_is_owed_and_the_next_purchase_what_it_repaid(
    client: Browser, sign_in_as: SignInAs
) -> None:
    ada = sign_in_as(client, "Ada")
    purchase_id = histories.buy(ada.id, 2000)
    histories.end_generation(histories.held_generation({ada.id: 500}), {ada.id: 500})
    histories.dispute(ada.id, purchase_id, 2000)
    assert "2,000 credits, 500 still owed" in lines(read(client))[0]
    histories.buy(ada.id, 800)
    bought = lines(read(client))[0]
    assert "Bought 800 credits ; 500 of them repaid what you owed" in bought
    assert bought.endswith("+300 300 300")


def test_a_gift_that_repaid_a_debt_says_so(client: Browser, sign_in_as: SignInAs) -> None:
    ada = sign_in_as(client, "Ada")
    histories.dispute(ada.id, histories.buy(ada.id, 50), 60)
    gifts(ada.id, 2)
    assert "A gift of 2 credits; all of them repaid what you owed" in lines(read(client))[0]
    assert "A gift of 1 credit; all of it repaid what you owed" in lines(read(client))[1]


def test_whoever_owes_or_is_frozen_is_told_and_nobody_else(
    client: Browser, sign_in_as: SignInAs
) -> None:
    ada = sign_in_as(client, "Ada", credits=10)
    assert "You owe" not in read(client)
    assert "frozen" not in read(client)
    histories.dispute(ada.id, histories.buy(ada.id, 300), 310)
    histories.dispute(ada.id, histories.buy(ada.id, 100), 400)
    ledger.freeze(ada.id)
    db.session.commit()
    page = read(client)
    assert "You owe 300 credits:" in page
    assert "Your credits are frozen." in page


def test_older_rows_are_a_link_away_and_none_is_shown_twice(
    client: Browser, sign_in_as: SignInAs
) -> None:
    ada = sign_in_as(client, "Ada")
    gifts(ada.id, 2 * ROWS_PER_PAGE)
    first = read(client)
    assert len(lines(first)) == ROWS_PER_PAGE
    older = re.findall(r'rel="next" href="([^"#]+)', first)[0]
    second = read(client, older)
    assert 'rel="next"' not in second
    seen = re.findall(r">Gift (\d+)<", first + second)
    assert [int(number) for number in seen] == list(range(2 * ROWS_PER_PAGE, 0, -1))


def test_a_page_of_older_rows_stays_as_it_is_whatever_happens_since(
    client: Browser, sign_in_as: SignInAs
) -> None:
    ada = sign_in_as(client, "Ada")
    gifts(ada.id, ROWS_PER_PAGE + 3)
    older = re.findall(r'rel="next" href="([^"#]+)', read(client))[0]
    before = lines(read(client, older))
    assert len(before) == 3
    histories.held_generation({ada.id: 30})
    gifts(ada.id, 2)
    assert lines(read(client, older)) == before


def test_only_the_newest_page_refreshes_itself(client: Browser, sign_in_as: SignInAs) -> None:
    ada = sign_in_as(client, "Ada")
    gifts(ada.id, ROWS_PER_PAGE + 1)
    first = read(client)
    assert "credits-changed" in first
    older = re.findall(r'rel="next" href="([^"#]+)', first)[0]
    assert "credits-changed" not in read(client, older)


def test_nobody_reads_of_anybody_elses_credits(client: Browser, sign_in_as: SignInAs) -> None:
    ben = make_user("Ben", credits=77)
    histories.buy(ben.id, 4321)
    page = statement.page(ben.id, rows_max=1)
    sign_in_as(client, "Ada")
    assert "Nothing yet" in read(client)
    assert lines(read(client, f"/credits?before={page.older}")) == []


@pytest.mark.parametrize(
    "place",
    [
        "",
        "yesterday",
        "1-1",
        "-1-0-1",
        "1-9-1",
        "1-0-" + "9" * 19,
        "9" * 17 + "-0-1",
        "\N{ARABIC-INDIC DIGIT ONE}-0-1",
    ],
)
def test_a_place_that_nobody_was_given_is_refused_in_a_sentence(
    client: Browser, sign_in_as: SignInAs, place: str
) -> None:
    sign_in_as(client, "Ada", credits=5)
    answer = client.get("/credits", query_string={"before": place})
    assert answer.status_code == 422
    assert "This link to older rows is broken" in answer.get_data(as_text=True)
