"""The way of money to credits, each piece of which may be the last that a process does."""

from __future__ import annotations

from dataclasses import asdict
from http import HTTPStatus
from typing import Any

from tests.faults import people
from tests.faults.paths import Scene, only_true
from tests.faults.people import Visitor

PACK = "taster"
PACK_CREDITS = 2000
CLICKS_MAX = 5

PURCHASES = "SELECT * FROM purchases WHERE user_id = :user_id"
TOP_UPS = """
    SELECT amount FROM entries
    JOIN transfers ON transfers.id = entries.transfer_id AND transfers.kind = 'topup'
    JOIN accounts ON accounts.id = entries.account_id WHERE user_id = :user_id
"""


class Buy:
    """The click on Buy, up to Stripe's page. Whoever saw an error clicks again, and pays."""

    def prepare(self) -> Scene:
        return {"buyer": asdict(Visitor.sign_in("Dana"))}

    def run(self, scene: Scene) -> None:
        click_buy(buyer_in(scene))

    def has_arrived(self, scene: Scene) -> bool:
        return [purchase.state for purchase in purchases_in(scene)] == ["open"]

    def recover(self, scene: Scene) -> None:
        session_id = click_buy(buyer_in(scene))
        people.pay(session_id)
        hear_of(people.completed(session_id))

    def complaints(self, scene: Scene) -> list[str]:
        """One purchase, one checkout at Stripe, one top-up of what the pack holds."""
        buyer = buyer_in(scene)
        states = [purchase.state for purchase in purchases_in(scene)]
        checkouts = people.checkouts([str(purchase.id) for purchase in purchases_in(scene)])
        balance = people.balance(buyer.user_id)
        top_ups = [row.amount for row in people.rows(TOP_UPS, user_id=buyer.user_id)]
        return only_true(
            {
                f"the purchases are {states}": states != ["paid"],
                f"Stripe has {len(checkouts)} checkouts": len(checkouts) != 1,
                f"the top-ups are {top_ups}": top_ups != [PACK_CREDITS],
                f"the balance is {balance}": balance != (PACK_CREDITS, 0),
            }
        )


class BuyAgain(Buy):
    """The click on Buy by somebody whose checkout stands open."""

    def prepare(self) -> Scene:
        scene = super().prepare()
        click_buy(buyer_in(scene))
        return scene


class ReturnFromStripe(Buy):
    """The page that Stripe sends a buyer to. No event comes: they look at the page once more."""

    def prepare(self) -> Scene:
        scene = super().prepare()
        session_id = click_buy(buyer_in(scene))
        people.pay(session_id)
        (purchase,) = purchases_in(scene)
        page = f"/billing/checkouts/{purchase.id}"
        return {**scene, "page": page, "event": people.completed(session_id)}

    def run(self, scene: Scene) -> None:
        answer = buyer_in(scene).get(scene["page"])
        assert "credits are yours" in answer.get_data(as_text=True)

    def has_arrived(self, scene: Scene) -> bool:
        return [purchase.state for purchase in purchases_in(scene)] == ["paid"]

    def recover(self, scene: Scene) -> None:
        self.run(scene)


class HearFromStripe(ReturnFromStripe):
    """The event of a payment, for a tab that was closed. Unanswered, Stripe sends it again."""

    def run(self, scene: Scene) -> None:
        hear_of(scene["event"])


def buyer_in(scene: Scene) -> Visitor:
    return Visitor(**scene["buyer"])


def purchases_in(scene: Scene) -> list[Any]:
    return people.rows(PURCHASES, user_id=buyer_in(scene).user_id)


def click_buy(buyer: Visitor) -> str:
    """Clicks until Stripe's page is there; the id of its checkout.

    A checkout that Stripe is still making for the click before answers with 'try again'.
    """
    for _ in range(CLICKS_MAX):
        answer = buyer.post("/billing/checkouts", pack=PACK)
        if answer.status_code != HTTPStatus.SERVICE_UNAVAILABLE:
            break
    assert answer.status_code == HTTPStatus.SEE_OTHER, answer.get_data(as_text=True)
    return answer.location.rpartition("/")[2]


def hear_of(event: str) -> None:
    answer = people.deliver(event)
    assert answer.status_code == HTTPStatus.OK, answer.get_data(as_text=True)
