"""The way of money back: asked for here, or heard of from Stripe."""

from __future__ import annotations

import uuid

from potluck.billing import refunds
from tests.faults import aftermath, people
from tests.faults.buying import PACK_CREDITS, HearFromStripe, buyer_in, hear_of, purchases_in
from tests.faults.paths import Scene, only_true

REFUNDS = "SELECT state FROM refunds WHERE purchase_id = :purchase_id"
REASON = "The operator is kind"


class Refund(HearFromStripe):
    """An operator gives half of a purchase back; what they began the sweep brings to its end."""

    def prepare(self) -> Scene:
        scene = super().prepare()
        hear_of(scene["event"])
        (purchase,) = purchases_in(scene)
        facts = {"purchase_id": str(purchase.id), "payment_id": purchase.payment_intent_id}
        return {**scene, **facts, "amount_minor": purchase.paid_minor // 2}

    def run(self, scene: Scene) -> None:
        refund_id = uuid.uuid4()
        refunds.request(
            refund_id,
            purchase_id=scene["purchase_id"],
            amount_minor=scene["amount_minor"],
            reason=REASON,
            requested_by=None,
        )
        refunds.carry_out(refund_id)

    def has_arrived(self, scene: Scene) -> bool:
        return self._states(scene) == ["succeeded"]

    def recover(self, scene: Scene) -> None:  # noqa: ARG002 - the installation does it by itself
        aftermath.let_time_pass(seconds=aftermath.STUCK_SECONDS_MAX)
        refunds.sweep()

    def complaints(self, scene: Scene) -> list[str]:
        """Half of the money and half of the credits went, once; or neither, and no trace."""
        states = self._states(scene)
        made = people.refunds(scene["payment_id"])
        balance = people.balance(buyer_in(scene).user_id)
        return only_true(
            {
                f"the refunds are {states}": states not in ([], ["succeeded"]),
                f"Stripe made {len(made)} refunds of {states}": len(made) != len(states),
                f"the balance is {balance}": balance
                != (PACK_CREDITS - len(states) * PACK_CREDITS // 2, 0),
            }
        )

    def _states(self, scene: Scene) -> list[str]:
        return [row.state for row in people.rows(REFUNDS, purchase_id=scene["purchase_id"])]


class HearOfRefund(Refund):
    """The event of a refund that somebody made in Stripe's dashboard."""

    def prepare(self) -> Scene:
        scene = super().prepare()
        refund_id = people.refund(scene["payment_id"], amount_minor=scene["amount_minor"])
        return {**scene, "event": people.event("refund.created", about=refund_id)}

    def run(self, scene: Scene) -> None:
        hear_of(scene["event"])

    def recover(self, scene: Scene) -> None:
        hear_of(scene["event"])
