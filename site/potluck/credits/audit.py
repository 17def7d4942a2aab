"""Proves the ledger: every invariant over the whole database, in one snapshot."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import text

from potluck.database import db

FIGURES = {
    "members": "SELECT count(*) FROM accounts WHERE kind = 'member'",
    "transfers": "SELECT count(*) FROM transfers",
    "entries": "SELECT count(*) FROM entries",
    "open holds": "SELECT count(*) FROM holds WHERE state IN ('reserved', 'dispatched')",
    "credits with members": "SELECT coalesce(sum(posted), 0) FROM accounts WHERE kind = 'member'",
    "credits held": "SELECT coalesce(sum(held), 0) FROM accounts WHERE kind = 'member'",
    "credits sold": """
        SELECT coalesce(-sum(amount), 0) FROM entries JOIN accounts ON id = account_id
        WHERE kind = 'purchases'
    """,
    "credits given": """
        SELECT coalesce(-sum(amount), 0) FROM entries JOIN accounts ON id = account_id
        WHERE kind = 'promotions'
    """,
    "credits owed": "SELECT coalesce(sum(owed), 0) FROM accounts WHERE kind = 'member'",
    "members frozen": "SELECT count(*) FROM accounts WHERE freezes > 0",
    "credits taken back": """
        SELECT coalesce(sum(amount), 0) FROM entries JOIN accounts ON id = account_id
        WHERE kind IN ('refunds', 'disputes')
    """,
    "credits earned": """
        SELECT coalesce(sum(amount), 0) FROM entries JOIN accounts ON id = account_id
        WHERE kind = 'revenue'
    """,
    "credits forfeited": """
        SELECT coalesce(sum(e.amount), 0) FROM entries e JOIN accounts a ON a.id = e.account_id
        JOIN transfers t ON t.id = e.transfer_id
        WHERE a.kind = 'revenue' AND t.kind = 'forfeit'
    """,
    # By how many credits balances and holds are not what was written down, whichever way.
    "drift": """
        SELECT coalesce(sum(abs(a.posted - coalesce(e.total, 0))
            + abs(a.held - coalesce(h.total, 0))), 0) + (SELECT abs(coalesce(sum(amount), 0))
            FROM entries)
        FROM accounts a
        LEFT JOIN (SELECT account_id, sum(amount) AS total FROM entries GROUP BY account_id) e
            ON e.account_id = a.id
        LEFT JOIN (
            SELECT account_id, sum(amount) AS total FROM holds
            WHERE state IN ('reserved', 'dispatched') GROUP BY account_id
        ) h ON h.account_id = a.id
        WHERE a.kind = 'member'
    """,
}

# Each query lists what breaks its rule; none may list anything.
RULES = {
    "every transfer sums to zero": """
        SELECT 'transfer ' || t.id || ' sums to ' || coalesce(sum(e.amount)::text, 'nothing')
        FROM transfers t LEFT JOIN entries e ON e.transfer_id = t.id
        GROUP BY t.id HAVING coalesce(sum(e.amount), 1) <> 0
    """,
    "posted is the sum of entries": """
        SELECT 'account ' || a.id || ' has ' || a.posted || ', its entries ' ||
            coalesce(sum(e.amount), 0)
        FROM accounts a LEFT JOIN entries e ON e.account_id = a.id
        WHERE a.kind = 'member'
        GROUP BY a.id HAVING a.posted <> coalesce(sum(e.amount), 0)
    """,
    "held is the sum of open holds": """
        SELECT 'account ' || a.id || ' holds ' || a.held || ', its open holds ' ||
            coalesce(sum(h.amount), 0)
        FROM accounts a
        LEFT JOIN holds h ON h.account_id = a.id AND h.state IN ('reserved', 'dispatched')
        GROUP BY a.id HAVING a.held <> coalesce(sum(h.amount), 0)
    """,
    "no balance is negative": """
        SELECT 'account ' || id || ' has ' || posted || ' with ' || held || ' held'
        FROM accounts WHERE kind = 'member' AND NOT (0 <= held AND held <= posted)
    """,
    "nobody owes and has credits to spend": """
        SELECT 'account ' || id || ' owes ' || owed || ' and has ' || posted - held
        FROM accounts WHERE owed < 0 OR (owed > 0 AND posted <> held)
    """,
    "owed is the sum of debts": """
        SELECT 'account ' || a.id || ' owes ' || a.owed || ', its debts sum to ' ||
            coalesce(debt.total, 0)
        FROM accounts a LEFT JOIN (
            SELECT t.account_id, -sum(e.amount) AS total
            FROM entries e JOIN accounts house ON house.id = e.account_id AND house.kind = 'debts'
            JOIN transfers t ON t.id = e.transfer_id
            GROUP BY t.account_id
        ) debt ON debt.account_id = a.id
        WHERE a.owed <> coalesce(debt.total, 0)
    """,
    "every entry of a member is in a transfer of that member": """
        SELECT 'transfer ' || t.id || ' of account ' || t.account_id || ' moves account ' || a.id
        FROM entries e JOIN accounts a ON a.id = e.account_id
        JOIN transfers t ON t.id = e.transfer_id
        WHERE a.kind = 'member' AND t.account_id <> a.id
    """,
    "every captured hold has its transfer": """
        SELECT 'hold ' || h.id || ' captured ' || h.captured || ', its transfer ' ||
            coalesce((-e.amount)::text, 'is missing')
        FROM holds h
        LEFT JOIN transfers t ON t.key = 'capture:' || h.id
        LEFT JOIN entries e ON e.transfer_id = t.id AND e.account_id = h.account_id
        WHERE h.state = 'captured' AND h.generation_id IS NOT NULL
            AND h.captured IS DISTINCT FROM -e.amount
    """,
    "every capture has its hold": """
        SELECT 'transfer ' || t.id || ' captures no hold'
        FROM transfers t LEFT JOIN holds h
            ON t.key = 'capture:' || h.id AND h.state = 'captured'
        WHERE t.kind = 'capture' AND h.id IS NULL
    """,
    "the parts of a bill are its total": """
        SELECT 'generation ' || g.id || ' cost ' || coalesce(g.cost_credits, 0) ||
            ', captured ' || coalesce(sum(h.captured), 0)
        FROM generations g LEFT JOIN holds h ON h.generation_id = g.id
        WHERE g.state IN ('done', 'failed', 'stopped')
        GROUP BY g.id HAVING coalesce(g.cost_credits, 0) <> coalesce(sum(h.captured), 0)
    """,
    "no hold outlives its generation": """
        SELECT 'hold ' || h.id || ' is ' || h.state || ', its generation ' || g.state
        FROM holds h JOIN generations g ON g.id = h.generation_id
        WHERE h.state IN ('reserved', 'dispatched') AND g.state IN ('done', 'failed', 'stopped')
    """,
    "no pot outlives its room, or whoever put something into it": """
        SELECT 'hold ' || h.id || ' is in the pot of room ' || h.room_id
        FROM holds h JOIN accounts a ON a.id = h.account_id
        JOIN rooms ON rooms.id = h.room_id
        LEFT JOIN room_members m ON m.room_id = h.room_id AND m.user_id = a.user_id
            AND m.left_at IS NULL
        WHERE h.state = 'reserved' AND (rooms.closed_at IS NOT NULL OR m.user_id IS NULL)
    """,
    "every paid purchase was credited once": """
        SELECT 'purchase ' || p.id || ' of ' || p.credits || ' credits, credited ' ||
            coalesce((-e.amount)::text, 'nothing')
        FROM purchases p
        LEFT JOIN accounts member ON member.user_id = p.user_id
        LEFT JOIN transfers t
            ON t.key = 'topup:' || coalesce(p.checkout_session_id, p.payment_intent_id)
            AND t.account_id = member.id
        LEFT JOIN accounts house ON house.kind = 'purchases'
        LEFT JOIN entries e ON e.transfer_id = t.id AND e.account_id = house.id
        WHERE (p.state = 'paid' AND -e.amount IS DISTINCT FROM p.credits)
            OR (p.state <> 'paid' AND t.id IS NOT NULL)
    """,
    "every top-up has its purchase": """
        SELECT 'transfer ' || t.id || ' credits no purchase'
        FROM transfers t LEFT JOIN purchases p
            ON t.key = 'topup:' || coalesce(p.checkout_session_id, p.payment_intent_id)
        WHERE t.kind = 'topup' AND p.id IS NULL
    """,
    "what was clawed back is what refunds and disputes took": """
        SELECT 'account ' || a.id || ' gave back ' || coalesce(house.total, 0) ||
            ', its purchases ' || coalesce(sold.total, 0)
        FROM accounts a
        LEFT JOIN (
            SELECT t.account_id, sum(e.amount) AS total
            FROM entries e JOIN transfers t ON t.id = e.transfer_id
            JOIN accounts h ON h.id = e.account_id AND h.kind IN ('refunds', 'disputes')
            GROUP BY t.account_id
        ) house ON house.account_id = a.id
        LEFT JOIN (
            SELECT user_id, sum(clawed_credits) AS total FROM purchases GROUP BY user_id
        ) sold ON sold.user_id = a.user_id
        WHERE a.kind = 'member' AND coalesce(house.total, 0) <> coalesce(sold.total, 0)
    """,
    "what was clawed back is in proportion to the money that went back": """
        SELECT 'purchase ' || p.id || ' of ' || p.credits || ' credits for ' || p.paid_minor ||
            ' gave back ' || p.clawed_credits || ' for ' || gone.amount
        FROM purchases p CROSS JOIN LATERAL (
            SELECT least(coalesce(sum(amount_minor), 0), p.paid_minor) AS amount FROM (
                SELECT amount_minor FROM refunds
                WHERE purchase_id = p.id AND state IN ('pending', 'succeeded')
                UNION ALL
                SELECT amount_minor FROM disputes
                WHERE purchase_id = p.id AND state IN ('open', 'lost')
            ) taken
        ) gone
        WHERE p.clawed_credits <> CASE WHEN p.paid_minor > 0
            THEN floor(p.credits::numeric * gone.amount / p.paid_minor) ELSE 0 END
    """,
    "frozen while a dispute is open": """
        SELECT 'account ' || a.id || ' has ' || a.freezes || ' freezes, and ' ||
            coalesce(open.count, 0) || ' open disputes'
        FROM accounts a LEFT JOIN (
            SELECT p.user_id, count(*) FROM disputes d JOIN purchases p ON p.id = d.purchase_id
            WHERE d.state = 'open' GROUP BY p.user_id
        ) open ON open.user_id = a.user_id
        WHERE a.freezes <> coalesce(open.count, 0)
    """,
    "a refund is held for while Stripe has not answered": """
        SELECT 'refund ' || r.id || ' is ' || r.state || ', its hold ' ||
            coalesce(h.state, 'is missing')
        FROM refunds r LEFT JOIN holds h ON h.refund_id = r.id
        WHERE (r.state IN ('held', 'asked')) <>
            coalesce(h.state IN ('reserved', 'dispatched'), false)
    """,
}


@dataclass(frozen=True, slots=True)
class Report:
    """Figures by name, and for each rule what breaks it."""

    figures: dict[str, int]
    faults: dict[str, list[str]]

    @property
    def is_clean(self) -> bool:
        """True when no rule is broken."""
        return not any(self.faults.values())


def audit() -> Report:
    """Reads everything in one snapshot; writes nothing."""
    snapshot = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
    with db.engine.connect().execution_options(**snapshot) as connection:
        # A large ledger takes longer than any page may.
        connection.execute(text("SET LOCAL statement_timeout = 0"))
        figures = {n: int(connection.scalar(text(q)) or 0) for n, q in FIGURES.items()}
        faults = {rule: list(connection.scalars(text(query))) for rule, query in RULES.items()}
    return Report(figures=figures, faults=faults)
