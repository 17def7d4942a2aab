"""The way of credits to a text: reserved, dispatched, streamed, settled."""

from __future__ import annotations

from dataclasses import asdict
from http import HTTPStatus

from potluck.database import db
from potluck.rooms import generation, leases, rooms, rounds
from potluck.rooms.recipes import recipe
from tests.faults import aftermath, people
from tests.faults.paths import Scene, only_true
from tests.faults.people import Visitor, balance, unique
from tests.people import make_user

GIFT_CREDITS = 1000
# The scripted model repeats it, a word every 20 ms: long enough for the row to be saved once,
# half a second in.
LINE = "A frog who sings"

ENDED = """
    SELECT generations.state, cost_credits, room_id FROM generations
    JOIN rounds ON rounds.id = round_id WHERE room_id = :room_id
"""


class Spend:
    """The last line into the pot: everybody's share is held and the text ordered.

    Afterwards nobody serves for as long as credits may be stuck, and then the sweep comes.
    """

    def prepare(self) -> Scene:
        ada = Visitor.sign_in("Ada", credits=GIFT_CREDITS)
        ben_id = make_user(unique("Ben"), credits=GIFT_CREDITS).id
        room = rooms.create_room([ada.user_id, ben_id])
        rounds.open_round(room, recipe("story"))
        rounds.contribute(room, user_id=ben_id, line=LINE)
        db.session.commit()
        return {"ada": asdict(ada), "ben_id": ben_id, "room_id": room.id, "code": room.code}

    def run(self, scene: Scene) -> None:
        answer = Visitor(**scene["ada"]).post(f"/rooms/{scene['code']}/contribution", line=LINE)
        assert answer.status_code == HTTPStatus.SEE_OTHER

    def has_arrived(self, scene: Scene) -> bool:
        return self._states(scene) == ["reserved"]

    def recover(self, scene: Scene) -> None:  # noqa: ARG002 - the installation does it by itself
        aftermath.let_time_pass(seconds=aftermath.STUCK_SECONDS_MAX)
        aftermath.take_orders()
        aftermath.settle_abandoned()

    def complaints(self, scene: Scene) -> list[str]:
        """Both paid half of what the text cost, or nobody anything."""
        generations = people.rows(ENDED, room_id=scene["room_id"])
        cost = sum(row.cost_credits or 0 for row in generations)
        balances = [balance(user_id) for user_id in (scene["ada"]["user_id"], scene["ben_id"])]
        states = [(row.state, bool(row.cost_credits)) for row in generations]
        paid = sorted(GIFT_CREDITS - posted for posted, _ in balances)
        return only_true(
            {
                f"the text is {states}": states not in ([], [("done", True)], [("failed", False)]),
                f"{paid} was paid for {cost}": paid != [cost // 2, cost - cost // 2],
                f"the balances are {balances}": any(held for _, held in balances),
            }
        )

    def _states(self, scene: Scene) -> list[str]:
        return [row.state for row in people.rows(ENDED, room_id=scene["room_id"])]


class Settle(Spend):
    """A live process takes the order, has the text written and settles it.

    Another starts at once, takes what nobody took, and after a while what somebody dropped.
    """

    def prepare(self) -> Scene:
        scene = super().prepare()
        super().run(scene)
        return scene

    def run(self, scene: Scene) -> None:  # noqa: ARG002 - as it finds it in the database
        lease = leases.claim()
        assert lease
        generation.run(lease)

    def has_arrived(self, scene: Scene) -> bool:
        return self._states(scene) == ["done"]

    def recover(self, scene: Scene) -> None:
        aftermath.take_orders()
        super().recover(scene)


class Sweep(Settle):
    """The sweep itself, over what a process dropped that had dispatched."""

    def prepare(self) -> Scene:
        scene = super().prepare()
        lease = leases.claim()
        assert lease
        leases.dispatch(lease)
        aftermath.let_time_pass(seconds=leases.LEASE_SECONDS)
        return scene

    def run(self, scene: Scene) -> None:  # noqa: ARG002 - as it finds it in the database
        generation.settle_abandoned()

    def has_arrived(self, scene: Scene) -> bool:
        return self._states(scene) == ["failed"]
