"""How disputes end: won, lost, dropped while they were an inquiry, or escalated from one.

In test mode the evidence decides: https://docs.stripe.com/testing#disputes
"""

from typing import Any

from . import balance, errors, events
from .disputes import INQUIRIES_OPEN, KIND, OPEN
from .metadata import merged
from .store import Body, Store

WINNING, LOSING = "winning_evidence", "losing_evidence"
ESCALATING = "escalate_inquiry_evidence"
ANSWERABLE = ("needs_response", "warning_needs_response")


def update(store: Store, params: dict[str, Any], dispute_id: str) -> Body:
    """Take evidence, and hand it in unless told to keep it for later."""
    dispute = store.load(KIND, dispute_id)
    before = {"evidence": dispute["evidence"], "evidence_details": dispute["evidence_details"]}
    evidence = params.get("evidence", {})
    submits = params.get("submit", "evidence" in params)
    if (evidence or submits) and dispute["status"] not in ANSWERABLE:
        message = f"This dispute takes no evidence: its status is {dispute['status']}."
        raise errors.StripeError(message)
    dispute["metadata"] = merged(dispute["metadata"], params)
    dispute["evidence"] = dispute["evidence"] | evidence
    if evidence:
        dispute["evidence_details"] = dispute["evidence_details"] | {"has_evidence": True}
    if submits:
        return _submit(store, dispute, before)
    store.save(dispute)
    events.record(store, "charge.dispute.updated", dispute, before)
    return dispute


def close(store: Store, dispute_id: str) -> Body:
    """The shop gives in, which an inquiry leaves without consequences."""
    dispute = _open_dispute(store, dispute_id)
    return _drop(store, dispute) if _is_inquiry(dispute) else _lose(store, dispute)


def win(store: Store, dispute_id: str) -> Body:
    dispute = _open_dispute(store, dispute_id)
    if _is_inquiry(dispute):
        return _drop(store, dispute)
    rows = [*dispute["balance_transactions"], balance.reinstatement(dispute)]
    dispute |= {"balance_transactions": rows, "is_charge_refundable": True, "status": "won"}
    store.save(dispute)
    events.record(store, "charge.dispute.closed", dispute)
    events.record(store, "charge.dispute.funds_reinstated", dispute)
    return dispute


def lose(store: Store, dispute_id: str) -> Body:
    dispute = _open_dispute(store, dispute_id)
    if _is_inquiry(dispute):
        message = "An inquiry cannot be lost. Escalate it to a dispute first."
        raise errors.StripeError(message)
    return _lose(store, dispute)


def escalate(store: Store, dispute_id: str) -> Body:
    """The bank is not content with the answer to its inquiry, and takes the money."""
    dispute = _open_dispute(store, dispute_id)
    if not _is_inquiry(dispute):
        message = f"Only an inquiry can be escalated: the status is {dispute['status']}."
        raise errors.StripeError(message)
    before = {name: dispute[name] for name in ("is_charge_refundable", "status")}
    details = dispute["payment_method_details"]
    if details:
        details["card"]["case_type"] = "chargeback"
    dispute |= {
        "balance_transactions": [balance.withdrawal(dispute)],
        "is_charge_refundable": False,
        "status": "needs_response",
    }
    store.save(dispute)
    events.record(store, "charge.dispute.updated", dispute, before)
    events.record(store, "charge.dispute.funds_withdrawn", dispute)
    return dispute


def _submit(store: Store, dispute: Body, before: Body) -> Body:
    before = before | {"status": dispute["status"]}
    count = dispute["evidence_details"]["submission_count"] + 1
    dispute["evidence_details"] = dispute["evidence_details"] | {
        "submission_count": count,
        "submission_method": "manual",
    }
    dispute["status"] = "warning_under_review" if _is_inquiry(dispute) else "under_review"
    store.save(dispute)
    events.record(store, "charge.dispute.updated", dispute, before)
    verdict = dispute["evidence"]["uncategorized_text"]
    if verdict == WINNING:
        return win(store, dispute["id"])
    if verdict == LOSING:
        return close(store, dispute["id"])
    if verdict == ESCALATING and _is_inquiry(dispute):
        return escalate(store, dispute["id"])
    return dispute


def _lose(store: Store, dispute: Body) -> Body:
    return _close(store, dispute, "lost")


def _drop(store: Store, dispute: Body) -> Body:
    return _close(store, dispute, "warning_closed")


def _close(store: Store, dispute: Body, status: str) -> Body:
    dispute["status"] = status
    store.save(dispute)
    events.record(store, "charge.dispute.closed", dispute)
    return dispute


def _is_inquiry(dispute: Body) -> bool:
    return dispute["status"] in INQUIRIES_OPEN


def _open_dispute(store: Store, dispute_id: str) -> Body:
    dispute = store.load(KIND, dispute_id)
    if dispute["status"] not in OPEN:
        message = f"This dispute is already closed: its status is {dispute['status']}."
        raise errors.StripeError(message)
    return dispute
