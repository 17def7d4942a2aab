"""What is for sale."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus

from sqlalchemy import select

from potluck.billing.gateway import current_gateway, is_configured
from potluck.billing.models import Pack
from potluck.database import db
from potluck.refusals import Refusal


class NotForSale(Refusal):
    """The pack was withdrawn, or never was."""

    status = HTTPStatus.NOT_FOUND
    code = "not_for_sale"


def on_sale() -> Sequence[Pack]:
    """The packs from small to large; none where buying is unavailable."""
    if not is_configured():
        return ()
    query = select(Pack).filter_by(withdrawn_at=None).order_by(Pack.credits, Pack.id)
    return db.session.scalars(query).all()


def pack_on_sale(slug: str) -> Pack:
    """The pack of that name; raises `NotForSale`, or `BuyingUnavailable`."""
    current_gateway()
    pack = db.session.scalar(select(Pack).filter_by(slug=slug, withdrawn_at=None))
    if pack is None:
        message = "This pack is not for sale any more. Choose another; nothing was charged."
        raise NotForSale(message)
    return pack
