"""A sheet as somebody sees it: who is named on it, how it begins, what it cost whom."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from potluck.credits.payers import Payer
from potluck.rooms import reactions, sheet_text
from potluck.rooms.models import Generation
from potluck.rooms.preview_content import Picture
from potluck.rooms.reactions import Mark
from potluck.rooms.sheet_models import Sheet, SheetPerson
from potluck.rooms.sheet_reads import SheetRead
from potluck.rooms.sheets import words as sheet_words
from potluck.texts import gettext as _
from potluck.texts import ngettext

SOMEBODYS_INITIALS = "?"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody beside the text. Whoever took their name off keeps their hue and pattern."""

    name: str
    initials: str
    hue: int
    line: str
    is_named: bool
    is_viewer: bool


@dataclass(frozen=True, slots=True)
class Share:
    """What somebody paid of the round."""

    name: str
    credits: int
    is_viewer: bool


@dataclass(frozen=True, slots=True)
class Face:
    """Everything that a page or a card shows of a sheet."""

    sheet: Sheet
    title: str
    opening: str
    recipe: str
    people: Sequence[Person]
    marks: Sequence[Mark]

    @property
    def html(self) -> Markup:
        """The text itself."""
        return sheet_text.html(_generation(self.sheet).text)

    @property
    def generation(self) -> Generation:
        """What it cost, and the model."""
        return _generation(self.sheet)

    @property
    def path(self) -> str:
        """Its address on this site."""
        return f"/sheets/{self.sheet.slug}"

    @property
    def picture(self) -> Picture:
        """What its preview shows, in the reader's language."""
        people = tuple((person.initials, person.hue) for person in self.people)
        art = self.generation.picture
        name = art.name if art else None
        return Picture(
            title=self.title,
            opening=self.opening,
            recipe=_(self.recipe),
            byline=ngettext(
                "From one line.", "From a line each by %(num)s people.", len(self.people)
            ),
            people=people,
            art=name,
        )


def of_reads(reads: Iterable[SheetRead], viewer_id: int | None) -> list[Face]:
    """In the order of the sheets."""
    return [of_read(each, viewer_id) for each in reads]


def of_read(read: SheetRead, viewer_id: int | None) -> Face:
    """Of one sheet."""
    return _face(read.sheet, viewer_id, reactions.as_marks(read.marks))


def without_marks(sheet: Sheet) -> Face:
    """To a stranger, where nothing shows what people make of it."""
    return _face(sheet, None, ())


def split(sheet: Sheet, payers: Iterable[Payer], viewer_id: int) -> list[Share]:
    """Who paid how much, for those who were there; who paid for others too is among them."""
    names = {person.user_id: _name(person) for person in sheet.people}
    return [
        Share(
            names.get(payer.user_id, payer.name),
            payer.captured,
            is_viewer=payer.user_id == viewer_id,
        )
        for payer in payers
        if payer.captured
    ]


def _face(sheet: Sheet, viewer_id: int | None, marks: Sequence[Mark]) -> Face:
    text = sheet_words(sheet)
    people = {person.user_id: person for person in sheet.people}
    return Face(
        sheet=sheet,
        title=sheet_text.title(text),
        opening=sheet_text.opening(text),
        # The file of an old recipe may be gone.
        recipe=sheet.round.kept_recipe.title,
        people=[
            _person(people[line.user_id], line=line.text, viewer_id=viewer_id)
            for line in sheet.round.contributions
            if line.user_id in people
        ],
        marks=marks,
    )


def _person(person: SheetPerson, *, line: str, viewer_id: int | None) -> Person:
    return Person(
        name=_name(person),
        initials=person.user.initials if person.is_named else SOMEBODYS_INITIALS,
        hue=person.hue,
        line=line,
        is_named=person.is_named,
        is_viewer=person.user_id == viewer_id,
    )


def _name(person: SheetPerson) -> str:
    return person.user.name if person.is_named else _("somebody")


def _generation(sheet: Sheet) -> Generation:
    """No sheet is made without one."""
    assert sheet.round.generation
    return sheet.round.generation
