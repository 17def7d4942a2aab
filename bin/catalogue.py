"""Finds every text that people read, and keeps the catalogues in step with them.

A catalogue is `messages.po`; what the app reads of it is `messages.mo` beside it, and what
browsers read is `static/js/words/<language>.js`.
"""

from __future__ import annotations

import json
import sys
import tomllib
from collections.abc import Iterator
from io import BytesIO
from operator import itemgetter
from pathlib import Path
from typing import IO, Any

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
TRANSLATIONS = ROOT / "site" / "potluck" / "translations"
WORDS = ROOT / "static" / "js" / "words"
SCRIPTS = "static/js/"
JINJA = {"extensions": "jinja2.ext.i18n", "trimmed": "true", "silent": "false"}
FOLDERS: list[tuple[str, list[tuple[str, str]], dict[str, Any]]] = [
    ("site/potluck", [("**.py", "python"), ("**.toml", "catalogue:recipe_texts")], {}),
    ("templates", [("**.html", "jinja2")], {"**.html": JINJA}),
    ("static/js", [("words/**", "ignore"), ("**.js", "javascript")], {}),
]
KEYWORDS: dict[str, Any] = {
    "_": None,
    "gettext": None,
    "marked": None,
    "ngettext": (1, 2),
    "say": None,
    "sayCount": (2, 3),
}
# What members see of a recipe; the rest is said to the model.
RECIPE_KEYS = ("title", "question", "example")


def texts() -> Catalog:
    """Every text in the source, with the files that it stands in."""
    catalog = Catalog(charset="utf-8")
    for folder, methods, options in FOLDERS:
        found = extract_from_dir(ROOT / folder, methods, options, keywords=KEYWORDS)
        for name, line, message, comments, context in sorted(found, key=itemgetter(0, 1)):
            place = [(f"{folder}/{name}", line)]
            catalog.add(message, locations=place, auto_comments=comments, context=context)
    return catalog


def recipe_texts(
    fileobj: IO[bytes],
    keywords: object,  # noqa: ARG001 - Babel's interface
    comment_tags: object,  # noqa: ARG001 - likewise
    options: object,  # noqa: ARG001 - likewise
) -> Iterator[tuple[int, str, str, list[str]]]:
    """Babel's interface to a kind of file that it doesn't know."""
    recipe = tomllib.load(fileobj)
    for key in RECIPE_KEYS:
        yield 1, "_", " ".join(recipe[key].split()), [f"{key} of a recipe"]


def languages() -> list[str]:
    """Those that there are catalogues for."""
    return sorted(path.parent.parent.name for path in TRANSLATIONS.glob("*/*/messages.po"))


def catalogue_path(language: str) -> Path:
    return TRANSLATIONS / language / "LC_MESSAGES" / "messages.po"


def read(language: str) -> Catalog:
    """The catalogue as it is."""
    with catalogue_path(language).open("rb") as file:
        return read_po(file, locale=language)


def brought_up_to_date(language: str) -> Catalog:
    """The catalogue with every text of the source in it, and no other."""
    catalog = read(language)
    written_at = catalog.creation_date
    catalog.update(texts(), no_fuzzy_matching=True)
    catalog.obsolete.clear()
    # So that nothing changes where no text did.
    catalog.creation_date = written_at
    return catalog


def written(catalog: Catalog) -> dict[Path, bytes]:
    """The three files of a language, as they should be."""
    language = str(catalog.locale)
    path = catalogue_path(language)
    po, mo = BytesIO(), BytesIO()
    write_po(po, catalog, width=100, omit_header=False, sort_by_file=True, include_lineno=False)
    write_mo(mo, catalog)
    return {
        path: po.getvalue(),
        path.with_suffix(".mo"): mo.getvalue(),
        WORDS / f"{language}.js": _script(catalog).encode(),
    }


def bring_up_to_date() -> int:
    """The exit code: 1 where something is still to be translated."""
    is_complete = True
    for language in languages():
        catalog = brought_up_to_date(language)
        for path, content in written(catalog).items():
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(content)
        missing = [each for each in catalog if each.id and not _is_translated(each.string)]
        is_complete &= not missing
        print(f"{language}: {len(catalog)} texts, {len(missing)} to be translated")
    return not is_complete


def _script(catalog: Catalog) -> str:
    words: dict[str, object] = {}
    for message in catalog:
        if any(path.startswith(SCRIPTS) for path, _ in message.locations) and message.string:
            # A text with a plural is asked for by its first form.
            key = message.id if isinstance(message.id, str) else message.id[0]
            words[key] = message.string
    text = json.dumps(words, ensure_ascii=False, indent=2, sort_keys=True)
    return f"/* Written by bin/catalogues from messages.po. */\n\nexport default {text};\n"


def _is_translated(string: object) -> bool:
    return all(string) if isinstance(string, tuple) else bool(string)


if __name__ == "__main__":
    sys.exit(bring_up_to_date())
