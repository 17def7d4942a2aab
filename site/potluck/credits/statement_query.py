"""The rows of a statement, as one query: what it sees is one moment's truth.

Each of the three sources is cut to the page before they are put together, so that the newest page
of a long history reads no more than a page of each.
"""

from __future__ import annotations

from sqlalchemy import text

ROWS = text("""
    WITH account AS (
        SELECT id, posted, held FROM accounts WHERE user_id = :user_id
    ), moved AS NOT MATERIALIZED (
        SELECT t.created_at AS at, CASE t.kind WHEN 'repayment' THEN 3 ELSE 1 END AS step, t.id,
            t.kind, t.reference, t.id AS transfer_id,
            CASE WHEN t.kind IN ('capture', 'repayment')
                THEN CAST(split_part(t.key, ':', 2) AS bigint) END AS hold_id,
            coalesce(e.amount, 0) AS posted,
            CASE t.kind
                WHEN 'capture' THEN e.amount
                WHEN 'refund' THEN -coalesce((SELECT h.captured FROM refunds r
                    JOIN holds h ON h.refund_id = r.id WHERE r.stripe_refund_id = t.reference), 0)
                ELSE 0 END AS held
        FROM transfers t
        LEFT JOIN entries e ON e.transfer_id = t.id AND e.account_id = t.account_id
        WHERE t.account_id = (SELECT id FROM account)
    ), reserved AS NOT MATERIALIZED (
        SELECT created_at AS at, 0 AS step, id, 'held' AS kind,
            coalesce('generation:' || generation_id, 'refund:' || refund_id, 'pot:' || room_id)
                AS reference,
            CAST(NULL AS bigint) AS transfer_id, id AS hold_id,
            CAST(0 AS bigint) AS posted, amount AS held
        FROM holds WHERE account_id = (SELECT id FROM account)
    ), released AS NOT MATERIALIZED (
        SELECT ended_at AS at, 2 AS step, id, 'released' AS kind,
            coalesce('generation:' || generation_id, 'refund:' || refund_id, 'pot:' || room_id)
                AS reference,
            CAST(NULL AS bigint) AS transfer_id, id AS hold_id,
            CAST(0 AS bigint) AS posted, captured - amount AS held
        FROM holds WHERE account_id = (SELECT id FROM account)
            AND ended_at IS NOT NULL AND captured < amount
    ), newer AS (
        SELECT coalesce(sum(posted), 0) AS posted, coalesce(sum(held), 0) AS held FROM (
            SELECT at, step, id, posted, held FROM moved
            UNION ALL SELECT at, step, id, posted, held FROM reserved
            UNION ALL SELECT at, step, id, posted, held FROM released
        ) event WHERE at >= :at AND (at, step, id) >= (:at, :step, :id)
    ), page AS (
        (SELECT * FROM moved
            WHERE at >= :since AND at <= :at AND (at, step, id) < (:at, :step, :id)
            ORDER BY at DESC, step DESC, id DESC LIMIT :rows_max)
        UNION ALL
        (SELECT * FROM reserved
            WHERE at >= :since AND at <= :at AND (at, step, id) < (:at, :step, :id)
            ORDER BY at DESC, step DESC, id DESC LIMIT :rows_max)
        UNION ALL
        (SELECT * FROM released
            WHERE at >= :since AND at <= :at AND (at, step, id) < (:at, :step, :id)
            ORDER BY at DESC, step DESC, id DESC LIMIT :rows_max)
        ORDER BY at DESC, step DESC, id DESC LIMIT :rows_max
    ), running AS (
        SELECT page.*,
            account.posted - newer.posted - coalesce(sum(page.posted) OVER above, 0) AS balance,
            account.held - newer.held - coalesce(sum(page.held) OVER above, 0) AS balance_held
        FROM page, account, newer
        WINDOW above AS (ORDER BY at DESC, step DESC, page.id DESC
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
    )
    SELECT r.at, r.step, r.id, r.kind, r.reference, r.posted, r.held,
        CAST(r.balance AS bigint) AS balance,
        CAST(r.balance - r.balance_held AS bigint) AS available,
        coalesce((SELECT e.amount FROM entries e JOIN accounts a ON a.id = e.account_id
            WHERE e.transfer_id = r.transfer_id AND a.kind = 'debts'), 0) AS repaid,
        CASE WHEN h.generation_id IS NOT NULL THEN h.id END AS charge_id, h.captured,
        rounds.number AS round_number, rooms.code AS room_code,
        p.id AS purchase_id, CASE r.kind WHEN 'topup' THEN p.receipt_url END AS receipt_url
    FROM running r
    LEFT JOIN holds h ON h.id = r.hold_id
    LEFT JOIN generations g ON g.id = h.generation_id
    LEFT JOIN rounds ON rounds.id = g.round_id
    LEFT JOIN rooms ON rooms.id = coalesce(rounds.room_id, h.room_id)
    LEFT JOIN purchases p ON p.user_id = :user_id AND p.id = CASE
        WHEN r.kind = 'topup' THEN coalesce(
            (SELECT id FROM purchases WHERE checkout_session_id = r.reference),
            (SELECT id FROM purchases WHERE payment_intent_id = r.reference))
        WHEN r.kind IN ('refund', 'refund_failed') THEN
            (SELECT purchase_id FROM refunds WHERE stripe_refund_id = r.reference)
        WHEN r.kind IN ('dispute', 'dispute_won') THEN
            (SELECT purchase_id FROM disputes WHERE id = r.reference)
        WHEN h.refund_id IS NOT NULL THEN
            (SELECT purchase_id FROM refunds WHERE id = h.refund_id) END
    ORDER BY r.at DESC, r.step DESC, r.id DESC
""")
