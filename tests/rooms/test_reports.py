"""Somebody reports a sheet, the operator hides it, and it is found no more."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError, ProgrammingError

from potluck.accounts import departures
from potluck.database import db
from potluck.rooms.sheet_models import Reaction, Report, SheetDecision
from tests.conftest import RunBy, SignInAs
from tests.people import Browser, make_user
from tests.rooms.sheet_people import Visit, publish, visits, words, written_sheet

WORDS = "My street is in it."


@dataclass
class Trouble:
    """Ada's and Ben's public sheet; Mallory's browser, Olga's, who runs this, and a stranger's."""

    slug: str
    ada: Visit
    mallory: Visit
    olga: Visit
    stranger: Visit

    def report(self) -> None:
        sent = self.mallory.send(self.slug, "reports", reason="private", words=WORDS)
        assert sent.status_code == 303
        assert "Thank you." in words(self.mallory.browser.get(sent.location))

    def desk(self) -> str:
        """The operator's page."""
        return words(self.olga.browser.get("/admin/sheets"))

    def decide(self, decision: str, why: str = "") -> None:
        path = f"/admin/sheets/{self.slug}/decisions"
        sent = self.olga.browser.submit(path, page="/admin/sheets", decision=decision, words=why)
        assert sent.status_code == 303


@pytest.fixture
def trouble(browser: Callable[[], Browser], sign_in_as: SignInAs, run_by: RunBy) -> Trouble:
    slug = written_sheet("Ada", "Ben")
    publish(slug)
    ada, mallory = visits(browser, sign_in_as, "Ada", "Mallory")
    olgas = browser()
    run_by(sign_in_as(olgas, "Olga"))
    return Trouble(slug, ada, mallory, Visit(olgas), Visit(browser()))


def test_the_operator_reads_what_was_reported_and_hides_it(trouble: Trouble) -> None:
    assert "Nobody has reported anything." in trouble.desk()
    trouble.report()
    assert "It says something private, says Mallory" in trouble.desk()
    assert WORDS in trouble.desk()
    trouble.decide("hide", "An address.")
    assert trouble.stranger.status(trouble.slug) == 404
    assert trouble.mallory.status(trouble.slug) == 404
    assert trouble.stranger.browser.get(f"/sheets/{trouble.slug}/preview.png").status_code == 404
    assert "The frog of" not in words(trouble.stranger.browser.get("/gallery"))
    assert "The frog of" not in words(trouble.stranger.browser.get("/"))


def test_those_in_it_are_told_and_still_have_it(trouble: Trouble) -> None:
    trouble.report()
    trouble.decide("hide")
    page = trouble.ada.page(trouble.slug)
    assert "The operator has hidden this sheet." in page
    assert "Once there was a frog." in page
    assert "Mallory" not in page
    assert "hidden by the operator" in words(trouble.ada.browser.get("/"))


def test_what_was_hidden_can_be_shown_again_and_everything_is_written_down(
    trouble: Trouble,
) -> None:
    trouble.report()
    trouble.decide("hide", "An address.")
    trouble.decide("hide", "Once more.")
    trouble.decide("restore", "It is nobody's.")
    assert trouble.stranger.status(trouble.slug) == 200
    done = db.session.scalars(select(SheetDecision).order_by(SheetDecision.id)).all()
    assert [(each.decision, each.words) for each in done] == [
        ("hide", "An address."),
        ("restore", "It is nobody's."),
    ]
    assert "Shown again: Olga" in trouble.desk()


def test_a_report_of_something_harmless_is_done_with(trouble: Trouble) -> None:
    trouble.report()
    trouble.decide("keep", "A made-up street.")
    assert WORDS not in trouble.desk()
    assert "Kept: Olga" in trouble.desk()
    assert trouble.stranger.status(trouble.slug) == 200
    # Once said is enough.
    trouble.report()
    assert WORDS not in trouble.desk()


def test_nobody_changes_what_was_decided(trouble: Trouble) -> None:
    trouble.decide("hide")
    for statement in ("UPDATE sheet_decisions SET words = ''", "DELETE FROM sheet_decisions"):
        with pytest.raises(ProgrammingError, match="permission denied"), db.engine.begin() as c:
            c.exec_driver_sql(statement)


@pytest.mark.parametrize("reason", ["", "boring"])
def test_a_report_says_what_is_wrong(trouble: Trouble, reason: str) -> None:
    assert trouble.mallory.send(trouble.slug, "reports", reason=reason).status_code == 422


def test_reports_are_short_and_few(trouble: Trouble) -> None:
    long = "x" * 600 + "\0"
    trouble.mallory.send(trouble.slug, "reports", reason="spam", words=long)
    assert db.session.scalars(select(Report.words)).one() == "x" * 500
    answers = [trouble.mallory.send(trouble.slug, "reports", reason="spam") for _ in range(10)]
    assert answers[-1].status_code == 429


def test_an_operator_finds_nothing_private(trouble: Trouble) -> None:
    private = written_sheet("Ada", "Ben")
    assert trouble.olga.status(private) == 404
    path = f"/admin/sheets/{private}/decisions"
    trouble.report()
    sent = trouble.olga.browser.submit(path, page="/admin/sheets", decision="hide")
    assert sent.status_code == 404


@pytest.mark.fault("A6")
def test_what_somebody_said_of_sheets_is_in_their_file_and_goes_with_them(
    trouble: Trouble,
) -> None:
    trouble.report()
    trouble.mallory.send(trouble.slug, "reactions", kind="warm")
    content = json.loads(trouble.mallory.browser.get("/account/export").get_data(as_text=True))
    assert [row["words"] for row in content["sheet_reports"]] == [WORDS]
    assert [row["kind"] for row in content["sheet_reactions"]] == ["warm"]
    adas = json.loads(trouble.ada.browser.get("/account/export").get_data(as_text=True))
    assert [(row["vote"], row["was_proposed_by_them"]) for row in adas["sheet_votes"]] == [
        ("agreed", True)
    ]
    departures.leave(make_user("Mallory").id)
    db.session.expire_all()
    assert db.session.scalars(select(Report)).all() == []
    assert db.session.scalars(select(Reaction)).all() == []


@pytest.mark.fault("A6")
@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO sheet_reactions (sheet_id, user_id, kind) SELECT id, :id, 'warm' FROM sheets",
        """INSERT INTO sheet_reports (sheet_id, user_id, reason, words)
            SELECT id, :id, 'spam', '' FROM sheets""",
    ],
)
def test_nothing_is_said_of_a_sheet_by_somebody_who_left(database: None, statement: str) -> None:
    """In another tab, at that very moment: the database refuses it."""
    publish(written_sheet("Ada"))
    mallory = make_user("Mallory").id
    departures.leave(mallory)
    with pytest.raises(IntegrityError, match="has left"), db.engine.begin() as connection:
        connection.execute(text(statement), {"id": mallory})
