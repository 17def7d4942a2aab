"""Pictures in a bucket, at any server that speaks S3: one request each, signed by version 4.

https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-authenticating-requests.html
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from functools import cache

import requests
from requests.adapters import HTTPAdapter
from requests_aws4auth import AWS4Auth
from urllib3.util.retry import Retry

from potluck.buckets import Bucket
from potluck.rooms.picture_store import NoSuchPicture, StorageAway, key

# To connect, and to say anything. Twice both is less than a lease: whoever draws keeps it.
TIMEOUTS_SECONDS = (3.0, 4.0)
# What a server that has too much to do at the moment answers; each request may be repeated, since
# it says the same again.
BUSY_STATUSES = {500, 502, 503, 504}
ERROR_CODE = re.compile(rb"<Code>(\w{1,60})</Code>")


@dataclass(frozen=True, slots=True)
class BucketStore:
    """Objects in a bucket. A server keeps one once it has all of it, and checks its sum."""

    bucket: Bucket

    @property
    def where(self) -> str:
        """Its address."""
        return self.bucket.url

    def write(self, name: str, data: bytes) -> None:
        """Others see all of it or nothing."""
        self._ask("PUT", name, data)

    def read(self, name: str) -> bytes:
        """The whole object; raises `NoSuchPicture`."""
        return self._ask("GET", name)

    def remove(self, name: str) -> None:
        """It is gone afterwards."""
        with suppress(NoSuchPicture):
            self._ask("DELETE", name)

    def _ask(self, method: str, name: str, data: bytes | None = None) -> bytes:
        try:
            answer = _session(self.bucket).request(
                method,
                f"{self.bucket.url}/{key(name)}",
                data=data,
                timeout=TIMEOUTS_SECONDS,
                # What is signed is signed for one server.
                allow_redirects=False,
            )
        except requests.RequestException as error:
            # Its own words have the picture's name.
            raise StorageAway(f"{type(error).__name__} at {self.bucket.url}") from error
        if answer.status_code in {requests.codes.ok, requests.codes.no_content}:
            return answer.content
        found = ERROR_CODE.search(answer.content)
        code = found[1].decode() if found else "no reason"
        if code == "NoSuchKey":
            raise NoSuchPicture(name)
        raise StorageAway(f"{answer.status_code} at {self.bucket.url}: {code}")


@cache
def _session(bucket: Bucket) -> requests.Session:
    """One a bucket, for its pool of connections."""
    once_more = Retry(
        total=1,
        status_forcelist=BUSY_STATUSES,
        allowed_methods=None,
        raise_on_status=False,
        respect_retry_after_header=False,
    )
    session = requests.Session()
    session.auth = AWS4Auth(bucket.key, bucket.secret, bucket.region, "s3")
    for scheme in ("https://", "http://"):
        session.mount(scheme, HTTPAdapter(max_retries=once_more))
    return session
