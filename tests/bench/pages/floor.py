"""The least that gevent and psycopg can do: one prepared SELECT, one line of text.

python -m tests.bench.pages.floor PORT DATABASE_URL
"""

from gevent import monkey

monkey.patch_all()

import hashlib  # noqa: E402
import sys  # noqa: E402
from collections.abc import Callable  # noqa: E402
from typing import Any  # noqa: E402

from gevent import socket  # noqa: E402
from gevent.pywsgi import WSGIServer  # noqa: E402
from gevent.queue import LifoQueue  # noqa: E402

from potluck.cooperation import CooperativeConnection  # noqa: E402

BACKLOG = 1024
CONNECTIONS = 30
FIND = """
    SELECT a.posted, a.held, a.seq FROM sessions s JOIN accounts a ON a.user_id = s.user_id
    WHERE s.token_digest = %s AND s.expires_at > now()
"""

port, database_url = sys.argv[1:]
connections: LifoQueue = LifoQueue()
for _ in range(CONNECTIONS):
    connections.put(CooperativeConnection.connect(database_url, autocommit=True))


def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
    """Says what somebody has, and nothing else."""
    token = environ.get("HTTP_COOKIE", "").removeprefix("potluck=")
    digest = hashlib.sha256(token.encode()).digest()
    connection = connections.get()
    try:
        row = connection.execute(FIND, (digest,), prepare=True).fetchone()
    finally:
        connections.put(connection)
    body = b"nobody" if row is None else b"%d %d %d" % row
    start_response("200 OK", [("Content-Length", str(len(body)))])
    return [body]


listener = socket.socket()
listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
listener.bind(("127.0.0.1", int(port)))
listener.listen(BACKLOG)
WSGIServer(listener, answer, log=None).serve_forever()
