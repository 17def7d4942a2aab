"""The head of a request, read by hand where it is written as all browsers do.

Whatever is written in any other way is read by the server, which has a word for each.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

HEAD_END = b"\r\n\r\n"
# RFC 9110, 5.6.2 and 5.5, without the folded lines of old.
NAME = re.compile(r"[!#$%&'*+.^_`|~0-9a-z-]+")
VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")


# A path that is as it is written, without a question behind it.
READING = re.compile(rb"GET (/[\w./-]*) HTTP/1\.1\r\n", re.ASCII)
# With a body, or with wishes that the server has to see to.
UNUSUAL = {"content-length", "transfer-encoding", "expect", "upgrade"}


class Request(NamedTuple):
    """One that asks for a page, with what its head says by its names in WSGI."""

    environ: dict[str, Any]
    length_bytes: int


def read_request(data: bytes, *, is_for_us: Callable[[str], bool]) -> Request | None:
    """None where `data`, what has come so far, doesn't begin with one for a path of ours."""
    found = READING.match(data)
    if found is None or not is_for_us(path := found[1].decode()):
        return None
    head_end = data.find(HEAD_END)
    headers = read_headers(data[found.end() : head_end]) if head_end > found.end() else None
    if headers is None or not _is_usual(headers):
        return None
    environ = {_name_in_wsgi(name): value for name, value in headers.items()}
    environ |= {"REQUEST_METHOD": "GET", "PATH_INFO": path, "QUERY_STRING": ""}
    return Request(environ, head_end + len(HEAD_END))


@lru_cache
def _name_in_wsgi(name: str) -> str:
    return f"HTTP_{name.upper().replace('-', '_')}"


def read_headers(lines: bytes) -> dict[str, str] | None:
    """By their names in small letters; None if one comes twice or isn't one."""
    headers: dict[str, str] = {}
    for line in lines.decode("latin-1").split("\r\n"):
        name, colon, value = line.partition(":")
        name = name.lower()
        if not colon or name in headers or not NAME.fullmatch(name) or not VALUE.fullmatch(value):
            return None
        headers[name] = value.strip(" \t")
    return headers


def _is_usual(headers: Mapping[str, str]) -> bool:
    stays_open = headers.get("connection", "keep-alive").lower() == "keep-alive"
    return stays_open and "host" in headers and not headers.keys() & UNUSUAL


def cookie(environ: Mapping[str, Any], name: str) -> str | None:
    """The value of one cookie of a request, as the browser sent it."""
    header = environ.get("HTTP_COOKIE")
    found = _cookie_pattern(name).search(header) if header else None
    return found[1] if found else None


@lru_cache
def _cookie_pattern(name: str) -> re.Pattern[str]:
    return re.compile(rf'(?:^|;)\s*{re.escape(name)}\s*=\s*"?([^;"]*)')
