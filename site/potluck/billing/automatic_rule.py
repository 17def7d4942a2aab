"""What a member allowed to be bought while they are away, how it stands, and when it ends."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus

from sqlalchemy import select, text

from potluck import languages
from potluck.billing.gateway import current_gateway
from potluck.billing.models import AutomaticTopUp, Pack, Purchase, SavedCard
from potluck.billing.money import minor_units, money
from potluck.billing.packs import AMOUNT_MINOR_MAX, NotForSale
from potluck.database import db
from potluck.refusals import Refusal
from potluck.texts import gettext as _

# The constraint on `failures` says the same.
FAILURES_MAX = 3
TRY_AGAIN_MINUTES = 60
THRESHOLD_DIGITS_MAX = 10
# Asking once more would change nothing; every other code may be a bad moment.
# https://docs.stripe.com/declines/codes
FINAL_DECLINES = {
    "authentication_required": "authentication_required",
    "expired_card": "card_expired",
}

# Of this calendar month, in the pack's currency: what was charged, and what may yet be.
SPENT = """
    SELECT coalesce(sum(s.amount_minor), 0) FROM purchases s
    WHERE s.user_id = r.user_id AND s.source = 'automatic' AND s.currency = p.currency
        AND s.state IN ('created', 'open', 'processing', 'paid')
        AND s.created_at >= date_trunc('month', now(), 'UTC')
"""
# Credits that went with their money would otherwise be bought again at once.
MONEY_RETURNED = """
    SELECT FROM purchases b WHERE b.user_id = r.user_id AND (
        EXISTS (SELECT FROM refunds WHERE purchase_id = b.id AND state <> 'refused'
            AND created_at > r.consented_at)
        OR EXISTS (SELECT FROM disputes WHERE purchase_id = b.id
            AND created_at > r.consented_at))
"""
NEXT_MONTH = "date_trunc('month', now(), 'UTC') + interval '1 month'"
# Of whose session `s` is.
IS_STOPPED = "SELECT stopped_at IS NOT NULL FROM automatic_top_ups WHERE user_id = s.user_id"
CONSENT = text("""
    INSERT INTO automatic_top_ups (user_id, pack_id, threshold_credits, monthly_cap_minor)
    VALUES (:user_id, :pack_id, :threshold_credits, :monthly_cap_minor)
    ON CONFLICT (user_id) DO UPDATE SET pack_id = excluded.pack_id,
        threshold_credits = excluded.threshold_credits,
        monthly_cap_minor = excluded.monthly_cap_minor, consented_at = now(),
        failures = 0, try_after = NULL, stopped_at = NULL, stopped_because = NULL
""")
WITHDRAW_CONSENT = text("DELETE FROM automatic_top_ups WHERE user_id = :user_id")
SUCCEEDED = text("""
    UPDATE automatic_top_ups SET failures = 0, try_after = NULL
    WHERE user_id = :user_id AND stopped_at IS NULL
""")
# News of a purchase that was made under an earlier consent says nothing of this one.
FAILED = text("""
    UPDATE automatic_top_ups SET failures = failures + 1,
        try_after = now() + make_interval(mins => :minutes),
        stopped_because = coalesce(:because,
            CASE WHEN failures + 1 >= :failures_max THEN 'declined' END),
        stopped_at = CASE WHEN failures + 1 >= :failures_max OR CAST(:because AS text) IS NOT NULL
            THEN now() END
    WHERE user_id = :user_id AND stopped_at IS NULL AND consented_at <= :created_at
""")
# Another name for the same thing at the same price is nothing new to agree to.
FOLLOW_PACK = text("""
    UPDATE automatic_top_ups r SET pack_id = later.id
    FROM packs p JOIN packs later ON later.slug = p.slug AND later.withdrawn_at IS NULL
        AND (later.credits, later.amount_minor, later.currency)
            = (p.credits, p.amount_minor, p.currency)
    WHERE p.id = r.pack_id AND p.withdrawn_at IS NOT NULL AND r.stopped_at IS NULL
""")
STOP = text(f"""
    UPDATE automatic_top_ups r SET stopped_at = now(),
        stopped_because = CASE WHEN p.withdrawn_at IS NULL
            THEN 'money_returned' ELSE 'pack_withdrawn' END
    FROM packs p WHERE p.id = r.pack_id AND r.stopped_at IS NULL
        AND (p.withdrawn_at IS NOT NULL OR EXISTS ({MONEY_RETURNED}))
""")  # noqa: S608 - put together from constants


class RuleRefused(Refusal):
    """The rule makes no sense; the sentence says how to mend it."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY
    code = "bad_rule"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How automatic top-up stands for one member, as the pages show it."""

    card: SavedCard | None
    rule: AutomaticTopUp | None
    spent_minor: int
    next_month: datetime | None
    is_under_way: bool

    @property
    def is_on(self) -> bool:
        """Whether the card may be charged."""
        return self.rule is not None and self.rule.stopped_at is None

    @property
    def is_capped(self) -> bool:
        """Whether the next pack would be more than this month's limit."""
        rule = self.rule
        return bool(rule and self.spent_minor + rule.pack.amount_minor > rule.monthly_cap_minor)


def switch_on(*, user_id: int, pack_id: str, threshold: str, monthly_cap: str) -> None:
    """Writes down what a member agrees to, in place of what they agreed to before.

    The pack is named by its id, so that a price that changed meanwhile is not agreed to. Raises
    `RuleRefused`, `NotMoney` or `NotForSale` with a sentence, or `BuyingUnavailable`.
    """
    current_gateway()
    pack = _pack(pack_id)
    if _saved_card(user_id) is None:
        message = _("There is no card to charge yet. Save one first.")
        raise RuleRefused(message, code="no_card", status=HTTPStatus.CONFLICT)
    values = {
        "user_id": user_id,
        "pack_id": pack.id,
        "threshold_credits": _threshold(threshold, pack),
        "monthly_cap_minor": _monthly_cap(monthly_cap, pack),
    }
    db.session.execute(CONSENT, values)


def switch_off(user_id: int) -> None:
    """Withdraws the consent. What is under way comes to its end."""
    db.session.execute(WITHDRAW_CONSENT, {"user_id": user_id})


def note(purchase: Purchase, *, decline: str | None) -> None:
    """Counts how an automatic purchase ended, in the transaction in which it does."""
    if purchase.state == "paid":
        db.session.execute(SUCCEEDED, {"user_id": purchase.user_id})
    elif purchase.state == "failed":
        values = {
            "user_id": purchase.user_id,
            "created_at": purchase.created_at,
            "because": FINAL_DECLINES.get(decline or ""),
            "minutes": TRY_AGAIN_MINUTES,
            "failures_max": FAILURES_MAX,
        }
        db.session.execute(FAILED, values)


def stop_outdated() -> None:
    """Ends the rules whose pack has gone or changed, or whose owners had money back."""
    db.session.execute(FOLLOW_PACK)
    db.session.execute(STOP)


def stopped(user_id: int) -> bool:
    """Whether a member's rule was ended by something that they should hear of."""
    query = select(AutomaticTopUp.stopped_at).filter_by(user_id=user_id)
    return db.session.scalar(query) is not None


def _saved_card(user_id: int) -> SavedCard | None:
    query = select(SavedCard).filter_by(user_id=user_id)
    return db.session.scalar(query.where(SavedCard.payment_method_id.is_not(None)))


def _pack(pack_id: str) -> Pack:
    is_id = pack_id.isascii() and pack_id.isdigit() and len(pack_id) <= THRESHOLD_DIGITS_MAX
    query = select(Pack).filter_by(id=int(pack_id) if is_id else 0, withdrawn_at=None)
    pack = db.session.scalar(query)
    if pack is None:
        message = _("This pack is not for sale any more, or its price has changed. Choose again.")
        raise NotForSale(message)
    return pack


def _threshold(typed: str, pack: Pack) -> int:
    """Not above what the pack brings: one purchase must be enough to be above it again."""
    digits = typed.strip().replace(languages.marks().group, "")
    is_number = digits.isascii() and digits.isdigit() and len(digits) <= THRESHOLD_DIGITS_MAX
    if not is_number or not 1 <= int(digits) <= pack.credits:
        message = _(
            "Write below how many credits it should buy as a whole number, from 1 to the "
            "%(credits)s that the pack brings.",
            credits=languages.number(pack.credits),
        )
        raise RuleRefused(message, code="bad_threshold")
    return int(digits)


def _monthly_cap(typed: str, pack: Pack) -> int:
    cap_minor = minor_units(typed, pack.currency)
    if cap_minor < pack.amount_minor:
        price = money(pack.amount_minor, pack.currency)
        message = _(
            "The monthly limit must be at least the price of the pack, %(price)s.", price=price
        )
        raise RuleRefused(message, code="bad_cap")
    if cap_minor > AMOUNT_MINOR_MAX:
        most = money(AMOUNT_MINOR_MAX, pack.currency)
        message = _("The monthly limit is at most %(price)s.", price=most)
        raise RuleRefused(message, code="bad_cap")
    return cap_minor
