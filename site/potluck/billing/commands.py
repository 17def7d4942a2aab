"""`flask reconcile | webhooks`: what an operator does when Stripe and the books lost touch."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import click
from flask import Flask

from potluck.accounts import acts
from potluck.billing import events, printout
from potluck.billing.gateway import StripeUnavailable, current_gateway
from potluck.billing.models import StripeEvent
from potluck.billing.printout import Progress
from potluck.billing.reconcile import Reconciliation
from potluck.database import db

SINCE_DAYS = 30
# Stripe opened in 2011: whoever names an earlier date means everything.
EARLIEST = datetime(2011, 1, 1, tzinfo=UTC)


class Moment(click.ParamType[datetime]):
    """A day or a time that has been, in UTC unless it says otherwise."""

    name = "date"

    def convert(
        self, value: str, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        """The moment; a sentence on standard error and exit 2 where there is none."""
        try:
            moment = datetime.fromisoformat(value)
            moment = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
        except (ValueError, OverflowError):
            message = f"{value} is no date. Write it like 2026-01-31 or 2026-01-31T18:00, in UTC."
            self.fail(message, param, ctx)
        if moment > datetime.now(UTC):
            self.fail(f"{value} is yet to come: there is nothing to reconcile.", param, ctx)
        return max(moment, EARLIEST)


def init_app(app: Flask) -> None:
    """Adds the commands to `flask`."""
    app.cli.add_command(reconcile)
    app.cli.add_command(webhooks)


@click.command()
@click.option(
    "--since",
    type=Moment(),
    help=f"A day or a time, in UTC; {SINCE_DAYS} days ago unless it is given.",
)
@click.option("--dry-run", is_flag=True, help="Print what differs, and change nothing.")
def reconcile(since: datetime | None, *, dry_run: bool) -> None:
    """Make the books agree with Stripe; exits 1 if a difference stays.

    Reads Stripe's checkouts, payments, refunds and disputes since a date, credits and takes back
    what is missing, and prints every difference. It may be stopped and run again.
    """
    _check_stripe()
    since = since or datetime.now(UTC) - timedelta(days=SINCE_DAYS)
    click.echo(f"Reading what Stripe has since {since:%Y-%m-%d %H:%M} UTC.")
    if not dry_run:
        acts.note("reconcile", "purchases", details=f"since {since:%Y-%m-%d %H:%M} UTC")
        db.session.commit()
    progress = Progress()
    run = Reconciliation(since=since, is_dry_run=dry_run, on_page=progress.show)
    stopped = None
    try:
        for finding in run.findings():
            progress.clear()
            click.echo(printout.line(finding))
    except StripeUnavailable as error:
        stopped = error
    progress.clear()
    for line in printout.sums(run.tally):
        click.echo(line)
    click.echo(printout.verdict(run.tally, is_dry_run=dry_run, stopped=stopped))
    sys.exit(1 if stopped or run.tally.left else 0)


@click.command()
@click.option("--failed", is_flag=True, help="List the events that could not be handled yet.")
@click.option("--replay", metavar="ID", help="Handle one event again, even if it was handled.")
@click.option("--replay-failed", is_flag=True, help="Handle all of those again.")
def webhooks(*, failed: bool, replay: str | None, replay_failed: bool) -> None:
    """Look at what Stripe sent, and handle it again; exits 1 if that fails."""
    if [failed, replay is not None, replay_failed].count(True) != 1:
        message = "Say one of --failed, --replay ID and --replay-failed."
        raise click.UsageError(message)
    waiting = events.waiting()
    if failed:
        _list(waiting)
        return
    _check_stripe()
    event_ids = [replay] if replay is not None else [event.id for event in waiting]
    handled = [_replay(event_id) for event_id in event_ids]
    if not handled:
        click.echo(printout.ALL_QUIET)
    sys.exit(0 if all(handled) else 1)


def _list(waiting: Sequence[StripeEvent]) -> None:
    if not waiting:
        click.echo(printout.ALL_QUIET)
    for event in waiting:
        click.echo(printout.event(event))


def _replay(event_id: str) -> bool:
    event = db.session.get(StripeEvent, event_id)
    if event is None:
        message = f"No event {event_id} was kept here."
        raise click.ClickException(message)
    # Before it is done: that takes transactions of its own.
    acts.note("replay", f"event {event_id}", details=event.type)
    is_handled = events.replay(event_id)
    db.session.refresh(event)
    click.echo(printout.replayed(event, is_handled=is_handled))
    db.session.commit()
    return is_handled


def _check_stripe() -> None:
    try:
        current_gateway()
    except StripeUnavailable:
        message = "There is no key for Stripe here: set STRIPE_SECRET_KEY."
        raise click.ClickException(message) from None
