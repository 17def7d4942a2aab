"""Tables that play round after round: each has every text as it is kept, whatever happens."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from tests.bench.soak.run import soak


def test_everybody_at_five_tables_has_every_text_as_it_is_kept(
    database_url: str, tmp_path: Path
) -> None:
    seed = int(os.environ.get("POTLUCK_SOAK_SEED", secrets.randbelow(1_000_000)))
    found = soak(database_url, tmp_path, rooms=5, seconds=10, seed=seed, haste=10)
    assert found.complaints == [], f"seed {seed}"
    assert found.rounds >= 5
