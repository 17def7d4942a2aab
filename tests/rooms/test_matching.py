"""Several processes match at the same moment: nobody sits twice, nobody is left over."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from functools import partial

import pytest
from flask import Flask
from sqlalchemy import text
from werkzeug.test import TestResponse

from potluck.credits.ledger import InsufficientCredits
from potluck.database import db
from potluck.live import pool
from potluck.quick_reads import CONNECTIONS_MAX
from potluck.rooms import matching, rooms
from tests.conftest import SignInAs
from tests.people import Browser, make_user, wait_in_pool

MATCHERS = 4
SEATS = text("SELECT room_id, user_id FROM room_members WHERE left_at IS NULL")
WAIT_FOR_LOCKS = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
LEFT_WAITING = text("SELECT user_id FROM pool_entries")

pytestmark = pytest.mark.usefixtures("table")


@pytest.mark.parametrize("people", [2, 3, 9, 26])
def test_matchers_that_race_seat_everybody_once(app: Flask, people: int) -> None:
    before = set(db.session.execute(SEATS).all())
    waiting = _waiting(people)
    _at_once(app, [matching.match_waiting] * MATCHERS)
    seated = [seat for seat in db.session.execute(SEATS).all() if seat not in before]
    left = list(db.session.scalars(LEFT_WAITING))
    assert sorted([seat.user_id for seat in seated] + left) == sorted(waiting)
    # Rooms of four are made first, so one person may be alone, and never a pair.
    assert len(left) == (1 if people % matching.PEOPLE_MAX == 1 else 0)
    by_room = [seat.room_id for seat in seated]
    assert all(
        matching.PEOPLE_MIN <= by_room.count(room) <= matching.PEOPLE_MAX for room in by_room
    )


def test_whoever_was_banned_while_they_waited_is_seated_with_nobody(app: Flask) -> None:
    mallory, *others = _waiting(3)
    db.session.execute(text("UPDATE users SET banned_at = now() WHERE id = :id"), {"id": mallory})
    db.session.commit()
    matching.match_waiting()
    seated = {seat.user_id for seat in db.session.execute(SEATS).all()}
    assert seated & {mallory, *others} == set(others)
    assert mallory not in db.session.scalars(LEFT_WAITING).all()


def test_who_opens_a_room_while_they_are_matched_sits_in_one_room(app: Flask) -> None:
    waiting = _waiting(8)

    def open_own(user_id: int) -> Callable[[], None]:
        def create() -> None:
            try:
                rooms.create_room([user_id])
                db.session.commit()
            except rooms.AlreadyInRoom:
                db.session.rollback()

        return create

    _at_once(app, [matching.match_waiting, *map(open_own, waiting[:3]), matching.match_waiting])
    matching.match_waiting()
    seated = [seat.user_id for seat in db.session.execute(SEATS).all()]
    for user_id in waiting[:3]:
        assert seated.count(user_id) == 1
    assert len(db.session.scalars(LEFT_WAITING).all()) <= 1


def test_joining_while_being_matched_gives_no_place_beside_the_room(app: Flask) -> None:
    waiting = _waiting(2)
    refusals: list[str] = []

    def join() -> None:
        try:
            matching.join_pool(waiting[0])
        except rooms.AlreadyInRoom as refusal:
            refusals.append(refusal.code)

    assert matching._match().seated == waiting
    other_tab = threading.Thread(target=lambda: _at_once(app, [join]))
    other_tab.start()
    _wait_until_somebody_waits()
    db.session.commit()
    other_tab.join()
    assert refusals == ["already_in_room"]
    assert db.session.scalars(LEFT_WAITING).all() == []


@pytest.mark.parametrize("path", ["/pool", "/pool/ticket"])
def test_looking_at_the_pool_while_being_matched_leads_to_the_room(
    path: str, client: Browser, sign_in_as: SignInAs
) -> None:
    """Without scripts the page loads itself again only while it shows a place."""
    penny = sign_in_as(client, "Penny", credits=1000).id
    for user_id in (penny, make_user("Newcomer", credits=1000).id):
        wait_in_pool(user_id)
    db.session.commit()
    matching._match()
    answers: list[TestResponse] = []
    page = threading.Thread(target=lambda: answers.append(client.get(path)))
    page.start()
    _wait_until_somebody_waits()
    db.session.commit()
    page.join()
    room = rooms.current_room(penny)
    assert room
    assert [answer.location for answer in answers] == [f"/rooms/{room.code}"]


def test_nobody_who_asks_something_waits_behind_those_who_wait_for_a_match(app: Flask) -> None:
    waiting = _waiting(2)
    newcomers = [make_user(f"Newcomer {number}").id for number in range(2 * CONNECTIONS_MAX)]
    db.session.commit()
    assert matching._match().seated == waiting
    joins = [partial(pool.join, user_id) for user_id in newcomers]
    crowd = threading.Thread(target=lambda: _at_once(app, joins))
    crowd.start()
    _wait_until_somebody_waits(people=len(newcomers))
    assert pool.count() == 2
    assert _number_who_wait() == len(newcomers)
    db.session.commit()
    crowd.join()
    assert pool.count() == len(newcomers)


def test_who_comes_in_one_moment_is_answered_each_for_themselves() -> None:
    rich, seated = (make_user(name, credits=1000) for name in ("Rich", "Seated"))
    poor = make_user("Poor")
    rooms.create_room([seated.id])
    db.session.commit()
    asked = [rich.id, poor.id, seated.id, rich.id]
    joined = matching.join_all(asked)
    assert [each.has_place for each in joined] == [True, False, False, True]
    assert joined[0].waiting == 1
    refusals = {poor.id: InsufficientCredits, seated.id: rooms.AlreadyInRoom}
    for user_id, refusal in refusals.items():
        with pytest.raises(refusal):
            matching.join_pool(user_id)
    assert db.session.scalars(LEFT_WAITING).all() == [rich.id]


def test_who_leaves_in_one_moment_is_told_how_many_are_left() -> None:
    ada, ben, chiyo = _waiting(3)
    left = pool.leave_all([ben, chiyo, -1])
    assert left == [(True, 1), (True, 1), (False, 1)]
    assert db.session.scalars(LEFT_WAITING).all() == [ada]


def test_leaving_while_being_matched_leaves_one_or_the_other(app: Flask) -> None:
    waiting = _waiting(4)
    left: list[int] = []

    def leave(user_id: int) -> Callable[[], None]:
        def go() -> None:
            try:
                matching.leave_pool(user_id)
                left.append(user_id)
            except rooms.AlreadyInRoom:
                db.session.rollback()

        return go

    _at_once(app, [matching.match_waiting, *map(leave, waiting[:2])])
    matching.match_waiting()
    seated = {seat.user_id for seat in db.session.execute(SEATS).all()}
    assert seated.isdisjoint(left)
    assert seated.union(left).issuperset(waiting)


def test_somebody_behind_people_who_cannot_pay_is_matched_all_the_same(app: Flask) -> None:
    for number in range(5):
        wait_in_pool(make_user(f"Poor {number}").id)
    db.session.commit()
    waiting = _waiting(2)
    matching.match_waiting()
    seated = {seat.user_id for seat in db.session.execute(SEATS).all()}
    assert seated.issuperset(waiting)
    assert db.session.scalars(LEFT_WAITING).all() == []


def _waiting(people: int) -> list[int]:
    """So many with credits, who have waited since before the last wave."""
    ids = [make_user(f"Person {number}", credits=1000).id for number in range(people)]
    for user_id in ids:
        wait_in_pool(user_id)
    db.session.commit()
    return ids


def _wait_until_somebody_waits(people: int = 1) -> None:
    """Until another transaction waits for a lock that is held here."""
    deadline = time.monotonic() + 4
    while _number_who_wait() < people:
        assert time.monotonic() < deadline


def _number_who_wait() -> int:
    with db.engine.connect() as connection:
        return connection.scalar(WAIT_FOR_LOCKS) or 0


def _at_once(app: Flask, acts: Sequence[Callable[[], object]]) -> None:
    """Each in a thread of its own, with connections of its own, let go at the same moment."""
    start = threading.Barrier(len(acts))
    failures: list[Exception] = []

    def run(act: Callable[[], object]) -> None:
        with app.app_context():
            start.wait()
            try:
                act()
            except Exception as error:  # noqa: BLE001 - raised again by the test
                failures.append(error)
            finally:
                db.session.remove()

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    db.session.rollback()
    assert not failures, failures
