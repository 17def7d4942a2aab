"""Asks Stripe about one purchase, and brings the books up to date with what it said.

By the workflows that webhook and return page use: there is no second way to credit anything.
"""

from __future__ import annotations

from sqlalchemy.exc import IntegrityError

from potluck.billing import fulfilment, returns
from potluck.billing.books import Ours
from potluck.billing.comparison import Returns, Theirs
from potluck.billing.fulfilment import Mismatch
from potluck.billing.gateway import current_gateway
from potluck.billing.gateway.news import Sale
from potluck.database import db


def mend(theirs: Theirs) -> str | None:
    """Does what can be done, or says why nothing can. Commits."""
    payment_id = theirs.sale.payment_id
    try:
        if theirs.returns is None:
            fulfilment.settle(theirs.sale)
        elif payment_id:
            returns.bring_up_to_date(payment_id)
    except Mismatch as error:
        db.session.rollback()
        return str(error)
    except IntegrityError as error:
        # The books were changed by hand, so that what follows doesn't fit; the rest may.
        db.session.rollback()
        return str(error.orig).partition("\n")[0]
    return None


def sale_of(ours: Ours) -> Theirs | None:
    """What Stripe has of a purchase in our books, None where it isn't marked as that purchase.

    Raises `StripeUnknown`.
    """
    sale = _sale(session_id=ours.session_id, payment_id=ours.payment_id)
    if sale.mark is None or sale.mark.purchase_id != ours.id:
        return None
    return Theirs(sale=sale, mark=sale.mark)


def payment(payment_id: str, *, is_sale_compared: bool) -> Theirs | None:
    """A payment and all that went back of it, None where it isn't ours."""
    gateway = current_gateway()
    sale = gateway.sale_of_payment(payment_id)
    if sale.mark is None:
        return None
    back = Returns(refunds=gateway.refunds_of(payment_id), disputes=gateway.disputes_of(payment_id))
    return Theirs(sale=sale, mark=sale.mark, returns=back, is_sale_compared=is_sale_compared)


def again(theirs: Theirs) -> Theirs | None:
    """The same as Stripe has it now."""
    sale = theirs.sale
    if theirs.returns and sale.payment_id:
        return payment(sale.payment_id, is_sale_compared=theirs.is_sale_compared)
    sale = _sale(session_id=sale.session_id, payment_id=sale.payment_id)
    return Theirs(sale=sale, mark=sale.mark) if sale.mark else None


def _sale(*, session_id: str | None, payment_id: str | None) -> Sale:
    if session_id:
        return current_gateway().sale_of_checkout(session_id)
    assert payment_id
    return current_gateway().sale_of_payment(payment_id)
