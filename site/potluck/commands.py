"""`flask migrate | audit | grant | price`: what an operator does from the command line."""

from __future__ import annotations

import sys

import click
from flask import Flask
from sqlalchemy import create_engine, text

from potluck.accounts import acts
from potluck.accounts.models import User
from potluck.announcements import announce
from potluck.credits import ledger, pricing
from potluck.credits.audit import Report, audit
from potluck.database import db
from potluck.settings import ROOT

# Any number will do, as long as no other use of the database locks it.
MIGRATION_LOCK = 7_688_525


def init_app(app: Flask) -> None:
    """Adds the commands to `flask`."""
    app.cli.add_command(migrate)
    app.cli.add_command(audit_command)
    app.cli.add_command(grant)
    app.cli.add_command(price)


@click.command()
def migrate() -> None:
    """Bring the database to this version of the app."""
    # No other process needs it, and each would take the time to load it.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415

    engine = create_engine(db.url)
    with engine.connect() as connection:
        # Two processes that start at once must not migrate at once.
        connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": MIGRATION_LOCK})
        connection.commit()
        config = Config()
        config.set_main_option("script_location", str(ROOT / "migrations"))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
    engine.dispose()
    click.echo("The database is up to date.")


@click.command("audit")
def audit_command() -> None:
    """Prove the ledger; exits 1 and says what is wrong otherwise."""
    report = audit()
    _print_report(report)
    sys.exit(0 if report.is_clean else 1)


@click.command()
@click.argument("user_id", type=int)
@click.argument("credits_", metavar="CREDITS", type=click.IntRange(1, 1_000_000))
@click.option("--key", required=True, help="Names this grant: the same key grants once.")
@click.option("--reason", default="A gift from the operator", help="Shown on the statement.")
def grant(user_id: int, credits_: int, key: str, reason: str) -> None:
    """Give CREDITS to the member USER_ID."""
    if db.session.get(User, user_id) is None:
        message = f"There is no member {user_id}."
        raise click.ClickException(message)
    given = ledger.grant(user_id=user_id, amount_credits=credits_, key=key, reason=reason)
    if given:
        details, subject = f"{credits_:,} credits", f"member {user_id}"
        acts.note("grant", subject, member_id=user_id, details=details, reason=reason)
    db.session.commit()
    # Whoever has a page open sees them come.
    announce("credits", user_id=user_id)
    click.echo(f"{credits_} credits given." if given else f"{key} was granted before.")


@click.command()
@click.argument("models", metavar="MODEL...", nargs=-1, required=True)
@click.option(
    "--input-credits",
    required=True,
    type=click.IntRange(0, pricing.PRICE_CREDITS_MAX),
    help="Credits for a million tokens that the model reads.",
)
@click.option(
    "--output-credits",
    required=True,
    type=click.IntRange(1, pricing.PRICE_CREDITS_MAX),
    help="Credits for a million tokens that the model writes.",
)
def price(models: tuple[str, ...], input_credits: int, output_credits: int) -> None:
    """Set what each MODEL costs from now on; rounds that run keep the price they began with."""
    for model in models:
        changed = pricing.set_price(
            model,
            input_credits_per_million=input_credits,
            output_credits_per_million=output_credits,
        )
        if changed:
            details = f"{input_credits:,} read, {output_credits:,} written"
            acts.note("price", f"model {model}", details=details)
        db.session.commit()
        click.echo(f"{model} has a new price." if changed else f"{model} has that price already.")


def _print_report(report: Report) -> None:
    for name, figure in report.figures.items():
        click.echo(f"{name:>24} {figure:>14,}")
    for rule, faults in report.faults.items():
        click.echo(f"{'ok' if not faults else 'BROKEN':>24} {rule}")
        for fault in faults:
            click.echo(f"{'':>24} - {fault}")
