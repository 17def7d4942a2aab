"""A saved card buys a pack while its owner is away."""

from __future__ import annotations

from dataclasses import asdict
from http import HTTPStatus

from potluck.billing import automatic
from tests.billing.saved_cards import give_card, pack_id, session_id_of
from tests.faults import aftermath, people
from tests.faults.buying import PACK_CREDITS, buyer_in
from tests.faults.paths import Scene, only_true
from tests.faults.people import Visitor

PURCHASES = "SELECT state FROM purchases WHERE user_id = :user_id"
CUSTOMER = "SELECT customer_id FROM saved_cards WHERE user_id = :user_id"


class TopUp:
    """The sweep finds somebody who runs low; what it began the next one brings to its end."""

    def prepare(self) -> Scene:
        ida = Visitor.sign_in("Ida")
        to_stripe = ida.post("/billing/card")
        assert to_stripe.status_code == HTTPStatus.SEE_OTHER
        give_card(to_stripe.location)
        ida.get(f"/billing/card?session_id={session_id_of(to_stripe.location)}")
        rule = {"pack": pack_id(), "threshold": "500", "monthly_cap": "20"}
        assert ida.post("/billing/automatic-top-up", **rule).status_code == HTTPStatus.SEE_OTHER
        return {"buyer": asdict(ida)}

    def run(self, scene: Scene) -> None:  # noqa: ARG002 - it is the only one who runs low
        automatic.sweep()

    def has_arrived(self, scene: Scene) -> bool:
        return people.balance(buyer_in(scene).user_id) == (PACK_CREDITS, 0)

    def recover(self, scene: Scene) -> None:  # noqa: ARG002 - the installation does it by itself
        aftermath.let_time_pass(seconds=aftermath.STUCK_SECONDS_MAX)
        automatic.sweep()

    def complaints(self, scene: Scene) -> list[str]:
        """The pack was bought and charged, once."""
        user_id = buyer_in(scene).user_id
        states = [row.state for row in people.rows(PURCHASES, user_id=user_id)]
        (card,) = people.rows(CUSTOMER, user_id=user_id)
        charges = people.charges(card.customer_id)
        balance = people.balance(user_id)
        return only_true(
            {
                f"the purchases are {states}": states != ["paid"],
                f"the card was charged {charges} times": charges != 1,
                f"the balance is {balance}": balance != (PACK_CREDITS, 0),
            }
        )
