"""A session's amounts over its life: first, when a code is entered, and when tax is known.

https://docs.stripe.com/payments/advanced/tax: tax follows from where the buyer is, so a session
starts without it. Here the page knows the place, and every place has the same tax.
"""

from . import attempts, currencies, discounts, errors, payment_intents, totals
from .store import Body, Store, under

REASON = "automatic"


def items_of(store: Store, session: Body) -> list[Body]:
    return store.select("item", [under(session["id"])], oldest_first=True)


def start(store: Store, session: Body, items: list[Body]) -> None:
    """The amounts of a new session."""
    totals.price(session, items, coupon=None, taxed=False)
    discounts.check(store, session)
    totals.price(session, items, coupon=discounts.coupon_of(store, session), taxed=False)
    check_total(session)


def preview(store: Store, session: Body) -> list[Body]:
    """The items, with them and the session priced in place as the buyer would pay them now."""
    items = items_of(store, session)
    _price(store, session, items)
    return items


def settle(store: Store, session: Body) -> None:
    """Price an open session as its page shows it, and have its payment intent follow."""
    items = items_of(store, session)
    _price(store, session, items)
    check_total(session)
    for item in items:
        store.save(item)
    _amend_intent(store, session)
    store.save(session)


def check_total(session: Body) -> None:
    total, currency = session["amount_total"], session["currency"]
    least = currencies.minimum(currency)
    if 0 < total < least:
        amount = currencies.formatted(least, currency)
        message = f"The Checkout Session's total amount due must add up to at least {amount}"
        raise errors.StripeError(message, code="amount_too_small", param="line_items")
    if total > currencies.AMOUNT_MAX:
        amount = currencies.formatted(currencies.AMOUNT_MAX, currency)
        message = f"The Checkout Session's total amount due must be no more than {amount}"
        raise errors.StripeError(message, code="amount_too_large", param="line_items")


def _price(store: Store, session: Body, items: list[Body]) -> None:
    taxed = session["automatic_tax"]["enabled"]
    if taxed:
        session["automatic_tax"]["status"] = "complete"
    totals.price(session, items, coupon=discounts.coupon_of(store, session), taxed=taxed)


def _amend_intent(store: Store, session: Body) -> None:
    """A payment that waits for 3-D Secure was for the old amount, so it starts again."""
    intent = store.find(attempts.KIND, session["payment_intent"] or "")
    if intent is None or intent["amount"] == session["amount_total"]:
        return
    if session["amount_total"] == 0:
        payment_intents.close(store, intent, reason=REASON)
        session["payment_intent"] = None
        return
    store.save(
        intent
        | {
            "amount": session["amount_total"],
            "next_action": None,
            "payment_method": None,
            "status": "requires_payment_method",
        }
    )
