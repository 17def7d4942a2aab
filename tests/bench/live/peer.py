"""Node's socket.io."""

from __future__ import annotations

from pathlib import Path

from tests.bench.peer import NODE, Peer
from tests.stack import unused_port

SCRIPT = Path(__file__).with_name("peer.mjs")


def socket_io(*, database_url: str, folder: Path, core: int | None, is_naive: bool = False) -> Peer:
    """One process of it on the same database; a naive one tells the count on each connect."""
    port = unused_port()
    counting = "naive" if is_naive else "coalesced"
    command = [NODE, str(SCRIPT), str(port), database_url, counting]
    return Peer(command, port=port, ready_path="/", log=folder / "peer.log", core=core)
