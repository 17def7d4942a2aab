"""What is for sale."""

from __future__ import annotations

import re
from collections.abc import Sequence
from http import HTTPStatus

from sqlalchemy import func, select, text, update

from potluck import json_rows
from potluck.accounts import sessions
from potluck.billing.gateway import current_gateway, is_configured
from potluck.billing.models import Pack
from potluck.database import db
from potluck.refusals import Refusal
from potluck.texts import gettext as _

SLUG = re.compile(r"[a-z][a-z0-9-]{0,30}")
NAME_CHARACTERS_MAX = 40
CREDITS_MAX = 1_000_000_000
# https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts: eight digits.
AMOUNT_MINOR_MAX = 99_999_999
ON_SALE = """
    SELECT json_agg(to_json(p) ORDER BY p.credits, p.id) FROM packs p WHERE p.withdrawn_at IS NULL
"""
# Two operators who change the same pack at once come one after the other.
TAKE_TURNS = text("SELECT pg_advisory_xact_lock(hashtext('pack:' || :slug))")


class NotForSale(Refusal):
    """The pack was withdrawn, or never was."""

    status = HTTPStatus.NOT_FOUND
    code = "not_for_sale"


def on_sale() -> Sequence[Pack]:
    """The packs from small to large; none where buying is unavailable."""
    if not is_configured():
        return ()
    brought = sessions.brought()
    if brought is not None:
        return [json_rows.entity(Pack, each) for each in brought["packs"] or ()]
    query = select(Pack).filter_by(withdrawn_at=None).order_by(Pack.credits, Pack.id)
    return db.session.scalars(query).all()


def pack_on_sale(slug: str) -> Pack:
    """The pack of that name; raises `NotForSale`, or `BuyingUnavailable`."""
    current_gateway()
    pack = db.session.scalar(select(Pack).filter_by(slug=slug, withdrawn_at=None))
    if pack is None:
        message = _("This pack is not for sale any more. Choose another; nothing was charged.")
        raise NotForSale(message)
    return pack


class BadPack(Refusal):
    """A pack that can't be sold."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY
    code = "bad_pack"


def offer(*, slug: str, name: str, credits_: int, amount_minor: int, currency: str) -> bool:
    """Puts a pack on sale, or a new version of it; False where it is so already.

    What was sold before stays what it was. The caller commits. Raises `BadPack`.
    """
    name = " ".join(name.split())
    _check(slug=slug, name=name, credits_=credits_, amount_minor=amount_minor)
    db.session.execute(TAKE_TURNS, {"slug": slug})
    current = db.session.scalar(select(Pack).filter_by(slug=slug, withdrawn_at=None))
    terms = (name, credits_, amount_minor, currency)
    if current and terms == (
        current.name,
        current.credits,
        current.amount_minor,
        current.currency,
    ):
        return False
    withdraw(slug)
    pack = Pack(
        slug=slug, name=name, credits=credits_, amount_minor=amount_minor, currency=currency
    )
    db.session.add(pack)
    db.session.flush()
    return True


def withdraw(slug: str) -> bool:
    """Takes a pack off sale; False where there is none. The caller commits.

    Whoever has its checkout open can still pay it, and gets what it said.
    """
    statement = update(Pack).filter_by(slug=slug, withdrawn_at=None).values(withdrawn_at=func.now())
    return bool(db.session.scalars(statement.returning(Pack.id)).all())


def _check(*, slug: str, name: str, credits_: int, amount_minor: int) -> None:
    complaints = {
        "The short name has small letters, digits and dashes: like supper-large.": (
            not SLUG.fullmatch(slug)
        ),
        f"The name has 1 to {NAME_CHARACTERS_MAX} characters.": (
            not 1 <= len(name) <= NAME_CHARACTERS_MAX or not name.isprintable()
        ),
        f"A pack has 1 to {CREDITS_MAX:,} credits.": not 1 <= credits_ <= CREDITS_MAX,
        "That price is more than Stripe takes at once, or nothing.": (
            not 1 <= amount_minor <= AMOUNT_MINOR_MAX
        ),
    }
    for complaint, is_so in complaints.items():
        if is_so:
            raise BadPack(complaint)
