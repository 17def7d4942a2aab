"""The statement as a file: everything, or some days; never half of it."""

from __future__ import annotations

import csv
import io

import pytest
from sqlalchemy import Engine, text

from potluck.credits import ledger, statement, statement_csv
from potluck.database import db
from tests.conftest import SignInAs
from tests.credits import histories
from tests.people import Browser, make_user

FILE = "/credits/statement.csv"


def table(client: Browser, query: str = "") -> list[dict[str, str]]:
    answer = client.get(f"{FILE}?{query}")
    assert answer.status_code == 200, answer.get_data(as_text=True)
    assert answer.mimetype == "text/csv"
    return list(csv.DictReader(io.StringIO(answer.get_data(as_text=True))))


def move(owner: Engine, day: str) -> None:
    """Everything that happened so far happened on that day."""
    with owner.begin() as connection:
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        values = {"at": f"{day} 12:00Z"}
        for column in ("transfers.created_at", "holds.created_at", "holds.ended_at"):
            table, name = column.split(".")
            query = f"UPDATE {table} SET {name} = :at WHERE {name} > now() - interval '1 hour'"  # noqa: S608 - ours
            connection.execute(text(query), values)


def test_the_file_has_every_row_with_its_figures(client: Browser, sign_in_as: SignInAs) -> None:
    ada = sign_in_as(client, "Ada", credits=100)
    generation_id = histories.held_generation({ada.id: 30})
    histories.end_generation(generation_id, {ada.id: 12})
    rows = table(client)
    assert list(rows[0]) == list(statement_csv.COLUMNS)
    figures = [[row[name] for name in ("kind", *statement_csv.COLUMNS[5:])] for row in rows]
    assert figures == [
        ["released", "0", "-18", "88", "88"],
        ["capture", "-12", "-12", "88", "70"],
        ["held", "0", "30", "100", "70"],
        ["grant", "100", "0", "100", "100"],
    ]
    assert rows[0]["time"].endswith("+00:00")
    assert rows[0]["room"] == db.session.scalar(text("SELECT code FROM rooms"))
    assert (rows[0]["round"], rows[0]["reference"]) == ("1", f"generation:{generation_id}")
    assert rows[3]["room"] == ""


def test_a_file_of_many_rows_is_whole(client: Browser, sign_in_as: SignInAs) -> None:
    ada = sign_in_as(client, "Ada")
    for number in range(1200):
        ledger.grant(user_id=ada.id, amount_credits=1, key=str(number), reason="Luck")
    db.session.commit()
    assert [row["balance"] for row in table(client)] == [str(n) for n in range(1200, 0, -1)]


def test_what_happens_while_the_file_is_written_is_not_in_it(
    client: Browser, sign_in_as: SignInAs
) -> None:
    ada = sign_in_as(client, "Ada")
    total = 2 * statement.ROWS_PER_FETCH
    for number in range(total):
        ledger.grant(user_id=ada.id, amount_credits=1, key=str(number), reason="Luck")
    db.session.commit()
    with statement.everything(ada.id, since=None, before=None, rows_max=2 * total) as rows:
        balances = [next(rows).balance]
        histories.held_generation({ada.id: 30})
        histories.buy(ada.id, 7)
        balances += [row.balance for row in rows]
    assert balances == list(range(total, 0, -1))


def test_days_choose_rows_and_leave_their_figures_alone(
    client: Browser, sign_in_as: SignInAs, owner: Engine
) -> None:
    ada = sign_in_as(client, "Ada")
    for day, credits in (("2026-01-30", 1), ("2026-01-31", 20), ("2026-02-01", 300)):
        histories.buy(ada.id, credits)
        move(owner, day)
    histories.buy(ada.id, 4000)

    def figures(query: str) -> list[tuple[str, str]]:
        return [(row["credits"], row["balance"]) for row in table(client, query)]

    assert figures("from=2026-01-31&to=2026-01-31") == [("20", "21")]
    assert figures("to=2026-01-31") == [("20", "21"), ("1", "1")]
    assert figures("from=2026-02-01") == [("4000", "4321"), ("300", "321")]
    assert figures("from=&to=") == figures("")
    assert figures("from=2025-01-01&to=2025-02-01") == []


def test_the_file_is_named_after_its_days(client: Browser, sign_in_as: SignInAs) -> None:
    sign_in_as(client, "Ada", credits=1)
    answer = client.get(f"{FILE}?from=2026-01-02&to=2026-02-03")
    name = "potluck-credits-2026-01-02-to-2026-02-03.csv"
    assert answer.headers["Content-Disposition"] == f"attachment; filename={name}"
    assert "potluck-credits-start-to-2" in client.get(FILE).headers["Content-Disposition"]


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("from=2026-02-01&to=2026-01-01", "is after the last one"),
        ("from=yesterday", "A day is written like"),
        ("to=2026-02-30", "A day is written like"),
        ("from=2026-01-01%00", "A day is written like"),
        ("to=9999-12-31", "Statements are of days"),
        ("from=0001-01-01", "Statements are of days"),
    ],
)
def test_days_that_make_no_sense_are_refused_in_a_sentence(
    client: Browser, sign_in_as: SignInAs, query: str, sentence: str
) -> None:
    sign_in_as(client, "Ada", credits=1)
    answer = client.get(f"{FILE}?{query}")
    assert (answer.status_code, answer.mimetype) == (422, "text/html")
    assert sentence in answer.get_data(as_text=True)
    told = client.get(f"{FILE}?{query}", headers={"Accept": "application/json"}).get_json()
    assert told["error"]["code"] == "bad_days"


def test_more_rows_than_a_file_may_have_are_refused_and_fewer_days_are_not(
    client: Browser, sign_in_as: SignInAs, owner: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = sign_in_as(client, "Ada")
    histories.buy(ada.id, 1)
    move(owner, "2026-01-30")
    monkeypatch.setattr(statement_csv, "ROWS_MAX", 2)
    histories.buy(ada.id, 2)
    assert len(table(client)) == 2
    histories.buy(ada.id, 3)
    answer = client.get(FILE)
    assert answer.status_code == 422
    assert "more than 2 rows. Choose fewer days." in answer.get_data(as_text=True)
    assert len(table(client, "from=2026-02-01")) == 2


@pytest.mark.parametrize("begin", ["=", "+", "-", "@", "\t", "\r"])
def test_no_cell_is_a_formula(client: Browser, sign_in_as: SignInAs, begin: str) -> None:
    ada = sign_in_as(client, "Ada")
    reason = f"{begin}HYPERLINK(1)"
    ledger.grant(user_id=ada.id, amount_credits=1, key="gift", reason=reason)
    db.session.commit()
    assert client.get(FILE).get_data(as_text=True).splitlines()[1].count("'") == 1
    answer = client.get(FILE).get_data(as_text=True)
    (row,) = csv.DictReader(io.StringIO(answer, newline=""))
    assert row["reference"] == f"'{reason}"


def test_what_is_taken_stays_a_number(client: Browser, sign_in_as: SignInAs) -> None:
    ada = sign_in_as(client, "Ada")
    histories.dispute(ada.id, histories.buy(ada.id, 50), 50)
    assert table(client)[0]["credits"] == "-50"


def test_the_file_is_the_members_own(client: Browser, sign_in_as: SignInAs) -> None:
    make_user("Ben", credits=77)
    sign_in_as(client, "Ada")
    assert table(client) == []
