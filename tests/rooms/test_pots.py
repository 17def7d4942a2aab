"""A pot pays for rounds, and gives back to each what is left of theirs."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from potluck.credits import holds, ledger, pricing
from potluck.database import db
from potluck.rooms import closing, orders, pots, rooms
from potluck.rooms.models import Room
from tests.credits import histories
from tests.rooms.conftest import Table
from tests.rooms.four import ADA, BEN, CHIYO, DARA, Four

# As the webhook writes it.
LOSE = text("""
    WITH lost AS (UPDATE disputes SET state = 'lost' WHERE id = :reference)
    UPDATE purchases SET clawed_credits = 99 WHERE id = :purchase_id
""")
pytestmark = pytest.mark.fault("M25")
STAKES = st.dictionaries(st.integers(1, 9), st.integers(0, 50), min_size=1, max_size=8)


@pytest.fixture
def pot(four: Four) -> Four:
    """Ada and Ben put in a hundred each, Chiyo ten; the pot pays for the first round."""
    for who, amount in ((ADA, 100), (BEN, 100), (CHIYO, 10)):
        put_in(four, who, amount)
    assert four.submit(ADA, "payment", payment="pot").status_code == 303
    return four


def put_in(four: Four, who: int, amount: int) -> None:
    assert four.submit(who, "pot", amount=str(amount)).status_code == 303


def stakes(four: Four) -> list[int]:
    """What each has in the pot."""
    found = holds.pot(four.table.room_id)
    db.session.rollback()
    return [found.get(person.id, 0) for person in four.table.people]


@given(STAKES, st.data())
def test_each_gives_alike_until_theirs_is_used_up_and_never_less_of_more(
    parts: dict[int, int], data: st.DataObject
) -> None:
    total = data.draw(st.integers(0, sum(parts.values())))
    first = data.draw(st.integers(0, 20))
    taken = pricing.drained(parts, total, first=first)
    assert sum(taken.values()) == total
    assert all(0 < taken[key] <= parts[key] for key in taken)
    most = max(taken.values(), default=0)
    for key, part in parts.items():
        assert taken.get(key, 0) >= min(part, most - 1)
    if total:
        less = pricing.drained(parts, total - 1, first=first)
        assert all(less.get(key, 0) <= taken.get(key, 0) for key in parts)


def test_what_is_in_the_pot_is_held_and_still_ones_own(pot: Four) -> None:
    assert pot.table.balances() == [(1000, 100), (1000, 100), (1000, 10), (1000, 0)]
    put_in(pot, ADA, 50)
    assert stakes(pot) == [150, 100, 10, 0]
    assert "The pot holds 260 credits, 150 of them yours" in pot.composer(ADA)
    assert pot.submit(ADA, "pot/removal").status_code == 303
    assert pot.table.balances()[ADA] == (1000, 0)
    page = pot.words(ADA, "/credits")
    assert f"Put into the pot of room {pot.table.room.code}" in page
    assert f"Taken out of the pot of room {pot.table.room.code}" in page


@pytest.mark.parametrize("amount", ["0", "-5", "", "many", "1.5", "1000001", "9" * 40])
def test_what_is_no_amount_is_not_put_in(four: Four, amount: str) -> None:
    assert four.submit(ADA, "pot", amount=amount).status_code == 422
    assert stakes(four) == [0, 0, 0, 0]


def test_a_form_that_comes_again_puts_nothing_in_again(pot: Four) -> None:
    form = {"amount": "50", "stake": "100"}
    for _ in range(2):
        assert pot.submit(ADA, "pot", **form).status_code == 303
        assert stakes(pot) == [150, 100, 10, 0]
    pot.submit(ADA, "pot/removal")
    answer = pot.submit(ADA, "pot", **form)
    assert answer.status_code == 409
    assert "has changed meanwhile" in answer.get_data(as_text=True)
    assert stakes(pot) == [0, 100, 10, 0]


def test_nobody_puts_in_what_they_do_not_have(pot: Four) -> None:
    assert pot.submit(ADA, "pot", amount="901").status_code == 402
    assert pot.submit(ADA, "pot", amount="900").status_code == 303
    assert pot.table.balances()[ADA] == (1000, 1000)


def test_the_pot_pays_and_gets_back_what_the_round_did_not_need(pot: Four) -> None:
    pot.add_lines(ADA, DARA)
    pot.submit(ADA, "generation")
    round_ = pot.table.write()
    assert round_.generation
    cost = round_.generation.cost_credits
    assert cost
    paid = [1000 - posted for posted, _ in pot.table.balances()]
    assert sum(paid) == cost
    assert paid[DARA] == 0
    assert max(paid[:3]) - min(paid[:3]) <= 1 or paid[CHIYO] == 10
    assert stakes(pot) == [100 - paid[ADA], 100 - paid[BEN], 10 - paid[CHIYO], 0]
    assert f"This round cost {cost} credit" in pot.page(DARA)
    bill = pot.page(DARA).partition("This round cost")[2]
    for who, name in ((ADA, "Ada"), (BEN, "Ben"), (CHIYO, "Chiyo")):
        assert (f"{name} {paid[who]}" in bill) == (paid[who] > 0)


def test_a_round_that_fails_costs_the_pot_nothing(pot: Four) -> None:
    pot.table.use_model("scripted-500")
    pot.add_lines(ADA)
    pot.submit(ADA, "generation")
    assert pot.table.write().phase == "failed"
    assert stakes(pot) == [100, 100, 10, 0]


def test_a_pot_that_is_too_small_starts_nothing_and_says_so(four: Four) -> None:
    put_in(four, ADA, 1)
    four.submit(ADA, "payment", payment="pot")
    four.add_lines(ADA, BEN)
    answer = four.submit(ADA, "generation")
    assert answer.status_code == 402
    assert "the pot holds 1" in answer.get_data(as_text=True)
    assert four.table.round.phase == "collecting"
    assert stakes(four) == [1, 0, 0, 0]


def test_a_round_whose_lines_are_all_in_starts_as_soon_as_the_pot_covers_it(four: Four) -> None:
    put_in(four, ADA, 1)
    four.submit(ADA, "payment", payment="pot")
    four.add_lines(ADA, BEN, CHIYO, DARA)
    assert four.table.round.phase == "collecting"
    put_in(four, BEN, 500)
    assert four.table.round.phase == "generating"
    four.table.write()


def test_who_leaves_takes_theirs_along(pot: Four) -> None:
    pot.submit(BEN, "leave")
    assert pot.table.balances()[BEN] == (1000, 0)
    assert stakes(pot) == [100, 0, 10, 0]


def test_who_leaves_while_the_model_writes_gets_the_rest_back_and_the_pot_does_not(
    pot: Four,
) -> None:
    pot.add_lines(ADA)
    pot.submit(ADA, "generation")
    pot.submit(BEN, "leave")
    assert stakes(pot)[BEN] == 0
    pot.table.write()
    posted, held = pot.table.balances()[BEN]
    assert posted < 1000
    assert held == 0
    assert stakes(pot)[BEN] == 0


def test_a_closed_room_gives_the_pot_back(pot: Four) -> None:
    pot.add_lines(ADA)
    pot.submit(ADA, "generation")
    pot.submit(ADA, "closing")
    pot.table.write()
    assert [held for _, held in pot.table.balances()] == [0, 0, 0, 0]


def test_a_deserted_room_gives_the_pot_back(pot: Four) -> None:
    closing.close(pot.table.room)
    db.session.commit()
    assert pot.table.balances() == [(1000, 0)] * 4


def test_credits_that_a_bank_froze_leave_the_pot_and_nobody_is_charged(pot: Four) -> None:
    pot.freeze(BEN)
    pot.add_lines(ADA)
    answer = pot.submit(ADA, "generation")
    assert answer.status_code == 402
    assert "were given back" in answer.get_data(as_text=True)
    assert stakes(pot) == [100, 0, 10, 0]
    assert pot.submit(ADA, "generation").status_code == 303
    pot.table.write()
    pot.thaw(BEN)
    assert pot.table.balances()[BEN] == (1000, 0)


@pytest.mark.fault("M14")
def test_what_comes_out_of_a_pot_repays_a_debt_first(pot: Four) -> None:
    """The money of a purchase went back after its credits were put in."""
    ben = pot.table.people[BEN].id
    purchase_id = histories.buy(ben, 99)
    pot.take_all(BEN)
    reference = histories.dispute(ben, purchase_id, 99)
    db.session.execute(LOSE, {"reference": reference, "purchase_id": purchase_id})
    db.session.commit()
    assert pot.table.balances()[BEN] == (100, 100)
    pot.add_lines(ADA)
    assert pot.submit(ADA, "generation").status_code == 402
    assert pot.table.balances()[BEN] == (1, 0)
    assert ledger.balance(ben).owed == 0
    assert stakes(pot) == [100, 0, 10, 0]
    assert pot.submit(ADA, "generation").status_code == 303
    pot.table.write()


@pytest.mark.parametrize("attempt", range(8))
def test_who_leaves_as_the_round_starts_leaves_nothing_behind(
    pot: Four, app: Flask, attempt: int
) -> None:
    """In either order; the audit after each test finds credits of somebody who has no seat."""
    pot.add_lines(ADA, CHIYO)
    room_id, ben = pot.table.room_id, pot.table.people[BEN].id

    def leave() -> None:
        with app.app_context():
            room = db.session.get_one(Room, room_id)
            db.transact(lambda: rooms.leave(room, ben))
            db.session.remove()

    def start() -> None:
        with app.app_context():
            room = db.session.get_one(Room, room_id)
            db.transact(lambda: orders.order(room))
            db.session.remove()

    works = (leave, start) if attempt % 2 else (start, leave)
    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(work) for work in works]:
            done.result()
    assert stakes(pot)[BEN] == 0
    pot.table.write()
    assert stakes(pot)[BEN] == 0
    assert pot.table.balances()[BEN][1] == 0


def test_members_of_a_pot_round_need_no_credits_of_their_own(pot: Four) -> None:
    pot.take_all(DARA)
    assert pot.add_line(DARA).status_code == 303


def test_a_pot_is_only_for_those_who_sit_there(table: Table) -> None:
    stranger = table.people[0].id
    rooms.leave(table.room, stranger)
    db.session.commit()
    assert holds.pot(table.room_id) == {}
    with pytest.raises(pots.BadStake):
        pots.put_in(table.room, user_id=stranger, amount_credits=None, seen_credits=None)
