"""What waits for a decision, as the control page and its JSON list it."""

from . import attempts, charges, disputes, payment_methods, refund_outcomes
from .store import Body, Condition, Store, flagged, where

LISTED_MAX = 50
CHARGES_MAX = 10
# Most have succeeded for good, so only those of the card that says so are offered to fail.
REFUNDS_LOOKED_AT_MAX = 100


def lists(store: Store) -> dict[str, list[Body]]:
    return {
        "payment_intents": store.select(
            attempts.KIND, [where("status", "=", "processing")], limit=LISTED_MAX
        ),
        "refunds": _refunds(store),
        "disputes": store.select(
            disputes.KIND, [where("status", "IN", *disputes.OPEN)], limit=LISTED_MAX
        ),
        "charges": store.select(charges.KIND, _undisputed(), limit=CHARGES_MAX),
    }


def _refunds(store: Store) -> list[Body]:
    statuses = (*refund_outcomes.UNSETTLED, "succeeded")
    latest = store.select(
        refund_outcomes.KIND, [where("status", "IN", *statuses)], limit=REFUNDS_LOOKED_AT_MAX
    )
    return [refund for refund in latest if refund["status"] != "succeeded" or _fails(store, refund)]


def _fails(store: Store, refund: Body) -> bool:
    method = store.load(payment_methods.KIND, refund["payment_method"])
    return payment_methods.played(store, method).refund == "fails_later"


def _undisputed() -> list[Condition]:
    return [flagged("paid", on=True), flagged("disputed", on=False)]
