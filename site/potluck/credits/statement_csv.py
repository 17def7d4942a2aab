"""The statement as a file for a spreadsheet: everything, or the days that are asked for."""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from http import HTTPStatus
from typing import IO, Self

from potluck import languages
from potluck.credits import statement
from potluck.credits.statement import Place, Row
from potluck.refusals import Refusal
from potluck.texts import gettext as _

ROWS_MAX = 100_000
# A smaller file never touches the disk.
MEMORY_BYTES_MAX = 1024 * 1024
DAY_MIN = date(2020, 1, 1)
DAY_MAX = date(2099, 12, 31)
DAY = timedelta(days=1)
COLUMNS = ("time", "kind", "room", "round", "reference", "credits", "held", "balance", "available")
# A cell that begins so is a formula to a spreadsheet, https://owasp.org/www-community/attacks/CSV_Injection
FORMULA_BEGINS = ("=", "+", "-", "@", "\t", "\r", "\n")


class BadDays(Refusal):
    """There can't be a file of these days."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY
    code = "bad_days"


@dataclass(frozen=True, slots=True)
class Days:
    """From the beginning of `first` to the end of `last`, in UTC; None is without an end."""

    first: date | None
    last: date | None

    @classmethod
    def read(cls, asked: Mapping[str, str]) -> Self:
        """What `from` and `to` say; raises `BadDays`."""
        first, last = _day(asked.get("from", "")), _day(asked.get("to", ""))
        if first and last and first > last:
            message = _(
                "The first day, %(first)s, is after the last one, %(last)s. Swap them.",
                first=first,
                last=last,
            )
            raise BadDays(message)
        return cls(first, last)

    @property
    def since(self) -> datetime | None:
        """The moment from which on rows count."""
        return _midnight(self.first) if self.first else None

    @property
    def before(self) -> Place | None:
        """The place before which they count."""
        return Place(_midnight(self.last + DAY)) if self.last else None

    @property
    def filename(self) -> str:
        """What the file is called where it is saved."""
        last = self.last or datetime.now(UTC).date()
        return f"potluck-credits-{self.first or 'start'}-to-{last}.csv"


def write(user_id: int, days: Days) -> IO[bytes]:
    """The file, ready to be read; raises `BadDays` where it would have too many rows.

    Written down in full before anything is sent, so that nobody who reads slowly keeps a
    connection of the database, and a file that arrives is whole.
    """
    file = tempfile.SpooledTemporaryFile(max_size=MEMORY_BYTES_MAX)  # noqa: SIM115 - sent later
    try:
        _fill(file, user_id, days)
    except BaseException:
        file.close()
        raise
    file.seek(0)
    return file


def _fill(file: IO[bytes], user_id: int, days: Days) -> None:
    lines = io.TextIOWrapper(file, encoding="utf-8", newline="", write_through=True)
    try:
        table = csv.writer(lines)
        table.writerow(COLUMNS)
        with statement.everything(
            user_id, since=days.since, before=days.before, rows_max=ROWS_MAX + 1
        ) as rows:
            for count, row in enumerate(rows, 1):
                if count > ROWS_MAX:
                    raise BadDays(_too_many_rows())
                table.writerow(_cells(row))
    finally:
        # Otherwise the wrapper would take the file with it.
        lines.detach()


def _too_many_rows() -> str:
    return _("That is more than %(rows)s rows. Choose fewer days.", rows=languages.number(ROWS_MAX))


def _cells(row: Row) -> tuple[str | int, ...]:
    return (
        row.at.astimezone(UTC).isoformat(timespec="microseconds"),
        row.kind,
        row.room_code or "",
        row.round_number or "",
        harmless(row.reference),
        row.posted,
        row.held,
        row.balance,
        row.available,
    )


def harmless(cell: str) -> str:
    """The text so that a spreadsheet shows it, and runs nothing."""
    return f"'{cell}" if cell.startswith(FORMULA_BEGINS) else cell


def _day(written: str) -> date | None:
    if not written:
        return None
    try:
        day = date.fromisoformat(written)
    except ValueError:
        message = _("A day is written like 2026-11-05. Choose it again, or leave it empty.")
        raise BadDays(message) from None
    if not DAY_MIN <= day <= DAY_MAX:
        message = _(
            "Statements are of days from %(first)s to %(last)s. Choose one between them.",
            first=DAY_MIN,
            last=DAY_MAX,
        )
        raise BadDays(message)
    return day


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
