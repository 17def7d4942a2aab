"""Where pictures are kept is said in one line, and whoever mistypes it is told so in a sentence."""

from __future__ import annotations

import pytest

from potluck.buckets import Bucket, bucket
from potluck.settings import Settings, SettingsError


@pytest.mark.parametrize(
    ("address", "url", "region"),
    [
        ("s3+https://k:s@s3.example/b", "https://s3.example/b", "us-east-1"),
        ("s3+https://k:s@s3.example/b/?region=auto", "https://s3.example/b", "auto"),
        ("s3+http://k:s@[::1]:9000/b/a.b/c_d", "http://[::1]:9000/b/a.b/c_d", "us-east-1"),
    ],
)
def test_a_bucket_is_named_in_one_line(address: str, url: str, region: str) -> None:
    assert bucket(address) == Bucket(url, region, key="k", secret="s")


def test_a_secret_with_a_slash_is_written_with_a_sign_for_it() -> None:
    assert bucket("s3+https://k%40:a%2Fb+c@s3.example/b").secret == "a/b+c"


@pytest.mark.parametrize(
    "address",
    [
        "/var/pictures",
        "s3://k:hush@s3.example/b",
        "https://k:hush@s3.example/b",
        "s3+https://s3.example/b",
        "s3+https://hush@s3.example/b",
        "s3+https://:hush@s3.example/b",
        "s3+https://k:hush@/b",
        "s3+https://k:hush@s3.example",
        "s3+https://k:hush@s3.example/",
        "s3+https://k:hush@s3.example//b",
        "s3+https://k:hush@s3.example/b/../c",
        "s3+https://k:hush@s3.example/b c",
        "s3+https://k:hush/hush@s3.example/b",
        "s3+https://k:hush@s3.example:port/b",
        "s3+https://k:hush@[::1/b",
        "s3+https://k:hush@s3.example/b?region=",
        "s3+https://k:hush@s3.example/b?region=EU%20hush",
        "s3+https://k:hush@s3.example/b?secure=hush",
        "s3+https://k:hush@s3.example/b?hush",
    ],
)
def test_a_bucket_that_is_none_is_named_and_its_secret_is_not(address: str) -> None:
    with pytest.raises(SettingsError) as refusal:
        Settings.from_environment({"PICTURES_URL": address})
    told = str(refusal.value)
    assert told.startswith("PICTURES_URL: This is like s3+https://KEY:SECRET@")
    assert "hush" not in told
