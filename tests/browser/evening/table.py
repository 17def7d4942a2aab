"""Who sits at the table this evening, how a round is begun, and what must be true after each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.browser.evening.dara import Dara
from tests.browser.evening.house import WELCOME_CREDITS, House, Written, until
from tests.browser.evening.windows import NOBODY_ANSWERS, OFFLINE, Window, parts

ADA, BEN, CHIYO, DARA = "Ada Okafor", "Ben Castillo", "Chiyo Tanaka", "Dara Lindqvist"
NAMES = [ADA, BEN, CHIYO, DARA]
WAITING, PAUSES_AFTER_WORDS = "scripted-waiting", {24, 36}
# With all that a text may lose on its way from hand to hand.
LINES = {
    ADA: "A lighthouse keeper — 83 — who fears the dark.",
    BEN: "Zoë & <b>crème brûlée</b> & a 👩\u200d👩\u200d👧 who waits.",
    CHIYO: "三人の友達と一匹の猫。",
    DARA: 'שלום, said "nobody" at all.',
}


@dataclass
class Table:
    """`paid` is what everybody's bills of the evening come to so far."""

    house: House
    ada: Window
    ben: Window
    chiyo: Window
    dara: Dara
    # Those who have come so far.
    windows: list[Window]
    number: int = 1
    paid: Counter[str] = field(default_factory=Counter)

    def begin(self, recipe: str, *, model: str = "scripted", payment: str = "split") -> None:
        """The host opens the next round."""
        page = self.ada.page
        page.locator("#another-recipe summary").click()
        page.locator(f"input[name='recipe'][value='{recipe}']").check()
        page.get_by_label("Written by").select_option(model)
        page.get_by_label("Who pays").select_option(payment)
        self.ada.choose("Another round")
        self.comes("collecting", number=self.number + 1)

    def try_again(self) -> None:
        """The host has what failed made once more, of the same lines."""
        self.ada.choose("Try again")
        self.number += 1

    @contextmanager
    def offline(self, window: Window) -> Iterator[None]:
        """Somebody's network is gone, and comes back."""
        window.excused |= OFFLINE
        window.page.context.set_offline(offline=True)
        window.expect_cut_off()
        yield
        window.page.context.set_offline(offline=False)
        window.expect_connected()

    @contextmanager
    def killed(self) -> Iterator[None]:
        """The process is gone for everybody, and is started again."""
        for window in self.windows:
            window.excused |= NOBODY_ANSWERS
        self.house.kill()
        for window in self.windows:
            window.expect_cut_off()
        yield
        self.house.open()
        for window in self.windows:
            window.expect_connected()

    def add_lines(self, *names: str) -> None:
        """Each puts a line in; where that is everybody, it begins."""
        seats = {each.name: each.add_line for each in (self.ada, self.ben, self.chiyo, self.dara)}
        for name in names:
            seats[name](f"{LINES[name]} ({self.number})")

    def comes(self, phase: str, *, number: int | None = None) -> None:
        """Waits until everybody sees that."""
        self.number = number or self.number
        for window in self.windows:
            window.expect(self.number, phase)
        until(lambda: self.dara.phases.get(self.number) == phase, f"Dara doesn't hear of {phase}")

    def pause(self, windows: Sequence[Window] | None = None, *, after: str = "") -> str:
        """Waits until the text pauses later than `after`, and everybody shows just that.

        Returns what everybody shows. By then the row holds it, too.
        """

        def has_paused() -> bool:
            written = self.house.written()
            is_later = written.number == self.number and len(written.text) > len(after)
            return is_later and len(written.text.split()) in PAUSES_AFTER_WORDS

        def state() -> str:
            lines = self.house.lines(self.number)
            return f"no pause in {self.number} with lines of {lines}: {self.house.written()}"

        until(has_paused, state)
        written = self.house.written()
        for window in self.windows if windows is None else windows:
            window.expect_text(written.text)
        until(lambda: self.dara.has(written), "Dara has another text")
        return written.text

    def check(
        self, phase: str, *, payers: Collection[str], whole: Sequence[Window] | None = None
    ) -> Written:
        """Proves that everybody has the same text, and that the bill is right.

        `whole` are the windows that have followed the text to its end: all, if nobody is named.
        """
        self.comes(phase)
        written = self.house.written()
        assert (written.number, written.state) == (self.number, phase)
        self._check_texts(written, self.windows if whole is None else whole)
        self._check_bill(written, payers)
        self._check_balances()
        return written

    def _check_texts(self, written: Written, whole: Sequence[Window]) -> None:
        assert self.dara.has(written), self.dara.texts
        assert not self.dara.trouble, self.dara.trouble
        for window in whole:
            assert window.shown_while_written(written.generation) == written.text, window.name
        rounds = {window.name: window.round() for window in self.windows}
        rounds["fresh"] = self.ada.fresh_round()
        assert len(set(rounds.values())) == 1, rounds

    def _check_bill(self, written: Written, payers: Collection[str]) -> None:
        for window in self.windows:
            cost, paid = parts(window.bill(), NAMES)
            assert cost == written.cost == sum(paid.values()), window.bill()
            assert paid == self.house.captured(written.generation)
            assert paid.keys() == set(payers)
        self.paid.update(paid)

    def _check_balances(self) -> None:
        for window in self.windows:
            window.expect_available(self._left(window.name))
        assert self.dara.available() == self._left(DARA)

    def _left(self, name: str) -> int:
        """What somebody can spend, when what they paid is taken from what they were given."""
        balance = self.house.balances()[name]
        assert balance.posted == WELCOME_CREDITS - self.paid[name], name
        return balance.available
