"""A million people over fifty processes, by the app's own code on a real PostgreSQL.

Time is the simulation's: a beat follows the last as soon as that is done, so what is counted is
what a beat costs, and not whether this machine keeps up.
"""

from __future__ import annotations

import json
import random
from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import psycopg

from potluck.announcements import CHANNEL
from potluck.database import db
from potluck.live import WRITE_EVERY_SECONDS, pool, presence
from potluck.live.presence import GRACE_SECONDS
from potluck.rooms import entrance, leases, matching
from potluck.rooms.leases import Lease, Written
from tests.bench.scale_costs import HABITS, Habits, Load
from tests.bench.scale_processes import Clock, SimulatedProcess
from tests.bench.spent import Meter, Spent
from tests.live import population

# Everything is slower here than the clock by which PostgreSQL lets leases lapse.
STRETCH = "UPDATE live_processes SET expires_at = now() + interval '1 hour'"
STRETCH_PLACES = "UPDATE pool_entries SET expires_at = now() + interval '1 hour'"
DIE = "UPDATE live_processes SET expires_at = '-infinity' WHERE id = %s"
ALIVE = "SELECT count(*) FROM live_processes WHERE expires_at > now()"
PEOPLE_ROWS, ONLOOKER_ROWS = (
    "SELECT count(*) FROM live_people",
    "SELECT count(*) FROM live_onlookers",
)
TRUTH = "SELECT sum(connections), count(DISTINCT person) FROM live_people"
ROOMS = "SELECT room_id, user_id FROM room_members"
# One text in each room that was made, as a process is having them written.
WRITE = """
    INSERT INTO generations (round_id, price_id, messages, output_tokens_max, state, lease_epoch)
    SELECT rounds.id, model_prices.id, '[]', 1, 'dispatched', 1 FROM rounds, model_prices
    RETURNING id
"""
# Half of a text of three thousand characters, as it is on average while it is written.
TEXT = "A lighthouse keeper who fears the dark. " * 40
SAVES = 20
NOTIFY = "SELECT pg_notify(%s, %s)"
LAST = "last"
# As many as come between two looks.
MATCHED_AT_ONCE = 40


@dataclass(frozen=True)
class Plan:
    """How many, and so much of the simulation's time is looked at, in seconds.

    To count the others takes long, so `readers` do it where all would.
    """

    people: int = 1_000_000
    processes: int = 50
    seconds: float = 2
    habits: Habits = HABITS
    readers: int = 3
    waiting: int = 2_000
    matched: int = 200

    @property
    def load(self) -> Load:
        """What the arithmetic says of it."""
        return Load(self.people, self.habits)


@dataclass
class Found:
    """What was counted, and what the phases took."""

    counts: Counter[str] = field(default_factory=Counter)
    spent: dict[str, Spent] = field(default_factory=dict)
    are_counts_right: bool = False


class Simulation:
    """All of it, phase by phase. Runs inside the app's context, beside nobody."""

    def __init__(self, plan: Plan, owner: psycopg.Connection) -> None:
        self.plan = plan
        self.found = Found()
        self._owner = owner
        self._meter = Meter(owner)
        self._clock = Clock()
        self._processes = [SimulatedProcess(self._clock) for _ in range(plan.processes)]
        # In the order in which they came: each person's connections.
        self._people: deque[list[tuple[SimulatedProcess, str]]] = deque()
        self._next_person = 0
        self._due = 0.0
        # Always the same, so that two runs are of the same evening.
        self._chance = random.Random(plan.people)  # noqa: S311

    def run(self) -> Found:
        """Everybody comes, some go and others come, a process dies, and some are matched."""
        info = self._owner.info
        with psycopg.connect(info.dsn, password=info.password, autocommit=True) as listening:
            listening.execute(f"LISTEN {CHANNEL}".encode())
            self._listening = listening
            for _ in range(self.plan.people):
                self._newcomer()
            self._phase("writing", self._write_all)
            self._play(GRACE_SECONDS)
            self.found.counts.clear()
            self._note_rows()
            self._phase("beats", lambda: self._play(self.plan.seconds))
        self._phase("reading", self._read)
        self._phase("leases", self._renew)
        self._phase("burial", self._bury)
        self._wait_in_pool()
        self._phase("matching", self._match)
        self._phase("pushing", self._push_presence)
        ids = [number for (number,) in self._owner.execute(WRITE).fetchall()]
        self._phase("saving", lambda: self._save(ids))
        return self.found

    def _phase(self, name: str, phase: Callable[[], None]) -> None:
        self._owner.execute(STRETCH)
        self.found.spent[name] = self._meter.spent_on(phase)

    def _newcomer(self) -> None:
        """On whichever process, and a second tab on another."""
        number, habits = self._next_person, self.plan.habits
        self._next_person += 1
        at, other = self._chance.sample(self._processes, 2)
        tabs, person = [(at, f"{number}")], f"{number:032x}"
        if number % round(1 / habits.second_tabs) == 0:
            tabs.append((other, f"{number}-2"))
        for process, sid in tabs:
            process.connect(sid, person=person)
        if number % round(1 / habits.at_rooms) == 0:
            # Friends don't come and go in the same moment.
            room_id = number // round(1 / habits.at_rooms) % max(round(self.plan.load.rooms), 1)
            at.presence.enter_room(f"{number}", room_id=room_id, user_id=number)
        self._people.append(tabs)

    def _write_all(self) -> None:
        for process in self._processes:
            process.rows.write_changes()
            self._owner.execute(STRETCH)
        self._hear(by=0)

    def _note_rows(self) -> None:
        people, onlookers = self._number(PEOPLE_ROWS), self._number(ONLOOKER_ROWS)
        self.found.counts.update(people_rows=people, onlooker_rows=onlookers)

    def _play(self, seconds: float) -> None:
        """As many come as go; each process writes what changed, and all hear of it."""
        load = self.plan.load
        for _ in range(round(seconds / WRITE_EVERY_SECONDS)):
            self._clock.seconds += WRITE_EVERY_SECONDS
            self._due += load.arrivals * WRITE_EVERY_SECONDS
            while self._due >= 1:
                self._due -= 1
                for process, sid in self._people.popleft():
                    process.disconnect(sid)
                self._newcomer()
            for process in self._processes:
                self._write(process)
            self._hear(by=len(self._processes))

    def _write(self, process: SimulatedProcess) -> None:
        process.presence._let_go()
        changed = process.unwritten
        process.rows.write_changes()
        self.found.counts.update(batches=int(changed > 0), rows_written=changed)

    def _hear(self, *, by: int) -> None:
        """Hands every announcement to so many processes, as their listeners would."""
        # They come in the order of the commits, so this is the last.
        self._owner.execute(NOTIFY, [CHANNEL, json.dumps({"kind": LAST})])
        for notify in self._listening.notifies():
            ids = json.loads(notify.payload)
            kind = ids.pop("kind")
            if kind == LAST:
                break
            self.found.counts["notices"] += 1
            for process in self._processes[:by]:
                process.hear(kind, **ids)
        for process in self._processes[:by]:
            self.found.counts["rooms_told"] += len(process.presence.take_stale_rooms())

    def _read(self) -> None:
        """Whoever counts the others and itself has what the rows say."""
        sums = set()
        for process in self._processes[: self.plan.readers]:
            process.crowd.others_changed()
            process.crowd.read_others()
            count = process.crowd.count()
            sums.add((count.connections, count.people))
        self.found.are_counts_right = sums == set(self._owner.execute(TRUTH).fetchall())

    def _renew(self) -> None:
        for process in self._processes:
            process.processes.keep_lease()
        self.found.counts["leases"] = self._number(ALIVE)

    def _bury(self) -> None:
        """One is gone without a word, and another finds out."""
        before = self._number(PEOPLE_ROWS)
        self._owner.execute(DIE, [self._processes[-1].processes.current_id()])
        self._processes[0].processes.keep_lease()
        self.found.counts["rows_buried"] = before - self._number(PEOPLE_ROWS)
        self.found.counts["survivors"] = self._number(ALIVE)

    def _wait_in_pool(self) -> None:
        """Everybody who waits has a socket on some process, which renews the place."""
        self._members = population.make_members(self._owner, people=self.plan.waiting)
        for number, user_id in enumerate(self._members):
            pool.join(user_id)
            process = self._processes[number % len(self._processes)]
            process.waiting.wait(f"{number}", user_id=user_id)
        db.session.commit()
        self._phase("keeping", self._keep)
        self._owner.execute("DELETE FROM pool_entries")

    def _keep(self) -> None:
        for process in self._processes:
            process.waiting.keep_places()
        self.found.counts["places_kept"] = pool.count()

    def _match(self) -> None:
        for at in range(0, self.plan.matched, MATCHED_AT_ONCE):
            for user_id in self._members[at : min(at + MATCHED_AT_ONCE, self.plan.matched)]:
                pool.join(user_id)
            db.session.commit()
            self._owner.execute(STRETCH_PLACES)
            matching.match_waiting()
        self.found.counts["rooms_made"] = self._number("SELECT count(*) FROM rooms")

    def _push_presence(self) -> None:
        """A process tells each of these rooms who is there."""
        for room_id, user_id in self._owner.execute(ROOMS).fetchall():
            presence.enter_room(f"{user_id}", room_id=room_id, user_id=user_id)
            presence.room_changed(room_id=room_id)
        entrance.push_presence()

    def _save(self, ids: Sequence[int]) -> None:
        """As one process does for all of its texts, a few times."""
        for seq in range(SAVES):
            written = Written(f"{TEXT}{seq}", "", seq)
            saved = leases.save({Lease(number, epoch=1): written for number in ids})
            self.found.counts["texts_saved"] += len(saved)

    def _number(self, query: str) -> int:
        (number,) = self._owner.execute(query.encode()).fetchone() or (0,)
        return int(number)
