"""What people do in the storm, and what goes wrong around them."""

from __future__ import annotations

import time
from collections import Counter
from functools import partial

import psycopg

from tests.live import population
from tests.live.storm.answers import Answers
from tests.live.storm.people import Member, SignIn, Tab
from tests.live.wire import Client, Wire


class Acts:
    """Does one thing after the other, and notes what came of it."""

    def __init__(self, wire: Wire, connection: psycopg.Connection) -> None:
        self.counted: Counter[str] = Counter()
        self.answers = Answers(self.counted)
        self.is_server_down = False
        # From the end of a session to that of its sockets.
        self.slowest_seconds = 0.0
        # Kept open, and when that began.
        self.silent: list[tuple[float, Client]] = []
        self._wire = wire
        self._connection = connection

    def open(self, tab: Tab) -> None:
        """Connects, as a page does that loads: to both namespaces if it has a session."""
        token = tab.sign_in.token if tab.sign_in else None
        namespaces = ("/", "/members") if tab.sign_in else ("/",)
        client = self._wire.connect(*namespaces, cookie=token, source=population.source(tab.number))
        client.heard = partial(self.answers.hear, tab)
        client.closed = partial(self._lose, tab)
        client.turned_away = partial(self._turn_away, tab)
        tab.client = client
        self.counted["opened"] += 1

    def leave(self, tab: Tab) -> None:
        """Closes the page."""
        assert tab.client
        tab.client.leave()
        self._forget(tab)

    def cut(self, tab: Tab) -> None:
        """The network goes, without a word."""
        assert tab.client
        tab.client.cut()
        self._forget(tab)

    def reload(self, tab: Tab) -> None:
        """Gone, and here again at once."""
        self.leave(tab)
        self.open(tab)

    def fall_silent(self, tab: Tab) -> None:
        """The lid is shut: the connection stays open, and nobody is at the other end."""
        assert tab.client
        tab.client.fall_silent()
        self.silent.append((time.monotonic(), tab.client))
        self._forget(tab)

    def join_pool(self, tab: Tab) -> None:
        self._ask_pool(tab, "join_pool")

    def leave_pool(self, tab: Tab) -> None:
        self._ask_pool(tab, "leave_pool")

    def enter_room(self, tab: Tab) -> None:
        """Follows the room that the person sits in."""
        if tab.client and tab.sign_in and tab.sign_in.member.room and not tab.is_entering:
            code = tab.sign_in.member.room
            tab.is_entering = True
            answered = partial(self.answers.entered, tab, code)
            tab.client.ask("enter_room", {"code": code}, namespace="/members", answered=answered)

    def leave_room(self, tab: Tab) -> None:
        """Stops following it."""
        if tab.client and tab.sign_in and not tab.is_entering:
            tab.is_entering = True
            answered = partial(self.answers.entered, tab, None)
            tab.client.ask("leave_room", namespace="/members", answered=answered)

    def revoke(self, tab: Tab) -> None:
        """Somebody deletes the session's row; the browser signs in again for its next page."""
        if tab.sign_in is None or tab.is_revoked:
            return
        over, member = tab.sign_in, tab.sign_in.member
        population.end_session(self._connection, over.token)
        (token,) = population.sign_in(self._connection, [member.user_id])
        over.renewed = SignIn(member, token)
        over.revoked_at = time.monotonic()
        for each in member.tabs:
            if each.client is None:
                each.forget()
        self.counted["revoked"] += 1

    def _ask_pool(self, tab: Tab, event: str) -> None:
        if tab.client and tab.sign_in and not tab.sign_in.member.asking:
            tab.sign_in.member.asking = (tab, event)
            answered = partial(self.answers.about_pool, tab, event)
            tab.client.ask(event, namespace="/members", answered=answered)

    def _turn_away(self, tab: Tab) -> None:
        """A page that was refused closes its socket; a session that counts is never refused."""
        assert tab.client
        if not tab.is_revoked:
            self.answers.complaints.append(f"a valid session was refused: {tab.client.refused}")
        self.counted["refused"] += 1
        self.leave(tab)

    def _lose(self, tab: Tab) -> None:
        """The server closed it, which it may if the session is over."""
        self.counted["closed by the server"] += 1
        if tab.sign_in and tab.is_revoked:
            seconds = time.monotonic() - tab.sign_in.revoked_at
            self.slowest_seconds = max(self.slowest_seconds, seconds)
        elif not self.is_server_down:
            self.answers.complaints.append("a connection was closed for no reason")
        self._forget(tab)

    def _forget(self, tab: Tab) -> None:
        member = tab.sign_in.member if tab.sign_in else None
        tab.forget()
        if member and member.asking and member.asking[0] is tab:
            self._go_unanswered(member, member.asking[1])

    def _go_unanswered(self, member: Member, event: str) -> None:
        """Whether it was done, nobody knows. If somebody wanted out, all their pages close."""
        member.asking = None
        for each in member.tabs:
            if event == "leave_pool" and each.has_joined_pool and each.client:
                self.cut(each)
