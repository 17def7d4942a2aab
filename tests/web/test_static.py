"""A first visit is light, and later ones ask for nothing."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
import secrets
import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import brotli
import pytest
from flask import Flask
from PIL import Image
from pydantic import SecretStr
from werkzeug.test import TestResponse

from potluck import static_files, static_tree
from potluck.settings import ROOT, Settings

SOURCE = ROOT / "static"
PLAIN = (SOURCE / "js" / "room.js").read_bytes()
FOREVER = "public, max-age=31536000, immutable"
NAMED_IN_TEMPLATES = re.compile(r"url_for\('static', filename='([^']+)'\)")
IMPORTED = re.compile(r"""(?:from|import) "(\.[^"]+)"|url\("([^":]+)"\)""")
WITHIN_SECONDS = 10


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    """The files as they are, and nothing else."""
    return serving(tmp_path_factory.mktemp("var"), SOURCE)


@pytest.fixture
def edited(tmp_path: Path) -> Flask:
    """An app whose static folder is this test's own."""
    shutil.copytree(SOURCE, tmp_path / "static")
    return serving(tmp_path / "var", tmp_path / "static")


def serving(var: Path, source: Path, public_url: str = "http://localhost:8000") -> Flask:
    """An app that has static files and nothing else."""
    app = Flask("potluck", static_folder=None)
    settings = Settings(secret_key=SecretStr(secrets.token_hex(32)), potluck_var=var)
    settings = settings.model_copy(update={"public_url": public_url})
    static_files.init_app(app, settings, source)
    return app


def address_in(app: Flask, filename: str) -> str:
    with app.test_request_context():
        found: str = app.url_for("static", filename=filename)
    return found


def fetch(app: Flask, path: str, **headers: str) -> TestResponse:
    """All of the answer, as a browser takes it; `Accept_Encoding` is the header of that name."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return app.test_client().get(path, headers=named, buffered=True)


def test_who_takes_brotli_is_sent_brotli_to_keep_for_ever(served: Flask) -> None:
    answer = fetch(served, address_in(served, "js/room.js"), Accept_Encoding="gzip, deflate, br")
    assert answer.headers["Cache-Control"] == FOREVER
    assert answer.headers["Content-Encoding"] == "br"
    assert answer.headers["Vary"] == "Accept-Encoding"
    assert len(answer.data) < len(PLAIN) / 2
    assert brotli.decompress(answer.data) == PLAIN


@pytest.mark.parametrize("accepted", ["gzip", "gzip, br;q=0"])
def test_who_takes_gzip_alone_is_sent_gzip(served: Flask, accepted: str) -> None:
    answer = fetch(served, address_in(served, "js/room.js"), Accept_Encoding=accepted)
    assert answer.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(answer.data) == PLAIN


def test_who_takes_neither_is_sent_the_file_as_it_is(served: Flask) -> None:
    answer = fetch(served, address_in(served, "js/room.js"))
    assert "Content-Encoding" not in answer.headers
    assert answer.headers["Content-Length"] == str(len(PLAIN))
    assert answer.headers["Content-Type"].startswith("text/javascript")
    assert answer.data == PLAIN


@pytest.mark.parametrize("filename", ["js/room.js", "icons/potluck.svg", "manifest.webmanifest"])
def test_files_carry_the_locks_that_mean_something_to_them(served: Flask, filename: str) -> None:
    headers = fetch(served, address_in(served, filename)).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert headers["Content-Security-Policy"].startswith("default-src 'none';")
    assert "Access-Control-Allow-Origin" not in headers


def test_who_asks_about_a_file_is_told_without_it(served: Flask) -> None:
    answer = served.test_client().head(address_in(served, "js/room.js"))
    assert (answer.status_code, answer.data) == (200, b"")
    assert answer.headers["Content-Length"] == str(len(PLAIN))


def test_who_has_the_file_is_told_that_it_has_not_changed(served: Flask) -> None:
    known = fetch(served, "/static/js/room.js").headers["ETag"]
    again = fetch(served, "/static/js/room.js", If_None_Match=known)
    assert (again.status_code, again.data) == (304, b"")
    other = fetch(served, "/static/js/room.js", If_None_Match='W/"another"')
    assert other.data == PLAIN


@pytest.mark.parametrize("asked", ["bytes=0-0", "bytes=5-9", "bytes=-3", "bytes=9-5", "lines=1"])
def test_who_asks_for_a_part_is_sent_the_whole(served: Flask, asked: str) -> None:
    answer = fetch(served, "/static/js/room.js", Range=asked)
    assert (answer.status_code, answer.data) == (200, PLAIN)


@pytest.mark.parametrize("prefix", ["/static/", "/static/0123456789abcdef/"])
def test_an_address_from_elsewhere_or_of_an_earlier_version_holds_for_a_minute(
    served: Flask, prefix: str
) -> None:
    answer = fetch(served, f"{prefix}js/room.js")
    assert answer.headers["Cache-Control"] == "public, max-age=60"
    assert answer.data == PLAIN


@pytest.mark.parametrize("path", ["nowhere.js", "js", "js/", "", "js/room.js.br", "js/room.js/"])
def test_what_is_not_there_is_not_found(app: Flask, path: str) -> None:
    for folder in ("/static/", address_in(app, "")):
        answer = fetch(app, folder + path)
        assert answer.status_code == 404
        assert answer.headers["Cache-Control"] == "no-store"
        assert "There is nothing here" in answer.get_data(as_text=True)


@pytest.mark.parametrize(
    "path",
    [
        "../pyproject.toml",
        "js/../../pyproject.toml",
        "..%2fpyproject.toml",
        "%2e%2e/pyproject.toml",
        "..\\pyproject.toml",
        "../static/js/room.js",
        "/etc/passwd",
        "../../secret_key",
        "..",
    ],
)
def test_nothing_outside_the_folder_is_served(served: Flask, path: str) -> None:
    for folder in ("/static/", address_in(served, "")):
        assert fetch(served, folder + path).status_code in {308, 404}


def test_files_are_read_and_not_written(served: Flask) -> None:
    assert served.test_client().delete(address_in(served, "js/room.js")).status_code == 405


def test_every_file_that_a_template_names_exists() -> None:
    templates = "".join(path.read_text() for path in (ROOT / "templates").rglob("*.html"))
    names = set(NAMED_IN_TEMPLATES.findall(templates))
    assert len(names) == len(set(re.findall(r"url_for\(\s*['\"]static['\"][^)]*\)", templates)))
    assert not [name for name in names if not (SOURCE / name).is_file()]


def test_files_name_one_another_by_where_they_lie() -> None:
    """Then they stay under the digest that the page names."""
    for path in [*SOURCE.glob("js/*.js"), *SOURCE.glob("css/*.css")]:
        for found in IMPORTED.findall(path.read_text()):
            assert (path.parent / "".join(found)).is_file(), f"{path.name} names {found}"
        assert "/static/" not in path.read_text()


def test_a_page_written_after_a_change_names_another_folder(edited: Flask, tmp_path: Path) -> None:
    before = address_in(edited, "js/room.js")
    assert fetch(edited, before).data == PLAIN
    (tmp_path / "static" / "css" / "base.css").write_text("/* changed */\n")
    deadline = time.monotonic() + WITHIN_SECONDS
    while (now := address_in(edited, "js/room.js")) == before:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    style = now.replace("js/room.js", "css/base.css")
    assert fetch(edited, style).data == b"/* changed */\n"
    assert fetch(edited, style).headers["Cache-Control"] == FOREVER
    assert fetch(edited, "/static/css/base.css").data == b"/* changed */\n"
    open_page = before.replace("js/room.js", "css/base.css")
    assert fetch(edited, open_page).data == (SOURCE / "css" / "base.css").read_bytes()


def test_where_others_are_invited_nobody_looks_for_changes(
    tmp_path: Path,
) -> None:
    shutil.copytree(SOURCE, tmp_path / "static")
    app = serving(tmp_path / "var", tmp_path / "static", "https://potluck.example")
    before = address_in(app, "js/room.js")
    shutil.rmtree(tmp_path / "static")
    until = time.monotonic() + static_files.LOOK_EVERY_SECONDS
    while time.monotonic() < until:
        assert address_in(app, "js/room.js") == before
    answer = fetch(app, before)
    assert answer.data == PLAIN
    assert answer.headers["Strict-Transport-Security"].startswith("max-age=31536000")


def test_files_are_served_again_after_somebody_emptied_var(edited: Flask, tmp_path: Path) -> None:
    where = address_in(edited, "js/room.js")
    shutil.rmtree(tmp_path / "var")
    assert fetch(edited, where).data == PLAIN


def test_where_nothing_can_be_written_files_are_served_as_they_are(
    tmp_path: Path,
) -> None:
    in_the_way = tmp_path / "var"
    in_the_way.write_text("no folder")
    app = serving(in_the_way, SOURCE)
    answer = fetch(app, address_in(app, "js/room.js"), Accept_Encoding="br")
    assert (answer.headers["Cache-Control"], answer.data) == (FOREVER, PLAIN)


def test_processes_that_start_together_write_one_whole_tree(tmp_path: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        trees = set(pool.map(lambda _: static_tree.keep(SOURCE, tmp_path), range(4)))
    (tree,) = trees
    assert list(tmp_path.iterdir()) == [tree.folder]
    for path in SOURCE.rglob("*.css"):
        kept = tree.folder / path.relative_to(SOURCE)
        assert kept.read_bytes() == path.read_bytes()
        assert brotli.decompress(Path(f"{kept}.br").read_bytes()) == path.read_bytes()


def test_a_second_start_writes_nothing(tmp_path: Path) -> None:
    first = static_tree.keep(SOURCE, tmp_path)
    # A draft that came and went would show in the folder's own time.
    written = tmp_path.stat().st_mtime_ns
    assert static_tree.keep(SOURCE, tmp_path) == first
    assert tmp_path.stat().st_mtime_ns == written


def test_a_day_of_editing_does_not_fill_the_disk(tmp_path: Path) -> None:
    source, store = tmp_path / "static", tmp_path / "var"
    source.mkdir()
    for number in range(static_tree.TREES_KEPT + 3):
        (source / "base.css").write_text(f"/* {number} */")
        newest = static_tree.keep(source, store)
    assert len(list(store.iterdir())) == static_tree.TREES_KEPT
    assert newest.folder.is_dir()


def test_the_app_can_be_put_on_a_home_screen(app: Flask, database: None) -> None:
    page = fetch(app, "/").get_data(as_text=True)
    where = address_in(app, "manifest.webmanifest")
    assert f'<link rel="manifest" href="{where}">' in page
    answer = fetch(app, where)
    manifest = json.loads(answer.data)
    assert answer.content_type.startswith("application/manifest+json")
    assert (manifest["name"], manifest["short_name"]) == ("Potluck", "Potluck")
    assert (manifest["start_url"], manifest["display"]) == ("/", "standalone")
    assert f'content="{manifest["theme_color"]}"' in page
    purposes = {(icon["sizes"], icon.get("purpose", "any")) for icon in manifest["icons"]}
    assert purposes >= {(s, p) for s in ("192x192", "512x512") for p in ("any", "maskable")}


def test_every_icon_of_the_manifest_has_the_size_that_it_says() -> None:
    manifest = json.loads((SOURCE / "manifest.webmanifest").read_text())
    for icon in manifest["icons"]:
        assert (SOURCE / icon["src"]).is_file()
        if icon["type"] == "image/png":
            with Image.open(SOURCE / icon["src"]) as drawn:
                assert f"{drawn.width}x{drawn.height}" == icon["sizes"], icon["src"]


def test_icons_without_a_manifest_are_there_too(app: Flask, database: None) -> None:
    page = fetch(app, "/").get_data(as_text=True)
    for rel, media_type, filename in (
        ("icon", "image/svg+xml", "icons/potluck.svg"),
        ("apple-touch-icon", "image/png", "icons/apple-touch-180.png"),
    ):
        assert re.search(f'<link rel="{rel}"[^>]* href="{address_in(app, filename)}">', page)
        assert fetch(app, address_in(app, filename)).mimetype == media_type
    with Image.open(SOURCE / "icons" / "apple-touch-180.png") as drawn:
        assert (drawn.size, drawn.mode) == ((180, 180), "RGB"), "a see-through one is put on black"


def test_what_names_a_tree_is_all_that_is_in_it(tmp_path: Path) -> None:
    digests = set()
    for name, text in (("a.js", "1"), ("a.js", "2"), ("b.js", "2")):
        source = tmp_path / hashlib.sha256(f"{name}{text}".encode()).hexdigest()
        source.mkdir()
        (source / name).write_text(text)
        digests.add(static_tree.keep(source, tmp_path / "var").digest)
    assert len(digests) == 3
