"""What the commands print: a line a difference, sums, and what came of it."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from datetime import UTC

import click

from potluck.billing.gateway import StripeRefused, StripeUnavailable
from potluck.billing.models import StripeEvent
from potluck.billing.reconcile import Finding, Tally

ALL_QUIET = "All quiet: every event that Stripe sent was handled."
PROGRESS_SECONDS = 1
ERASE_LINE = "\r\033[K"


class Progress:
    """How far it is, on a terminal's standard error, once it takes longer than a second."""

    def __init__(self) -> None:
        self._is_shown = sys.stderr.isatty()
        self._shown_at = time.monotonic()

    def show(self, tally: Tally) -> None:
        """Writes over what it wrote before, at most once a second."""
        now = time.monotonic()
        if not self._is_shown or now - self._shown_at < PROGRESS_SECONDS:
            return
        self._shown_at = now
        line = f"{tally.step}: {tally.read[tally.step]:,} read, {tally.left} differences left"
        click.echo(ERASE_LINE + line, err=True, nl=False)

    def clear(self) -> None:
        """Makes room for a line of another kind."""
        if self._is_shown:
            click.echo(ERASE_LINE, err=True, nl=False)


def line(finding: Finding) -> str:
    """`LEFT`, or how it was until it was mended, and whose it is."""
    difference = finding.difference
    said = f"{difference.what}: {difference.ours} here, {difference.theirs} at Stripe"
    whose = f"purchase {finding.purchase_id}, member {finding.member}, {finding.stripe_id}"
    why = f": {finding.why}" if finding.why else ""
    return f"{'mended' if finding.is_mended else 'LEFT  '}  {said} ({whose}){why}"


def sums(tally: Tally) -> Iterator[str]:
    """What was read, found and changed."""
    figures = {f"{noun} read": tally.read[noun] for noun in _nouns()} | {
        "without our mark": tally.foreign,
        "differences found": tally.mended + tally.left,
        "mended": tally.mended,
        "left": tally.left,
        "credits added": tally.credits_added,
        "credits taken back": tally.credits_taken,
    }
    for name, figure in figures.items():
        yield f"{name:>24} {figure:>14,}"


def verdict(tally: Tally, *, is_dry_run: bool, stopped: StripeUnavailable | None) -> str:
    """The last line."""
    if stopped:
        why = "refused" if isinstance(stopped, StripeRefused) else "gave no answer"
        return (
            f"Stopped: Stripe {why} while reading {tally.step}, after "
            f"{tally.read[tally.step]:,}. What was mended stays; run it again to go on."
        )
    if not tally.left:
        return "The books agree with Stripe."
    if is_dry_run:
        return "Nothing was changed: this was a dry run."
    return "The books don't agree with Stripe: see the lines that begin with LEFT."


def event(event: StripeEvent) -> str:
    """Tab-separated: id, type, when it came in UTC, attempts, the last error."""
    received = event.received_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    error = event.last_error or "not tried yet"
    return "\t".join([event.id, event.type, received, str(event.attempts), error])


def replayed(event: StripeEvent, *, is_handled: bool) -> str:
    """How it went."""
    name = f"{event.id} ({event.type})"
    return f"{name} was handled." if is_handled else f"{name} failed: {event.last_error}"


def _nouns() -> tuple[str, ...]:
    return "checkouts", "payments", "refunds", "disputes"
