"""Four people at a table, of whom one has the credits no more when it counts."""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING

from werkzeug.test import TestResponse

from potluck.credits import ledger
from potluck.database import db
from tests.people import Browser, make_user

if TYPE_CHECKING:
    from tests.rooms.conftest import Table

NAMES = ("Ada", "Ben", "Chiyo", "Dara")
ADA, BEN, CHIYO, DARA = range(4)


class Four:
    """Ada, the host, Ben, Chiyo and Dara, with a browser each; Chiyo can't pay any more."""

    def __init__(self, table: Table, browsers: list[Browser]) -> None:
        self.table = table
        self.browsers = browsers
        self.path = f"/rooms/{table.room.code}"

    def add_lines(self, *who: int) -> None:
        """Each adds a line on the page."""
        for one in who:
            assert self.add_line(one).status_code == 303

    def add_line(self, who: int) -> TestResponse:
        return self.submit(who, "contribution", line=f"{NAMES[who]}'s frog.")

    def decide(self, who: int, choice: str) -> TestResponse:
        """What the buttons of the offer send."""
        return self.submit(who, "generation", short=choice)

    def submit(self, who: int, what: str, **fields: str) -> TestResponse:
        return self.browsers[who].submit(f"{self.path}/{what}", page=self.path, **fields)

    def page(self, who: int) -> str:
        """What the room's page says to somebody."""
        return self.words(who, self.path)

    def composer(self, who: int) -> str:
        """Somebody's own part of it."""
        return self.words(who, f"{self.path}/composer")

    def words(self, who: int, path: str) -> str:
        """The words of a page, with plain apostrophes."""
        html = unescape(self.browsers[who].get(path).get_data(as_text=True))
        words = re.sub(r"<[^>]+>", " ", html).replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")
        return " ".join(words.split())

    def give(self, who: int, credits: int) -> None:
        make_user(NAMES[who], credits=credits)

    def take_all(self, who: int) -> None:
        """They spend everything in another room, a moment before."""
        user_id = self.table.people[who].id
        balance = ledger.balance(user_id)
        ledger._post(
            user_id=user_id,
            amount_credits=-balance.available,
            house="promotions",
            key=f"test:{user_id}:{balance.seq}",
            kind="grant",
            reference="A test takes it back",
        )
        db.session.commit()

    def freeze(self, who: int) -> None:
        """Their bank looks into a payment, until `thaw`."""
        ledger.freeze(self.table.people[who].id)
        db.session.commit()

    def thaw(self, who: int) -> None:
        ledger.thaw(self.table.people[who].id)
        db.session.commit()

    def held(self) -> list[int]:
        return [held for _, held in self.table.balances()]

    def paid(self) -> list[int]:
        """By person, of the thousand that they began with; Chiyo's are zero."""
        return [0 if n == CHIYO else 1000 - p for n, (p, _) in enumerate(self.table.balances())]

    def names_of_lines(self) -> set[str]:
        return {line.user.name for line in self.table.round.contributions}
