"""Credits, packs, checkout, automatic top-up, statement and receipts."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from potluck.billing.automatic_rule import Standing
from potluck.billing.overview import Motion
from potluck.credits.statement import Page, Place, Row
from potluck.styleguide.samples import Sample, balance, opened, packs, thing

AT = datetime(2026, 11, 25, 19, 30, tzinfo=UTC)
PURCHASE = uuid.UUID("5a3e1f04-7c0d-4a5b-9f38-0f0a1b2c3d4e")
SHOWN = ("waiting", "late", "processing", "paid", "unpaid", "expired", "failed")
STOPPED = (
    "authentication_required",
    "card_expired",
    "pack_withdrawn",
    "money_returned",
    "declined",
)
# Kind, reference, credits, held, repaid, what the hold took in the end.
ROWS: tuple[tuple[str, str, int, int, int, int | None], ...] = (
    ("topup", "pi_3QKsample", 2_000, 0, 0, None),
    ("topup", "pi_3QKrepays", 1_800, 0, 200, None),
    ("grant", "Welcome", 100, 0, 0, None),
    ("held", "generation:41", 0, 14, 0, 9),
    ("capture", "generation:41", -9, 0, 0, 9),
    ("released", "generation:41", 0, -14, 0, 9),
    ("released", "generation:42", 0, -14, 0, 0),
    ("held", "pot:7", 0, 50, 0, None),
    ("released", "pot:7", 0, -50, 0, None),
    ("held", "refund:3", 0, 2_000, 0, None),
    ("released", "refund:3", 0, -2_000, 0, 0),
    ("refund", "re_3QKsample", -2_000, 0, 0, None),
    ("refund_failed", "re_3QKsample", 2_000, 0, 0, None),
    ("dispute", "dp_1QKsample", -1_500, 0, -500, None),
    ("dispute_won", "dp_1QKsample", 1_500, 0, 500, None),
    ("repayment", "generation:43", -60, 0, 60, None),
)


def groups() -> dict[str, list[Sample]]:
    """By what the page calls them."""
    return {
        "Credit badge": _badges(),
        "Packs": _packs(),
        "Checkout": [_checkout(shown) for shown in SHOWN],
        "Credits’ news": _news(),
        "Automatic top-up": _automatic(),
        "Statement": _statements(),
        "Receipts": _receipts(),
    }


def _badges() -> list[Sample]:
    name = "credits/_badge.html"
    return [
        Sample("Nothing held", name),
        Sample("Some held", name, balance(1_236, held=14)),
        Sample("One credit", name, balance(1)),
        Sample("A great many", name, balance(12_345_678, held=50_000)),
    ]


def _packs() -> list[Sample]:
    name = "billing/_buy_button.html"
    paused = {"pause_of": lambda _: "We move to another bank today. Back at eight."}
    return [
        Sample("On sale", name),
        Sample("Where something else stands out", name, {"quiet": True}),
        Sample("None", name, {"packs_on_sale": list}),
        Sample("Stopped by the operator", name, paused),
    ]


def _checkout(shown: str) -> Sample:
    purchase = thing(
        id=PURCHASE,
        credits=2_000,
        amount_minor=200,
        currency="usd",
        checkout_url="#",
        return_to="/pool",
    )
    context = {"shown": shown, "since": 0, "available_credits": 3_250, "purchase": purchase}
    return Sample(shown.capitalize(), "billing/_status.html", context)


def _news() -> list[Sample]:
    name = "credits/_news.html"
    motions = [
        Motion(kind, PURCHASE, 200, "usd", 2_000, AT) for kind in ("processing", "failed", "refund")
    ]
    fine = thing(is_frozen=False, owed=0)
    return [
        Sample("Frozen", name, {"account": thing(is_frozen=True, owed=0)}),
        Sample("In debt", name, {"account": thing(is_frozen=False, owed=500)}),
        Sample("Money in motion", name, {"account": fine, "payments_in_motion": lambda: motions}),
    ]


def _automatic() -> list[Sample]:
    card = thing(brand="visa", last4="4242", exp_month=4, exp_year=2030)
    notice = {"automatic_top_up_is_stopped": lambda: True}
    return [
        _top_up("No card"),
        _top_up("Off", card=card),
        _top_up("On", card=card, rule=_rule()),
        opened(_top_up("On, to be changed", card=card, rule=_rule())),
        _top_up("A rule that makes no sense", card=card, complaint="That is no number of credits."),
        _top_up("Declined once", card=card, rule=_rule(failures=1)),
        _top_up("Limit reached, one being bought", card=card, rule=_rule(), spent_minor=1_900),
        *(_top_up(f"Stopped: {why}", card=card, rule=_rule(stopped=why)) for why in STOPPED),
        Sample("On other pages", "billing/_automatic_notice.html", notice),
    ]


def _top_up(
    name: str, *, card: Any = None, rule: Any = None, complaint: str = "", spent_minor: int = 400
) -> Sample:
    standing = Standing(
        card=card,
        rule=rule,
        spent_minor=spent_minor,
        next_month=datetime(2026, 12, 1, tzinfo=UTC),
        is_under_way=spent_minor > 400,  # noqa: PLR2004 - another than the default
    )
    context = {"automatic_top_up": lambda: standing, "complaint": complaint}
    return Sample(name, "billing/_automatic.html", context)


def _rule(*, failures: int = 0, stopped: str | None = None) -> Any:
    return thing(
        pack=packs()[0],
        pack_id=1,
        threshold_credits=500,
        monthly_cap_minor=2_000,
        failures=failures,
        stopped_at=AT if stopped else None,
        stopped_because=stopped,
    )


def _statements() -> list[Sample]:
    name = "credits/_statement.html"
    page = Page([_row(number, row) for number, row in enumerate(ROWS)], Place(AT))
    return [
        Sample("Every kind of row", name, {"page": page, "is_newest": False}),
        Sample("Nothing yet", name, {"page": Page([], None), "is_newest": True}),
        Sample("Nothing before", name, {"page": Page([], None), "is_newest": False}),
        Sample("To keep", "credits/_file_form.html"),
    ]


def _row(number: int, facts: tuple[str, str, int, int, int, int | None]) -> Row:
    kind, reference, posted, held, repaid, captured = facts
    is_round = reference.startswith("generation:")
    return Row(
        at=AT,
        step=0,
        id=number,
        kind=kind,
        reference=reference,
        posted=posted,
        held=held,
        balance=3_250,
        available=3_236,
        repaid=repaid,
        charge_id=41 if is_round else None,
        captured=captured,
        round_number=3 if is_round else None,
        room_code="COOKPOT" if is_round or reference.startswith("pot:") else None,
        purchase_id=str(PURCHASE),
        receipt_url="#" if kind == "topup" else None,
    )


def _receipts() -> list[Sample]:
    states: dict[str, dict[str, Any]] = {
        "Charged": {"captured": 9, "cost_credits": 18},
        "Still being written": {"ended_at": None},
        "No credit fell to them": {"cost_credits": 1},
        "Stopped": {"state": "stopped"},
        "Failed": {"state": "failed", "error_code": "provider_busy"},
    }
    payers = [
        thing(name="Ada", is_own=True, credits=9, guests=["Ben", "Chioma", "Dragomir"]),
        thing(name="Eun-ji", is_own=False, credits=9, guests=[]),
    ]
    return [
        Sample("Who paid", "styleguide/_payers.html", {"payers": payers}, frame="ticket receipt"),
        *_sums(states),
    ]


def _sums(states: Mapping[str, Mapping[str, Any]]) -> list[Sample]:
    untaken = {"captured": 0, "held": 14, "ended_at": AT, "cost_credits": 0, "state": "done"}
    return [
        Sample(
            name,
            "credits/_receipt_sum.html",
            {"receipt": thing(**{**untaken, "error_code": None, **state})},
            frame="ticket receipt",
        )
        for name, state in states.items()
    ]
