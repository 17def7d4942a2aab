"""Whatever happened: the rows of a statement add up to the balance, one by one and in the end."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from potluck.credits import ledger, statement
from potluck.credits.ledger import InsufficientCredits
from potluck.credits.statement import Row
from potluck.database import db
from tests.credits import histories
from tests.people import make_user

pytestmark = pytest.mark.usefixtures("database")

names = itertools.count(1)


class Story:
    """Two members, and what a list of numbers makes happen to them."""

    def __init__(self) -> None:
        self.members = [make_user(f"Member {next(names)}").id for _ in range(2)]
        self.purchases = [(user_id, histories.buy(user_id, 50)) for user_id in self.members]
        self.generations: list[tuple[int, dict[int, int]]] = []
        self.refunds: list[tuple[int, object, int]] = []
        self.disputes: list[tuple[int, str, int]] = []
        self.steps: list[Callable[[int, int], None]] = [
            self.buy,
            self.gift,
            self.hold_alone,
            self.hold_together,
            self.settle,
            self.release,
            self.ask_refund,
            self.refund,
            self.dispute,
            self.win,
        ]

    def buy(self, user_id: int, credits: int) -> None:
        self.purchases.append((user_id, histories.buy(user_id, credits)))

    def gift(self, user_id: int, credits: int) -> None:
        key = f"{user_id}-{next(histories.numbers)}"
        ledger.grant(user_id=user_id, amount_credits=credits, key=key, reason="Luck")
        db.session.commit()

    def hold_alone(self, user_id: int, credits: int) -> None:
        self._hold({user_id: credits})

    def hold_together(self, _user_id: int, credits: int) -> None:
        self._hold(dict.fromkeys(self.members, credits))

    def _hold(self, amounts: dict[int, int]) -> None:
        try:
            self.generations.append((histories.held_generation(amounts), amounts))
        except InsufficientCredits:
            db.session.rollback()

    def settle(self, _user_id: int, credits: int) -> None:
        if self.generations:
            generation_id, amounts = self.generations.pop()
            shares = {user_id: min(credits, held) for user_id, held in amounts.items()}
            histories.end_generation(generation_id, shares)

    def release(self, _user_id: int, _credits: int) -> None:
        if self.generations:
            histories.end_generation(self.generations.pop(0)[0], {}, state="failed")

    def ask_refund(self, user_id: int, credits: int) -> None:
        purchase_id = next(id_ for buyer, id_ in reversed(self.purchases) if buyer == user_id)
        refund_id = histories.ask_refund(user_id, purchase_id, credits)
        if refund_id:
            self.refunds.append((user_id, refund_id, credits))

    def refund(self, _user_id: int, credits: int) -> None:
        if self.refunds:
            user_id, refund_id, _ = self.refunds.pop()
            histories.refund(user_id, refund_id, credits)  # type: ignore[arg-type]

    def dispute(self, user_id: int, credits: int) -> None:
        purchase_id = next(id_ for buyer, id_ in self.purchases if buyer == user_id)
        reference = histories.dispute(user_id, purchase_id, credits)
        self.disputes.append((user_id, reference, credits))

    def win(self, _user_id: int, _credits: int) -> None:
        if self.disputes:
            histories.win(*self.disputes.pop())


def read_through(user_id: int, *, rows_max: int) -> list[Row]:
    """Every page, from the newest to the oldest."""
    page = statement.page(user_id, rows_max=rows_max)
    rows = page.rows
    while page.older:
        page = statement.page(user_id, before=page.older, rows_max=rows_max)
        assert page.rows
        rows = rows + page.rows
    return rows


def check(user_id: int, *, rows_max: int) -> list[Row]:
    """The member's rows, newest first, once they have been counted through."""
    now = ledger.balance(user_id)
    rows = read_through(user_id, rows_max=rows_max)
    assert sum(row.posted for row in rows) == now.posted
    assert sum(row.held for row in rows) == now.held
    assert -sum(row.repaid for row in rows) == now.owed
    assert len({row.place for row in rows}) == len(rows)
    posted = held = 0
    for row in reversed(rows):
        posted, held = posted + row.posted, held + row.held
        assert (row.balance, row.available) == (posted, posted - held)
        assert 0 <= held <= posted, row
    with statement.everything(user_id, since=None, before=None, rows_max=1000) as every:
        assert list(every) == rows
    return rows


def test_what_a_round_gives_back_repays_a_debt_after_it_was_given_back() -> None:
    ada, ben = (make_user(name, credits=40).id for name in ("Ada", "Ben"))
    generation_id = histories.held_generation({ada: 30, ben: 30})
    for user_id in (ada, ben):
        histories.dispute(user_id, histories.buy(user_id, 10), 50)
    histories.end_generation(generation_id, {ada: 12, ben: 11})
    for user_id, figures in ((ada, [-12, -18, 18]), (ben, [-11, -19, 19])):
        rows = check(user_id, rows_max=2)[:3]
        assert [row.kind for row in rows] == ["repayment", "released", "capture"]
        repayment, released, capture = rows
        assert [capture.posted, released.held, repayment.repaid] == figures


@pytest.mark.parametrize("returned", [20, 30, 45])
def test_a_refund_is_taken_from_what_was_held_for_it(returned: int) -> None:
    ada = make_user("Ada").id
    purchase_id = histories.buy(ada, 60)
    refund_id = histories.ask_refund(ada, purchase_id, 30)
    assert refund_id
    histories.dispute(ada, purchase_id, 50)
    histories.refund(ada, refund_id, returned)
    taken = check(ada, rows_max=2)[0]
    assert (taken.kind, taken.held) == ("refund", -min(returned, 30))


@settings(
    max_examples=30,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    steps=st.lists(
        st.tuples(st.integers(0, 9), st.integers(0, 1), st.integers(1, 60)),
        min_size=20,
        max_size=50,
    ),
    rows_max=st.integers(1, 9),
)
def test_the_rows_of_any_history_add_up_to_the_balance(
    steps: list[tuple[int, int, int]], rows_max: int
) -> None:
    story = Story()
    for step, member, credits in steps:
        story.steps[step](story.members[member], credits)
    for user_id in story.members:
        check(user_id, rows_max=rows_max)
