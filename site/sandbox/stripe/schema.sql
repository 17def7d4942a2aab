-- Every API object is one row: its JSON is what the API answers, and later kinds need no migration.
CREATE TABLE IF NOT EXISTS objects (
    seq     INTEGER PRIMARY KEY AUTOINCREMENT,
    id      TEXT NOT NULL UNIQUE,
    kind    TEXT NOT NULL,
    -- What the object is listed under: a line item's session, a refund's charge.
    parent  TEXT,
    body    TEXT NOT NULL CHECK (json_valid(body)),
    -- What the stand-in must remember of it and Stripe does not show.
    private TEXT NOT NULL CHECK (json_valid(private))
) STRICT;

CREATE INDEX IF NOT EXISTS objects_by_kind ON objects (kind, seq);
CREATE INDEX IF NOT EXISTS objects_by_parent ON objects (parent, kind, seq);
CREATE INDEX IF NOT EXISTS objects_by_payment_intent
    ON objects (kind, json_extract(body, '$.payment_intent'), seq);
CREATE INDEX IF NOT EXISTS objects_by_customer
    ON objects (kind, json_extract(body, '$.customer'), seq);
CREATE INDEX IF NOT EXISTS objects_by_expiry
    ON objects (kind, json_extract(body, '$.status'), json_extract(body, '$.expires_at'));

-- Written in the transaction that changed the object the event is about.
CREATE TABLE IF NOT EXISTS deliveries (
    event_id   TEXT PRIMARY KEY REFERENCES objects (id),
    created_at REAL NOT NULL,
    attempts   INTEGER NOT NULL DEFAULT 0,
    -- Null once delivered or given up.
    due_at     REAL
) STRICT;

CREATE INDEX IF NOT EXISTS deliveries_due ON deliveries (due_at) WHERE due_at IS NOT NULL;

CREATE TABLE IF NOT EXISTS idempotent_answers (
    key         TEXT PRIMARY KEY,
    fingerprint TEXT NOT NULL,
    path        TEXT NOT NULL,
    status      INTEGER NOT NULL,
    body        TEXT NOT NULL,
    created_at  REAL NOT NULL
) STRICT;

-- What was ordered to go wrong. It outlives a restart, as a real outage would.
CREATE TABLE IF NOT EXISTS faults (
    -- Never used again, because held deliveries remember who holds them.
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    subject    TEXT NOT NULL CHECK (subject IN ('event', 'request')),
    kind       TEXT NOT NULL,
    match      TEXT NOT NULL,
    -- How often it will still happen; null until it is removed.
    count      INTEGER CHECK (count >= 0),
    seconds    REAL,
    number     INTEGER,
    created_at REAL NOT NULL
) STRICT;

-- The two below are not columns of deliveries so that a database from before them still serves.
CREATE TABLE IF NOT EXISTS held_deliveries (
    seq      INTEGER PRIMARY KEY AUTOINCREMENT,
    event_id TEXT NOT NULL UNIQUE REFERENCES deliveries (event_id),
    fault_id INTEGER NOT NULL,
    -- Null while they gather; then the newer event that goes out first.
    behind   TEXT REFERENCES deliveries (event_id)
) STRICT;

CREATE INDEX IF NOT EXISTS held_deliveries_behind ON held_deliveries (behind);

CREATE TABLE IF NOT EXISTS delivery_copies (
    event_id TEXT PRIMARY KEY REFERENCES deliveries (event_id),
    unsent   INTEGER NOT NULL CHECK (unsent >= 0),
    sent     INTEGER NOT NULL DEFAULT 0
) STRICT;
