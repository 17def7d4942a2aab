"""Words that the operator doesn't want here: `blocklist.txt` in `POTLUCK_VAR`, one a line.

Compared as people read them, and not as they are spelt in bytes: width, ligatures, case, and signs
that nobody sees make no difference. A word within a word doesn't count.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from pathlib import Path

from potluck.settings import current_settings

FILE = "blocklist.txt"
FILE_BYTES_MAX = 1_000_000


def is_blocked(text: str) -> bool:
    """Whether one of the words or phrases is in it. A changed file counts from the next text on."""
    path = current_settings().potluck_var / FILE
    try:
        facts = path.stat()
    except FileNotFoundError:
        return False
    pattern = _pattern(path, facts.st_mtime_ns, facts.st_size)
    return pattern is not None and pattern.search(_plain(text)) is not None


@lru_cache(maxsize=1)
def _pattern(path: Path, _changed_at: int, _size: int) -> re.Pattern[str] | None:
    with path.open("rb") as file:
        lines = file.read(FILE_BYTES_MAX).decode(errors="replace").splitlines()
    phrases = {_plain(line) for line in lines} - {""}
    if not phrases:
        return None
    any_of = "|".join(re.escape(each) for each in sorted(phrases))
    return re.compile(rf"(?<!\w)(?:{any_of})(?!\w)")


def _plain(text: str) -> str:
    """One form of everything that looks or reads the same. Folding can undo what NFKC did."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    seen = "".join(c for c in folded if unicodedata.category(c) != "Cf")
    return " ".join(seen.split())
