"""Makes the books agree with Stripe again, after lost events or from an older backup.

Whatever it does is done once, so it may be stopped anywhere and run again. A page of Stripe's
lists is in memory at a time, and of all others the ids of their purchases.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeVar

from potluck.billing import books, mending
from potluck.billing.books import Due, Ours
from potluck.billing.comparison import NOTHING, Difference, Theirs, compare
from potluck.billing.gateway import StripeUnknown, history
from potluck.billing.gateway.news import Sale
from potluck.billing.money import money

# A checkout may be paid for a day after it was opened, and so after the backup was made.
# https://docs.stripe.com/api/checkout/sessions/create#create_checkout_session-expires_at
CHECKOUT_LIFETIME = timedelta(hours=24)

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A difference, whose it is, and why it stays where that is known."""

    difference: Difference
    purchase_id: uuid.UUID
    member: str
    stripe_id: str | None
    is_mended: bool = False
    why: str | None = None


@dataclass(slots=True)
class Tally:
    """What was read and what came of it; `step` is what is being read."""

    step: str = ""
    read: Counter[str] = field(default_factory=Counter)
    foreign: int = 0
    mended: int = 0
    left: int = 0
    credits_added: int = 0
    credits_taken: int = 0


class Reconciliation:
    """One run. `on_page` is called before each page that is read."""

    def __init__(
        self,
        *,
        since: datetime,
        is_dry_run: bool = False,
        on_page: Callable[[Tally], None] = lambda _: None,
    ) -> None:
        self.tally = Tally()
        self._since = since
        self._is_dry_run = is_dry_run
        self._on_page = on_page
        self._sales_seen: set[uuid.UUID] = set()
        self._returns_seen: set[uuid.UUID] = set()

    def findings(self) -> Iterator[Finding]:
        """Every difference, as soon as it is mended or known to stay. Commits.

        Call it outside a transaction. Raises `StripeUnavailable`; what was mended stays mended.
        """
        opened_since = self._since - CHECKOUT_LIFETIME
        yield from self._sales("checkouts", history.checkouts(since=opened_since))
        yield from self._sales("payments", history.payments(since=opened_since))
        yield from self._returns("refunds", history.returns("refunds", since=self._since))
        yield from self._returns("disputes", history.returns("disputes", since=self._since))
        yield from self._purchases()

    def _sales(self, step: str, pages: Iterable[list[Sale]]) -> Iterator[Finding]:
        for page in self._counting(step, pages):
            self.tally.foreign += sum(sale.mark is None for sale in page)
            # Of a payment in a checkout the checkout itself tells.
            marked = [
                Theirs(sale=sale, mark=sale.mark)
                for sale in page
                if sale.mark and (sale.session_id or sale.mark.is_automatic)
            ]
            known = books.of(theirs.mark.purchase_id for theirs in marked)
            for theirs in marked:
                self._sales_seen.add(theirs.mark.purchase_id)
                yield from self._check(theirs, known.get(theirs.mark.purchase_id))

    def _returns(self, step: str, pages: Iterable[list[Sale | None]]) -> Iterator[Finding]:
        for page in self._counting(step, pages):
            for sale in page:
                if sale is None or sale.mark is None:
                    self.tally.foreign += 1
                elif sale.payment_id:
                    yield from self._check_returns(sale.mark.purchase_id, sale.payment_id)

    def _purchases(self) -> Iterator[Finding]:
        """The other way round: what the books have and Stripe's lists did not."""
        for page in self._counting("purchases", books.due(since=self._since)):
            known = books.of(due.id for due in page)
            for due in page:
                try:
                    yield from self._check_purchase(due, known[due.id])
                except StripeUnknown:
                    yield self._counted(_unknown(known[due.id]))

    def _check_purchase(self, due: Due, ours: Ours) -> Iterator[Finding]:
        if due.is_sale_due and due.id not in self._sales_seen:
            self._sales_seen.add(due.id)
            theirs = mending.sale_of(ours)
            if theirs is None:
                yield self._counted(_unknown(ours))
                return
            yield from self._check(theirs, ours)
        if due.are_returns_due and ours.payment_id:
            yield from self._check_returns(due.id, ours.payment_id)

    def _check_returns(self, purchase_id: uuid.UUID, payment_id: str) -> Iterator[Finding]:
        if purchase_id in self._returns_seen:
            return
        # Of a sale from before that date nothing was said so far.
        is_sale_news = purchase_id not in self._sales_seen
        self._returns_seen.add(purchase_id)
        self._sales_seen.add(purchase_id)
        if theirs := mending.payment(payment_id, is_sale_compared=is_sale_news):
            yield from self._check(theirs, books.of([purchase_id]).get(purchase_id))

    def _check(self, theirs: Theirs, ours: Ours | None) -> Iterator[Finding]:
        found = compare(theirs, ours)
        if not found:
            return
        why, now = self._mend(theirs)
        left = compare(theirs, now)
        if left and (news := mending.again(theirs)):
            # It may have changed since the list was read.
            why, now = self._mend(news)
            left = compare(news, now)
        self._count_credits(ours, now)
        staying = {difference.what for difference in left}
        # Where the books are as they were, it was the list that was out of date.
        mended = [] if now == ours else [d for d in found if d.what not in staying]
        for difference in mended:
            yield self._counted(_finding(difference, theirs, ours or now, is_mended=True))
        for difference in left:
            yield self._counted(_finding(difference, theirs, ours or now, why=why))

    def _mend(self, theirs: Theirs) -> tuple[str | None, Ours | None]:
        """Why that was not possible, where it is known, and the books as they are then."""
        why = None if self._is_dry_run else mending.mend(theirs)
        purchase_id, member = theirs.mark.purchase_id, theirs.mark.member
        now = books.of([purchase_id]).get(purchase_id)
        if now is None and not books.know_member(member):
            why = "the books have no such member"
        return why, now

    def _counting(self, step: str, pages: Iterable[list[Row]]) -> Iterator[list[Row]]:
        self.tally.step = step
        self._on_page(self.tally)
        for page in pages:
            self.tally.read[step] += len(page)
            yield page
            self._on_page(self.tally)

    def _counted(self, finding: Finding) -> Finding:
        self.tally.mended += finding.is_mended
        self.tally.left += not finding.is_mended
        return finding

    def _count_credits(self, before: Ours | None, after: Ours | None) -> None:
        if after:
            self.tally.credits_added += after.credited - (before.credited if before else 0)
            self.tally.credits_taken += after.taken - (before.taken if before else 0)


def _finding(
    difference: Difference,
    theirs: Theirs,
    ours: Ours | None,
    *,
    is_mended: bool = False,
    why: str | None = None,
) -> Finding:
    return Finding(
        difference=difference,
        purchase_id=theirs.mark.purchase_id,
        member=str(ours.user_id if ours else theirs.mark.member),
        stripe_id=theirs.sale.session_id or theirs.sale.payment_id,
        is_mended=is_mended,
        why=why,
    )


def _unknown(ours: Ours) -> Finding:
    here = f"{ours.state}, {money(ours.paid_minor, ours.currency)} for {ours.credited:,} credits"
    return Finding(
        difference=Difference("purchase", here, NOTHING),
        purchase_id=ours.id,
        member=str(ours.user_id),
        stripe_id=ours.session_id or ours.payment_id,
    )
