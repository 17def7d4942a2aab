"""What came of a round: its card, who sees it, what people make of it."""

from __future__ import annotations

from typing import Any

from potluck.rooms import reports
from potluck.rooms.faces import Person, Share
from potluck.rooms.reactions import Mark, labels
from potluck.styleguide.money_samples import AT
from potluck.styleguide.room_samples import LINES, generation_of
from potluck.styleguide.samples import NAMES, Sample, opened, person, thing


def groups() -> dict[str, list[Sample]]:
    """By what the page calls them."""
    return {
        "Sheet cards": _cards(),
        "Sheet: beside the text": _marginalia(),
        "Sheet: who sees it": _agreements(),
        "Reactions, sharing and reporting": _reactions(),
        "One’s own sheets": _lists(),
    }


def face(
    sheet: Any = None, *, people: int = 3, unnamed: int = 0, count: int = 12, title: str = ""
) -> Any:
    """A sheet as its viewer sees it."""
    shown = [
        Person(
            name="somebody" if n > people - unnamed else NAMES[n - 1],
            initials="?" if n > people - unnamed else person(n).initials,
            hue=n,
            line=LINES[n - 1],
            is_named=n <= people - unnamed,
            is_viewer=n == 1,
        )
        for n in range(1, people + 1)
    ]
    return thing(
        sheet=sheet or sheet_of(),
        path="/sheets/forty-trumpets",
        recipe="A short story",
        title=title or "Forty trumpets",
        opening="Marit kept the lamp at Skerry Point for eleven years and slept with a candle.",
        people=shown,
        marks=[
            Mark(kind, label, count, count > 0 and kind == "warm")
            for kind, label in labels().items()
        ],
        generation=generation_of(),
    )


def _marks(count: int) -> list[Mark]:
    said = labels().items()
    return [Mark(kind, label, count, count > 0 and kind == "warm") for kind, label in said]


def sheet_of(
    *, mine: str | None = None, others: str | None = None, proposed: bool = False, **changes: Any
) -> Any:
    """A sheet of three, and what they say of making it public."""
    votes = [mine, others, None]
    people = [thing(user_id=n, vote=vote, is_named=True) for n, vote in enumerate(votes, start=1)]
    terms = {
        "slug": "forty-trumpets",
        "people": people,
        "proposed_at": AT if proposed else None,
        "published_at": None,
        "hidden_at": None,
        "is_public": False,
        "created_at": AT,
        "round": thing(phase="done"),
    }
    return thing(**{**terms, **changes})


def _cards() -> list[Sample]:
    name, long = "sheets/_card.html", "A title that is much longer than a card is wide: " * 2
    stranger = {"current_user": thing(is_authenticated=False, id=None)}
    return [
        Sample("Three people", name, {"face": face()}),
        Sample("One without a name, no marks", name, {"face": face(people=2, unnamed=1, count=0)}),
        Sample("Eight people, a long title", name, {"face": face(people=8, unnamed=3, title=long)}),
        Sample("To whoever is signed out", name, {"face": face(), **stranger}),
    ]


def _marginalia() -> list[Sample]:
    sheet = sheet_of()
    split = [Share("Ada", 9, is_viewer=True), Share("Ben", 9, is_viewer=False)]
    inside = {"face": face(sheet), "sheet": sheet, "split": split, "origin": face()}
    return [
        Sample("Lines", "sheets/_lines.html", inside, frame="marginalia"),
        Sample("Facts", "sheets/_facts.html", inside, frame="marginalia"),
    ]


def _agreements() -> list[Sample]:
    sheets = {
        "Not asked yet": sheet_of(),
        "Asked by others": sheet_of(others="agreed", proposed=True),
        "Agreed": sheet_of(mine="agreed", proposed=True),
        "Kept private by oneself": sheet_of(mine="vetoed", proposed=True),
        "Kept private by somebody": sheet_of(mine="agreed", others="vetoed", proposed=True),
        "Public": sheet_of(mine="agreed", published_at=AT, is_public=True, proposed=True),
    }
    return [
        Sample(name, "sheets/_agreement.html", {"sheet": sheet, "me": sheet.people[0]})
        for name, sheet in sheets.items()
    ]


def _reactions() -> list[Sample]:
    stranger = {"current_user": thing(is_authenticated=False, id=None)}
    sheet = sheet_of(is_public=True)
    reasons = {"reasons": reports.reasons()}
    shared = {"face": face(sheet), "sheet": sheet, "is_undecided": False}
    return [
        Sample("To members", "sheets/_reactions.html", shared),
        Sample("To whoever is signed out", "sheets/_reactions.html", {**shared, **stranger}),
        Sample("Nobody yet", "sheets/_reactions.html", {"face": face(count=0)}),
        Sample("Sharing", "sheets/_share.html", shared, "sheet-page"),
        Sample(
            "Sharing, signed out", "sheets/_share.html", {**shared, **stranger}, frame="sheet-page"
        ),
        opened(Sample("Reporting", "sheets/_report.html", {**shared, **reasons})),
    ]


def _lists() -> list[Sample]:
    faces = [
        face(sheet_of()),
        face(sheet_of(proposed=True, others="agreed"), title="A goat that can count"),
        face(sheet_of(proposed=True, mine="agreed"), title="The verdict on leaf blowers"),
        face(sheet_of(published_at=AT), title="Rain"),
        face(sheet_of(hidden_at=AT), title="Something rude"),
    ]
    return [
        Sample("Every state", "home/_sheets.html", {"sheets": faces}),
        Sample("None yet", "home/_sheets.html", {"sheets": []}),
    ]
