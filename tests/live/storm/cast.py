"""Who takes part in the storm."""

from __future__ import annotations

import psycopg

from tests.live import population
from tests.live.storm.people import Member, SignIn, Tab

TABS = 1_000
# Two browsers each, and so two tabs in one of them for most.
MEMBERS = 400
STRANGER_EVERY = 10


def cast(connection: psycopg.Connection) -> list[Tab]:
    """A thousand tabs: members' with a session each two or three share, and strangers'."""
    members = [Member(user_id) for user_id in population.make_members(connection, people=MEMBERS)]
    browsers = [member for member in members for _ in range(2)]
    tokens = population.sign_in(connection, [member.user_id for member in browsers])
    sign_ins = [SignIn(member, token) for member, token in zip(browsers, tokens, strict=True)]
    tabs = []
    for number in range(TABS):
        is_stranger = number % STRANGER_EVERY == 0
        tab = Tab(number, None if is_stranger else sign_ins[number % len(sign_ins)])
        tabs.append(tab)
        if tab.sign_in:
            tab.sign_in.member.tabs.append(tab)
    return tabs
