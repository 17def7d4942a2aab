"""Stripe's side of a purchase against ours: every difference, to the credit and the cent.

Nothing here asks or writes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from potluck.billing.books import OurRefund, Ours
from potluck.billing.gateway.news import DisputeNews, Mark, RefundNews, Sale
from potluck.billing.models import DISPUTES_COUNTED, PURCHASE_STATES, REFUNDS_COUNTED, is_later
from potluck.billing.money import money

NOTHING = "nothing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Returns:
    """All that ever went back of a payment."""

    refunds: Sequence[RefundNews]
    disputes: Sequence[DisputeNews]


@dataclass(frozen=True, slots=True, kw_only=True)
class Theirs:
    """What Stripe has of a purchase. Without `returns` only the sale is looked at."""

    sale: Sale
    mark: Mark
    returns: Returns | None = None
    is_sale_compared: bool = True


@dataclass(frozen=True, slots=True)
class Difference:
    """`what` differs; `ours` and `theirs` are for people."""

    what: str
    ours: str
    theirs: str


def compare(theirs: Theirs, ours: Ours | None) -> list[Difference]:
    """Every difference, and no line twice; `ours` is None where the books have no such purchase."""
    return [d for d in _differences(theirs, ours) if d.ours != d.theirs]


def _differences(theirs: Theirs, ours: Ours | None) -> Iterator[Difference]:
    if ours and (stranger := _another_payment(theirs.sale, ours)):
        yield stranger
        return
    if theirs.is_sale_compared:
        yield from _of_sale(theirs, ours)
    if theirs.returns:
        yield from _of_refunds(theirs.returns, theirs.sale.currency, ours)
        yield from _of_disputes(theirs.returns, theirs.sale.currency, ours)
        yield from _of_credits_taken(theirs, ours)


def _another_payment(sale: Sale, ours: Ours) -> Difference | None:
    if sale.session_id and ours.session_id not in {None, sale.session_id}:
        return Difference("checkout", str(ours.session_id), f"{sale.session_id}, {sale.state}")
    if sale.payment_id and ours.payment_id not in {None, sale.payment_id}:
        return Difference("payment", str(ours.payment_id), f"{sale.payment_id}, {sale.state}")
    return None


def _of_sale(theirs: Theirs, ours: Ours | None) -> Iterator[Difference]:
    sale, is_paid = theirs.sale, theirs.sale.state == "paid"
    paid = money(sale.paid_minor, sale.currency)
    if ours is None:
        # Of what was not paid nothing is missing.
        if is_paid:
            yield Difference("purchase", NOTHING, f"{paid} for {_credits(theirs.mark.credits)}")
        return
    sold = ours.credits if theirs.mark.credits is None else theirs.mark.credits
    if _matters(ours.state, sale.state):
        yield Difference("state", ours.state, sale.state)
    yield Difference("currency", ours.currency, sale.currency)
    yield Difference("credits sold", _credits(ours.credits), _credits(sold))
    yield Difference("paid", money(ours.paid_minor, ours.currency), paid)
    yield Difference("credited", _credits(ours.credited), _credits(sold if is_paid else 0))


def _matters(ours: str, theirs: str) -> bool:
    """Whether money depends on it, or the member waits for it.

    Unpaid is unpaid: what was given up here may still be open there for a few hours.
    """
    return "paid" in {ours, theirs} or is_later(PURCHASE_STATES, theirs, than=ours)


def _of_refunds(returns: Returns, currency: str, ours: Ours | None) -> Iterator[Difference]:
    left = list(ours.refunds) if ours else []
    for news in returns.refunds:
        row = _row(left, news)
        if row:
            left.remove(row)
        theirs = _returned(news.state, news.amount_minor, currency)
        yield Difference(f"refund {news.id}", _known(row, currency), theirs)
    for row in left:
        # What Stripe has not answered yet is the sweep's business.
        if row.stripe_id:
            yield Difference(f"refund {row.stripe_id}", _known(row, currency), NOTHING)


def _row(rows: Sequence[OurRefund], news: RefundNews) -> OurRefund | None:
    by_stripe = (row for row in rows if row.stripe_id == news.id)
    unanswered = (row for row in rows if row.state in {"held", "asked"})
    by_ours = (row for row in unanswered if row.id == news.ours)
    return next(by_stripe, None) or next(by_ours, None)


def _known(row: OurRefund | None, currency: str) -> str:
    return _returned(row.state, row.amount_minor, currency) if row else NOTHING


def _of_disputes(returns: Returns, currency: str, ours: Ours | None) -> Iterator[Difference]:
    rows = {row.id: row for row in ours.disputes} if ours else {}
    news = {dispute.id: dispute for dispute in returns.disputes}
    for id_ in {**news, **rows}:
        known, said = rows.get(id_), news.get(id_)
        yield Difference(
            f"dispute {id_}",
            _returned(known.state, known.amount_minor, currency) if known else NOTHING,
            _returned(said.state, said.amount_minor, currency) if said else NOTHING,
        )


def _of_credits_taken(theirs: Theirs, ours: Ours | None) -> Iterator[Difference]:
    assert theirs.returns
    if ours is None:
        return
    gone_minor = sum(
        [r.amount_minor for r in theirs.returns.refunds if r.state in REFUNDS_COUNTED]
        + [d.amount_minor for d in theirs.returns.disputes if d.state in DISPUTES_COUNTED]
    )
    sold = ours.credits if theirs.mark.credits is None else theirs.mark.credits
    paid_minor = theirs.sale.paid_minor
    share = sold * min(gone_minor, paid_minor) // paid_minor if paid_minor else 0
    yield Difference("taken back", _credits(ours.taken), _credits(share))
    if ours.clawed_credits != ours.taken:
        said = _credits(ours.clawed_credits)
        yield Difference("taken back by its own figure", said, _credits(share))


def _returned(state: str, amount_minor: int, currency: str) -> str:
    return f"{money(amount_minor, currency)} {state}"


def _credits(number: int | None) -> str:
    return "credits that are not on record" if number is None else f"{number:,} credits"
