"""A round's picture in a bucket of an S3 server, which is there, and which isn't."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import text

from potluck.database import db
from potluck.rooms import drawing, generation, pictures
from potluck.rooms.models import Generation
from potluck.rooms.picture_store import StorageAway
from potluck.rooms.running import Running
from tests.rooms.bucket_server import BucketServer, bucket_server
from tests.rooms.conftest import Seats, Table
from tests.rooms.painting import begin, being_drawn, drawn

PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + b"\0\0\0\x01" * 2


@pytest.fixture
def server(tmp_path: Path) -> Iterator[BucketServer]:
    with bucket_server(tmp_path) as server:
        yield server


@pytest.fixture(autouse=True)
def _bucket(table: Table, painter_url: str, server: BucketServer) -> None:
    begin(table, painter_url)
    table.set(pictures_url=server.setting)


def test_it_is_the_only_thing_in_the_bucket_and_the_room_sees_it(
    seats: Seats, server: BucketServer
) -> None:
    made = drawn(seats.table)
    assert made.state == "done"
    assert made.picture
    name = made.picture.name
    assert server.files() == [server.path_of(name)]
    answer = seats.browsers[0].get(f"/pictures/{name}")
    assert answer.get_data() == server.files()[0].read_bytes()
    assert answer.headers["Content-Type"] == "image/png"
    var: Path = seats.table.app.extensions["settings"].potluck_var
    assert list(var.rglob(name)) == []


def test_one_that_somebody_took_out_of_the_bucket_is_not_there(
    seats: Seats, server: BucketServer
) -> None:
    made = drawn(seats.table)
    assert made.picture
    pictures.store().remove(made.picture.name)
    assert seats.browsers[0].get(f"/pictures/{made.picture.name}").status_code == 404


def test_one_that_somebody_objects_to_is_taken_out_of_the_bucket(
    table: Table, server: BucketServer
) -> None:
    table.set(openai_moderation_model="moderator-strict")
    assert drawn(table).error_code == "result_refused"
    assert server.files() == []


def test_the_operator_is_told_whether_pictures_can_be_kept(
    table: Table, server: BucketServer
) -> None:
    def tried() -> tuple[int, str]:
        result = table.app.test_cli_runner().invoke(args=["pictures"])
        return result.exit_code, result.output

    code, told = tried()
    assert code == 0
    assert told.startswith(f"Pictures are in http://127.0.0.1:{server.port}/pictures/from/potluck.")
    assert told.endswith("A file could be written, read and removed.\n")
    assert server.files() == []
    table.set(pictures_url=SecretStr(server.address(name="nobodys")))
    assert tried()[0] == 1
    assert "NoSuchBucket" in tried()[1]
    table.set(pictures_url=SecretStr(server.address(secret="hush-another")))
    assert "SignatureDoesNotMatch" in tried()[1]
    assert "hush" not in tried()[1]
    table.set(pictures_url=None)
    assert tried()[0] == 0


@pytest.mark.fault("G13")
def test_a_picture_that_cannot_be_read_is_asked_for_again_in_words(
    seats: Seats, server: BucketServer
) -> None:
    made = drawn(seats.table)
    assert made.picture
    address = f"/pictures/{made.picture.name}"
    server.end()
    answer = seats.browsers[0].get(address)
    assert answer.status_code == 503
    assert "Pictures can&#39;t be reached right now." in answer.get_data(as_text=True)
    assert "no-store" in answer.headers["Cache-Control"]
    server.start()
    assert seats.browsers[0].get(address).status_code == 200


@pytest.mark.fault("G13")
def test_nobody_pays_for_a_picture_that_could_not_be_kept(
    seats: Seats, server: BucketServer
) -> None:
    server.end()
    made = drawn(seats.table)
    assert (made.state, made.error_code) == ("failed", "storage_away")
    assert made.error_detail
    assert "hush" not in made.error_detail
    assert made.picture is None
    assert seats.table.balances() == [(1000, 0), (1000, 0)]
    page = seats.browsers[0].get(seats.path).get_data(as_text=True)
    assert "A picture came, and we couldn" in page


@pytest.mark.fault("G13")
def test_nobody_pays_when_a_later_stage_could_not_be_kept(
    table: Table, server: BucketServer
) -> None:
    lease = being_drawn(table)
    pictures.keep(lease, PNG)
    draw = drawing.prepare(db.session.get_one(Generation, lease.generation_id))
    server.end()
    generation._settle(lease, draw(Running(lease, room_id=table.room_id)))
    made = table.round.generation
    assert made
    assert (made.state, made.error_code) == ("failed", "storage_away")
    assert made.picture, "what came before it stays, as with a text"
    assert table.balances() == [(1000, 0), (1000, 0)]


@pytest.mark.fault("G13")
def test_a_refused_picture_goes_out_of_sight_though_the_bucket_is_away(
    table: Table, server: BucketServer, caplog: pytest.LogCaptureFixture
) -> None:
    made = drawn(table)
    assert made.picture
    name = made.picture.name
    server.end()
    pictures.take_away(made.id)
    assert pictures.picture_for(table.people[0].id, name) is None
    assert f"pictures stay behind: {name}" in caplog.text


@pytest.mark.fault("G13")
def test_a_stage_is_removed_once_the_bucket_is_back(table: Table, server: BucketServer) -> None:
    lease = being_drawn(table)
    for _ in range(2):
        pictures.keep(lease, PNG)
    db.session.execute(text("UPDATE pictures SET superseded_at = superseded_at - interval '61 s'"))
    db.session.commit()
    server.end()
    with pytest.raises(StorageAway):
        pictures.clear_stages()
    server.start()
    assert len(server.files()) == 2
    pictures.clear_stages()
    assert len(server.files()) == 1


@pytest.mark.fault("G13")
def test_nobody_pays_where_the_bucket_is_not_ours(table: Table, server: BucketServer) -> None:
    table.set(pictures_url=SecretStr(server.address(secret="hush-another")))
    made = drawn(table)
    assert (made.state, made.error_code) == ("failed", "storage_away")
    assert "SignatureDoesNotMatch" in str(made.error_detail)
    assert table.balances() == [(1000, 0), (1000, 0)]
