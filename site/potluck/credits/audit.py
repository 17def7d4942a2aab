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
    "credits earned": """
        SELECT coalesce(sum(amount), 0) FROM entries JOIN accounts ON id = account_id
        WHERE kind = 'revenue'
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
    "every captured hold has its transfer": """
        SELECT 'hold ' || h.id || ' captured ' || h.captured || ', its transfer ' ||
            coalesce((-e.amount)::text, 'is missing')
        FROM holds h
        LEFT JOIN transfers t ON t.key = 'capture:' || h.id
        LEFT JOIN entries e ON e.transfer_id = t.id AND e.account_id = h.account_id
        WHERE h.state = 'captured' AND h.captured IS DISTINCT FROM -e.amount
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
    "every paid purchase was credited once": """
        SELECT 'purchase ' || p.id || ' of ' || p.credits || ' credits, credited ' ||
            coalesce(e.amount::text, 'nothing')
        FROM purchases p
        LEFT JOIN transfers t ON t.key = 'topup:' || p.checkout_session_id
        LEFT JOIN accounts a ON a.user_id = p.user_id
        LEFT JOIN entries e ON e.transfer_id = t.id AND e.account_id = a.id
        WHERE (p.state = 'paid' AND e.amount IS DISTINCT FROM p.credits)
            OR (p.state <> 'paid' AND t.id IS NOT NULL)
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
        figures = {name: connection.scalar(text(query)) or 0 for name, query in FIGURES.items()}
        faults = {rule: list(connection.scalars(text(query))) for rule, query in RULES.items()}
    return Report(figures=figures, faults=faults)
