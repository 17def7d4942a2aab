"""Takes a client's messages apart. Who breaks the rules of the transport is shown out.

In place of the library's own reading, which gives events that call themselves `connect` or
`disconnect` to the handlers of these.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from socketio import Server, packet

from potluck.live.admission import Cookie, Desk, is_token
from potluck.live.answering import COOKIE, AnsweringNamespace
from potluck.live.budgets import CONNECT_COST, Budget
from potluck.live.packets import BadPacket, JsonPacket
from potluck.live.protocol import ErrorCode


class Receiver:
    """Reads every message of every connection; who calls it handles one at a time for each."""

    def __init__(self, server: Server, desk: Desk, *namespaces: AnsweringNamespace) -> None:
        self._server = server
        self._desk = desk
        self._namespaces = {each.namespace: each for each in namespaces}
        for each in namespaces:
            server.register_namespace(each)
        server.eio.on("message", self.receive)

    def receive(self, connection: str, message: str) -> None:
        """Handles one message; raises `BadPacket` where the connection is past bearing."""
        socket = self._server.eio.sockets.get(connection)
        if socket is None or socket.closing:
            return
        budget: Budget = socket.budget
        if not budget.take_message():
            raise BadPacket("too many messages")
        if not message:
            raise BadPacket("nothing said")
        received = JsonPacket(encoded_packet=message)
        match received.packet_type:
            case packet.EVENT:
                self._handle_event(connection, received, budget)
            case packet.CONNECT:
                self._handle_connect(connection, received, budget)
            case _:
                self._server._handle_disconnect(connection, received.namespace)  # noqa: SLF001

    def _handle_connect(self, connection: str, received: packet.Packet, budget: Budget) -> None:
        if budget.take(CONNECT_COST):
            code = ErrorCode.TOO_MANY_REQUESTS
            refusal = {"message": code, "data": {"code": code}}
            self._send(connection, received, packet.CONNECT_ERROR, refusal)
            return
        token = self._desk.token(self._server.environ[connection])
        let_in = partial(self._let_in, connection, received)
        if is_token(token):
            # Before the library notes that it is about to join: while a crowd waits, those notes
            # are long, and read for each.
            socket = self._server.eio.sockets[connection]
            self._desk.look_up(str(token), socket.hold(let_in))
        else:
            let_in(Cookie(is_there=token is not None))

    def _let_in(self, connection: str, received: packet.Packet, cookie: Cookie) -> None:
        environ = self._server.environ.get(connection)
        if environ is not None:
            environ[COOKIE] = cookie
            self._admit(connection, received)
            environ.pop(COOKIE)

    def _admit(self, connection: str, received: packet.Packet) -> None:
        self._server._handle_connect(connection, received.namespace, received.data)  # noqa: SLF001
        if connection not in self._server.environ:
            # It went while it was let in, and the library looked for it too early.
            self._server._handle_disconnect(connection, received.namespace)  # noqa: SLF001

    def _handle_event(self, connection: str, received: packet.Packet, budget: Budget) -> None:
        name = received.namespace or "/"
        manager = self._server.manager
        sid = manager.sid_from_eio_sid(connection, name)
        if not manager.is_connected(sid, name):
            return
        event, *arguments = received.data
        answer = self._namespaces[name].answer(sid, event, arguments, budget)
        if not manager.is_connected(sid, name):
            # It went meanwhile: what was noted of it since goes after it.
            self._namespaces[name].trigger_event("disconnect", sid)
        if received.id is not None:
            self._send(connection, received, packet.ACK, [answer])

    def _send(self, connection: str, received: packet.Packet, kind: int, data: Any) -> None:
        socket = self._server.eio.sockets.get(connection)
        if socket:
            answer = self._server.packet_class(
                kind, data=data, namespace=received.namespace, id=received.id
            )
            socket.tell(answer.encode())
