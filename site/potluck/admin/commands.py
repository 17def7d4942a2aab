"""What the operator's pages do, from the command line: purchases, refunds, packs, pauses."""

from __future__ import annotations

import sys
import uuid

import click
from flask import Flask

from potluck import pauses
from potluck.accounts import acts
from potluck.admin import overview
from potluck.billing import packs, refunds
from potluck.billing.models import Purchase
from potluck.billing.money import minor_units, money
from potluck.database import db
from potluck.refusals import Refusal


def init_app(app: Flask) -> None:
    """Adds the commands to `flask`."""
    for command in (
        list_purchases,
        refund,
        list_packs,
        offer_pack,
        withdraw_pack,
        pause,
        resume,
    ):
        app.cli.add_command(command)


@click.command("purchases")
@click.argument("term", default="")
def list_purchases(term: str) -> None:
    """List the newest purchases; TERM is a member's name, e-mail or id, or a Stripe id."""
    for purchase in overview.purchases(term):
        click.echo(
            f"{purchase.id}  {purchase.created_at:%Y-%m-%d %H:%M}  {purchase.state:<10}"
            f"  {money(purchase.amount_minor, purchase.currency):>12}"
            f"  {purchase.credits:>9,} credits  {purchase.user.name}"
        )


@click.command("refund")
@click.argument("purchase_id", type=click.UUID)
@click.option(
    "--amount", help="As in 1.50, in the purchase's currency; without it, all that is left."
)
@click.option("--reason", default="", help="For the books; the member doesn't see it.")
def refund(purchase_id: uuid.UUID, amount: str | None, reason: str) -> None:
    """Give money of a purchase back: hold its credits, ask Stripe, take them."""
    purchase = db.session.get(Purchase, purchase_id)
    if purchase is None:
        message = f"There is no purchase {purchase_id}. flask purchases lists them."
        raise click.ClickException(message)
    currency = purchase.currency
    try:
        amount_minor = minor_units(amount, currency) if amount else refunds.left_minor(purchase)
        db.session.rollback()
        refund_id = uuid.uuid4()
        refunds.request(
            refund_id,
            purchase_id=purchase_id,
            amount_minor=amount_minor,
            reason=reason,
            requested_by=None,
        )
        done = refunds.carry_out(refund_id)
    except Refusal as refusal:
        raise click.ClickException(refusal.message) from None
    click.echo(f"{money(amount_minor, currency)}: {done.state} ({done.stripe_refund_id})")
    sys.exit(1 if done.state == "failed" else 0)


@click.command("packs")
def list_packs() -> None:
    """List every version of every pack."""
    for pack in overview.packs():
        state = f"off sale since {pack.withdrawn_at:%Y-%m-%d}" if pack.withdrawn_at else "on sale"
        click.echo(
            f"{pack.slug:<20} {pack.name:<20} {pack.credits:>12,} credits"
            f" {money(pack.amount_minor, pack.currency):>14}  {state}"
        )


@click.command("pack")
@click.argument("slug")
@click.argument("name")
@click.argument("credits_", metavar="CREDITS", type=click.IntRange(1, packs.CREDITS_MAX))
@click.argument("price")
@click.option("--currency", default="usd", show_default=True)
def offer_pack(slug: str, name: str, credits_: int, price: str, currency: str) -> None:
    """Sell the pack SLUG: CREDITS for PRICE, as in 2.00. A pack on sale gets a new version."""
    currency = currency.lower()
    try:
        amount_minor = minor_units(price, currency)
        changed = packs.offer(
            slug=slug, name=name, credits_=credits_, amount_minor=amount_minor, currency=currency
        )
    except Refusal as refusal:
        raise click.ClickException(refusal.message) from None
    if changed:
        details = f"{credits_:,} credits for {money(amount_minor, currency)}"
        acts.note("pack", f"pack {slug}", details=details)
    db.session.commit()
    click.echo(f"{slug} is on sale." if changed else f"{slug} is on sale just so already.")


@click.command("withdraw-pack")
@click.argument("slug")
def withdraw_pack(slug: str) -> None:
    """Take the pack SLUG off sale; what was bought stays bought."""
    withdrawn = packs.withdraw(slug)
    if withdrawn:
        acts.note("withdraw_pack", f"pack {slug}")
    db.session.commit()
    if not withdrawn:
        message = f"{slug} is not on sale. flask packs lists what is."
        raise click.ClickException(message)
    click.echo(f"{slug} is off sale.")


@click.command()
@click.argument("what", type=click.Choice(["rounds", "checkouts"]))
@click.argument("sentence")
def pause(what: pauses.What, sentence: str) -> None:
    """Stop new rounds, or new checkouts; members read SENTENCE. What runs comes to its end."""
    try:
        changed = pauses.stop(what, sentence)
    except Refusal as refusal:
        raise click.ClickException(refusal.message) from None
    if changed:
        acts.note("pause", what, details=sentence)
    db.session.commit()
    click.echo(f"New {what} are stopped.")


@click.command()
@click.argument("what", type=click.Choice(["rounds", "checkouts"]))
def resume(what: pauses.What) -> None:
    """Let rounds, or checkouts, begin again."""
    resumed = pauses.resume(what)
    if resumed:
        acts.note("resume", what)
    db.session.commit()
    click.echo(f"New {what} can begin." if resumed else f"New {what} were not stopped.")
