"""Who claims to be somebody else, comes back after being shown out, or speaks for another site."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import pytest
import requests
from itsdangerous import URLSafeTimedSerializer

from tests.live.raw import raw_socket
from tests.visitors import COOKIE, TIMEOUT_SECONDS, Visitor

VisitorFactory = Callable[[], Visitor]
Sql = Callable[..., list[Any]]


@pytest.mark.fault("S3")
def test_who_left_and_was_signed_out_meanwhile_is_not_let_in_again(
    visitor: VisitorFactory, sql: Sql
) -> None:
    ada = visitor().sign_in("ada")
    with raw_socket(ada) as raw:
        assert raw.join().startswith("40/members")
        raw.send("41/members,")
        assert raw.join().startswith("40/members")
        raw.send("41/members,")
        _end_session(sql, ada)
        assert (
            raw.join()
            == '44/members,{"message":"session_expired","data":{"code":"session_expired"}}'
        )


@pytest.mark.fault("S3")
def test_who_is_shown_out_is_not_let_in_by_knocking_before_the_door_is_shut(
    visitor: VisitorFactory, sql: Sql
) -> None:
    ada = visitor().sign_in("ada")
    with raw_socket(ada) as raw:
        raw.join()
        assert raw.ask("get_pool_count")["ok"]
        _end_session(sql, ada)
        assert "session_ended" in raw.receive_of("42/members")
        for knock in ("40/members,", "41/members,", "40/members,"):
            raw.send_if_open(knock)
        later = raw.receive_to_the_end()
    assert not [packet for packet in later if packet.startswith(("40/members", "42/members"))]


@pytest.mark.fault("S3")
def test_nobody_escapes_by_an_event_that_is_called_disconnect(
    visitor: VisitorFactory, sql: Sql
) -> None:
    ada = visitor().sign_in("ada")
    with raw_socket(ada) as raw:
        raw.join()
        for event in ("disconnect", "connect"):
            assert raw.ask(event)["error"]["code"] == "unknown_event"
            assert raw.ask("get_pool_count")["ok"]
        _end_session(sql, ada)
        assert any("session_ended" in packet for packet in raw.receive_to_the_end())


@pytest.mark.fault("S4")
def test_what_is_claimed_on_connecting_lets_nobody_in(visitor: VisitorFactory) -> None:
    ada = visitor().sign_in("ada")
    claims = {
        "token": ada.token,
        COOKIE: ada.token,
        "cookie": f"{COOKIE}={ada.token}",
        "user_id": 1,
    }
    with raw_socket(visitor()) as stranger:
        assert '"code":"signed_out"' in stranger.join(claims)


@pytest.mark.fault("S4")
def test_a_member_who_claims_to_be_another_is_who_their_cookie_says(
    visitor: VisitorFactory, sql: Sql
) -> None:
    ada, ben = visitor().sign_in("ada").funded(), visitor().sign_in("ben")
    sql("DELETE FROM pool_entries")
    sql("UPDATE room_members SET left_at = now() WHERE left_at IS NULL")
    with raw_socket(ada) as raw:
        assert raw.join({"user_id": _user_id(sql, ben), "token": ben.token}).startswith("40")
        claim = raw.ask("join_pool", {"user_id": _user_id(sql, ben)})
        assert claim["error"]["code"] == "bad_payload"
        assert raw.ask("join_pool")["ok"]
        assert sql("SELECT user_id FROM pool_entries") == [(_user_id(sql, ada),)]
        assert raw.ask("leave_pool")["ok"]


@pytest.mark.fault("S4")
def test_a_cookie_that_somebody_else_signed_is_nobodys(visitor: VisitorFactory) -> None:
    mallory = visitor()
    forged = URLSafeTimedSerializer("another secret", salt="cookie-session")
    mallory.http.cookies.set(COOKIE, str(forged.dumps({"_user_id": "1", "_fresh": True})))
    assert mallory.refusal("/members") == {"code": "session_expired"}
    assert mallory.get("/credits/balance").status_code == 401


@pytest.mark.fault("S5")
@pytest.mark.parametrize("path", ["/sign-out", "/billing/checkouts", "/rooms"])
def test_a_form_on_another_sites_page_does_nothing(
    visitor: VisitorFactory, sql: Sql, path: str
) -> None:
    ada = visitor().sign_in("ada")
    before = sql("SELECT count(*) FROM sessions, purchases, rooms")
    for origin in ("https://elsewhere.example", "null", ada.url.replace("http", "https", 1)):
        answer = requests.post(
            ada.url + path,
            data={"pack": "taster"},
            headers={"Origin": origin},
            cookies={COOKIE: ada.token},
            timeout=TIMEOUT_SECONDS,
            allow_redirects=False,
        )
        assert answer.status_code == 400, answer.text
    assert sql("SELECT count(*) FROM sessions, purchases, rooms") == before
    assert ada.get("/credits/balance").status_code == 200


def _end_session(sql: Sql, visitor: Visitor) -> None:
    sql("DELETE FROM sessions WHERE token_digest = %s", _digest(visitor))


def _user_id(sql: Sql, visitor: Visitor) -> int:
    ((user_id,),) = sql("SELECT user_id FROM sessions WHERE token_digest = %s", _digest(visitor))
    return int(user_id)


def _digest(visitor: Visitor) -> bytes:
    return hashlib.sha256(visitor.token.encode()).digest()
