"""What somebody does on their account page reaches sockets that are open elsewhere."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

from tests.visitors import Visitor

VisitorFactory = Callable[[], Visitor]
ENDED_WITHIN_SECONDS = 1


def test_revoking_a_session_closes_that_browsers_socket_within_a_second_and_not_this_one(
    visitor: VisitorFactory,
) -> None:
    laptop, phone = visitor().sign_in("dara"), visitor().sign_in("dara")
    on_laptop, on_phone = laptop.connect("/members"), phone.connect("/members")
    assert on_laptop.ask("get_pool_count")["ok"]
    assert on_phone.ask("get_pool_count")["ok"]
    (path,) = re.findall(
        r'action="(/account/sessions/\d+/revocation)"', laptop.get("/account").text
    )
    began = time.monotonic()
    assert laptop.submit(path, page="/account").status_code == 200
    assert on_phone.hear("session_ended") == {"reason": "signed_out"}
    on_phone.ended.get(timeout=5)
    assert time.monotonic() - began < ENDED_WITHIN_SECONDS
    assert on_laptop.ask("get_pool_count")["ok"]
    assert phone.refusal("/members") == {"code": "session_expired"}


def test_every_browser_of_somebody_hears_of_a_sign_in_and_nobody_else_does(
    visitor: VisitorFactory,
) -> None:
    on_laptop = visitor().sign_in("farid").connect("/members")
    on_strangers = visitor().sign_in("gwen").connect("/members")
    for socket in (on_laptop, on_strangers):
        assert socket.ask("get_pool_count")["ok"]
    visitor().sign_in("farid")
    assert on_laptop.hear("sessions") == {}
    visitor().sign_in("gwen")
    assert on_strangers.hear("sessions") == {}
    # What is announced later is told later, so theirs alone came.
    assert [event for event, _ in on_strangers.heard].count("sessions") == 0


def test_signing_out_everywhere_else_closes_all_others(visitor: VisitorFactory) -> None:
    laptop = visitor().sign_in("chiyo")
    others = [visitor().sign_in("chiyo").connect("/members") for _ in range(3)]
    on_laptop = laptop.connect("/members")
    for socket in (on_laptop, *others):
        assert socket.ask("get_pool_count")["ok"]
    assert laptop.submit("/account/sessions/revocations", page="/account").status_code == 200
    for socket in others:
        assert socket.hear("session_ended") == {"reason": "signed_out"}
        socket.ended.get(timeout=5)
    assert on_laptop.ask("get_pool_count")["ok"]


def test_whoever_deletes_their_account_is_out_in_every_browser(visitor: VisitorFactory) -> None:
    laptop = visitor().sign_in("leaver@example.com")
    on_phone = visitor().sign_in("leaver@example.com").connect("/members")
    assert on_phone.ask("get_pool_count")["ok"]
    laptop.submit("/account/deletion", page="/account/deletion", word="delete")
    assert laptop.get("/credits/balance").status_code == 401
    assert on_phone.hear("session_ended") == {"reason": "signed_out"}
    on_phone.ended.get(timeout=5)
