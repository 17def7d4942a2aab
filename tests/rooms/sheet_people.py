"""Sheets without a model behind them, and what people do on their pages."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import unescape

from sqlalchemy import select
from sqlalchemy import text as sql
from werkzeug.test import TestResponse

from potluck.database import db
from potluck.rooms import agreements, rooms, sheets
from potluck.rooms.models import Contribution, Generation, Round
from potluck.rooms.sheet_models import Sheet, SheetPerson
from tests.conftest import SignInAs
from tests.credits import histories
from tests.people import Browser, make_user

TEXT = "# The frog of Skerry Point\n\nOnce there was a frog.\n\nIt *sang*."
SET_RECIPE = sql("UPDATE rounds SET recipe = :recipe, recipe_terms = NULL WHERE id = :id")


def made_sheet(generation_id: int, user_ids: Sequence[int]) -> str:
    """The sheet of a generation that has ended, with a line of each; its slug."""
    generation = db.session.get_one(Generation, generation_id)
    for number, user_id in enumerate(user_ids, start=1):
        line = Contribution(round_id=generation.round_id, user_id=user_id, text=f"Line {number}.")
        db.session.add(line)
        db.session.flush()
    db.session.expire(generation.round)
    lay_out(generation.round)
    db.session.commit()
    query = select(Sheet.slug).where(Sheet.round_id == generation.round_id)
    return db.session.scalars(query).one()


def lay_out(round_: Round) -> None:
    """Gives it its sheet."""
    hues = sheets.hues(round_)
    people = [SheetPerson(user_id=user_id, hue=hue) for user_id, hue in hues.items()]
    db.session.add(Sheet(slug=sheets.new_slug(), round_id=round_.id, people=people))


def written_sheet(*names: str, text: str = TEXT, recipe: str = "story") -> str:
    """Some people make a sheet, each in a line, and pay a credit each; its slug.

    Whoever they are, they have left their room.
    """
    ids = [make_user(name, credits=100).id for name in names]
    generation_id = histories.held_generation(dict.fromkeys(ids, 2))
    round_id = db.session.get_one(Generation, generation_id).round_id
    db.session.execute(SET_RECIPE, {"recipe": recipe, "id": round_id})
    histories.end_generation(generation_id, dict.fromkeys(ids, 1), body=text)
    slug = made_sheet(generation_id, ids)
    for user_id in ids:
        room = rooms.current_room(user_id)
        if room:
            rooms.leave(room, user_id)
    db.session.commit()
    return slug


def publish(slug: str) -> None:
    """Everybody in it agrees."""
    sheet = db.session.scalars(select(Sheet).filter_by(slug=slug)).one()
    for user_id in [person.user_id for person in sheet.people]:
        agreements.vote(sheet, user_id=user_id, word="agree")
    db.session.commit()


@dataclass
class Visit:
    """Somebody's browser on the pages of sheets."""

    browser: Browser

    def page(self, slug: str) -> str:
        """The words of a sheet's page."""
        answer = self.browser.get(f"/sheets/{slug}")
        assert answer.status_code == 200
        return words(answer)

    def status(self, slug: str) -> int:
        return self.browser.get(f"/sheets/{slug}").status_code

    def send(self, slug: str, what: str, **fields: str) -> TestResponse:
        """A form of the sheet's page."""
        return self.browser.submit(f"/sheets/{slug}/{what}", page=f"/sheets/{slug}", **fields)

    def say(self, slug: str, word: str) -> None:
        assert self.send(slug, "vote", vote=word).status_code == 303


def words(answer: TestResponse) -> str:
    """What a page says, with plain apostrophes."""
    html = unescape(answer.get_data(as_text=True))
    text = re.sub(r"<[^>]+>", " ", html).replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")
    return re.sub(r" ([.,])", r"\1", " ".join(text.split()))


def visits(browser: Callable[[], Browser], sign_in_as: SignInAs, *names: str) -> list[Visit]:
    """A browser for each, signed in."""
    browsers = [browser() for _ in names]
    for one, name in zip(browsers, names, strict=True):
        sign_in_as(one, name)
    return [Visit(one) for one in browsers]
