"""The texts that one process has written at the same time are saved together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from potluck.accounts import export
from potluck.database import db
from potluck.rooms import generation, leases, orders, rooms, rounds, running
from potluck.rooms.leases import Lease, LeaseLost, Written
from potluck.rooms.recipes import recipe
from potluck.rooms.running import SAVE_EVERY_SECONDS, Running
from tests.people import make_user
from tests.rooms.conftest import Table

SAVED = "SELECT id, text || tail AS text FROM generations ORDER BY id"
PARTS = "SELECT text, tail FROM generations WHERE id = :id"
LONG = "Once there was a frog who sang to the moon. "


@pytest.fixture
def two(table: Table) -> Iterator[list[Running]]:
    """Texts in two rooms, of which each has a first piece; both are due to be saved."""
    table.add_lines("A frog who sings.", "A flooded cellar.")
    table.start()
    _start_elsewhere()
    with ExitStack() as making:
        texts = [_begun() for _ in range(2)]
        for running in texts:
            making.enter_context(running.making())
            running.add(["Once "])
            running.saved_at -= SAVE_EVERY_SECONDS
        yield texts


def test_what_is_due_is_saved_with_whatever_is_saved_first(two: list[Running]) -> None:
    first, second = two
    first.save_in_time()
    assert list(_saved().values()) == ["Once ", "Once "]
    second.add(["there was"])
    second.save_in_time()
    assert list(_saved().values()) == ["Once ", "Once "]


def test_of_many_so_many_are_saved_at_once(
    two: list[Running], monkeypatch: pytest.MonkeyPatch
) -> None:
    save, saved_at_once = leases.save, []

    def count_and_save(texts: Mapping[Lease, Written]) -> dict[Lease, bool]:
        saved_at_once.append(len(texts))
        return save(texts)

    monkeypatch.setattr(running, "SAVED_AT_ONCE_MAX", 1)
    monkeypatch.setattr(leases, "save", count_and_save)
    two[0].save_in_time()
    assert saved_at_once == [1, 1]
    assert list(_saved().values()) == ["Once ", "Once "]


def test_a_stop_is_heard_by_the_text_that_was_stopped(two: list[Running]) -> None:
    first, second = two
    _change(second.lease, "stop_requested_at = now()")
    first.save_in_time()
    assert (first.stop.is_set(), second.stop.is_set()) == (False, True)


def test_only_the_text_whose_lease_was_taken_ends(two: list[Running]) -> None:
    first, second = two
    _change(second.lease, "lease_epoch = lease_epoch + 1")
    first.save_in_time()
    with pytest.raises(LeaseLost):
        second.save_in_time()
    assert _saved() == {first.lease.generation_id: "Once ", second.lease.generation_id: ""}


def test_a_text_that_has_ended_is_saved_with_no_other(two: list[Running]) -> None:
    first, second = two
    with second.making():
        pass
    first.save_in_time()
    assert _saved() == {first.lease.generation_id: "Once ", second.lease.generation_id: ""}


def test_a_long_text_is_saved_by_what_it_has_grown_by(two: list[Running]) -> None:
    first = two[0]
    _grow(first, LONG)
    _grow(first, "It ")
    _grow(first, "sang.")
    assert _parts(first) == (f"Once {LONG}", "It sang.")
    _grow(first, LONG)
    assert _parts(first) == (f"Once {LONG}It sang.{LONG}", "")


@pytest.mark.parametrize("is_done", [False, True])
def test_a_save_of_which_nobody_knows_whether_it_was_done_costs_no_word(
    two: list[Running], monkeypatch: pytest.MonkeyPatch, *, is_done: bool
) -> None:
    first = two[0]
    _grow(first, LONG)
    save = leases.save

    def save_and_break(texts: Mapping[Lease, Written]) -> dict[Lease, bool]:
        if is_done:
            save(texts)
        raise OperationalError("", {}, Exception("the answer was lost"))

    with monkeypatch.context() as broken:
        broken.setattr(leases, "save", save_and_break)
        with pytest.raises(OperationalError):
            _grow(first, LONG)
    _grow(first, "It ")
    assert _saved()[first.lease.generation_id] == f"Once {LONG}{LONG}It "


def test_a_text_that_is_given_up_keeps_what_it_had_grown_by(two: list[Running]) -> None:
    first = two[0]
    _grow(first, LONG)
    _grow(first, "It ")
    _change(first.lease, "lease_expires_at = now() - interval '1 s'")
    generation.settle_abandoned()
    assert _parts(first) == (f"Once {LONG}It ", "")


def test_who_takes_their_data_along_has_all_of_a_text_that_grows(
    table: Table, two: list[Running]
) -> None:
    _grow(two[0], LONG)
    _grow(two[0], "It ")
    with export.write(table.people[0].id) as file:
        assert f"Once {LONG}It " in file.read().decode()


def _grow(running: Running, piece: str) -> None:
    running.add([piece])
    running.saved_at -= SAVE_EVERY_SECONDS
    running.save_in_time()


def _parts(running: Running) -> tuple[str, str]:
    db.session.rollback()
    row = db.session.execute(text(PARTS), {"id": running.lease.generation_id}).one()
    return row.text, row.tail


def _start_elsewhere() -> None:
    room = rooms.create_room([make_user("Chiyo", credits=1000).id])
    rounds.open_round(room, recipe("story"))
    rounds.contribute(room, user_id=room.members[0].user_id, line="A lamp.")
    orders.order(room)
    db.session.commit()


def _begun() -> Running:
    lease = leases.claim()
    assert lease
    leases.dispatch(lease)
    return Running(lease, room_id=1)


def _saved() -> dict[int, str]:
    return {row.id: row.text for row in db.session.execute(text(SAVED))}


def _change(lease: Lease, what: str) -> None:
    query = f"UPDATE generations SET {what} WHERE id = :id"  # noqa: S608 - ours
    db.session.execute(text(query), {"id": lease.generation_id})
    db.session.commit()
