"""Where a bucket is and who may use it, as one variable says it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import parse_qs, unquote, urlsplit

from pydantic import SecretStr

SCHEMES = {"s3+https": "https", "s3+http": "http"}
# What servers of one's own are content with, and Amazon's first region.
REGION_DEFAULT = "us-east-1"
REGION = re.compile(r"[a-z0-9-]+", re.ASCII)
# Nothing that would have to be encoded, so that both sides sign the same.
PATH = re.compile(r"(/[A-Za-z0-9_-][A-Za-z0-9._-]*)+", re.ASCII)
FORM = (
    "This is like s3+https://KEY:SECRET@s3.example/bucket/folder?region=eu-central-1, where a / in "
    "KEY or SECRET is written as %2F, and the folder and the region may be left out."
)


@dataclass(frozen=True, slots=True)
class Bucket:
    """A folder in a bucket at a server that speaks S3."""

    # With the folder, and without a slash at its end.
    url: str
    region: str
    key: str = field(repr=False)
    secret: str = field(repr=False)


def bucket(address: str) -> Bucket:
    """Reads an address; raises `ValueError` with a sentence that has nothing of it."""
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname, parts.port
        asked = parse_qs(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query))
    except ValueError:
        raise ValueError(FORM) from None
    (region,) = asked.pop("region", [REGION_DEFAULT])[-1:]
    path = parts.path.rstrip("/")
    is_whole = host and parts.username and parts.password and parts.scheme in SCHEMES
    if not (is_whole and PATH.fullmatch(path) and REGION.fullmatch(region)) or asked:
        raise ValueError(FORM)
    assert parts.username
    assert parts.password
    return Bucket(
        url=f"{SCHEMES[parts.scheme]}://{parts.netloc.rpartition('@')[2]}{path}",
        region=region,
        key=unquote(parts.username),
        secret=unquote(parts.password),
    )


def checked(address: SecretStr | None) -> SecretStr | None:
    """The address as it is, if a bucket can be found by it."""
    if address:
        bucket(address.get_secret_value())
    return address
