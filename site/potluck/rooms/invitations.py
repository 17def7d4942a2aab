"""The link to a room as something that a phone can point at."""

from __future__ import annotations

import io


def qr_svg(link: str) -> bytes:
    """Dark on light whatever the page's colours: scanners expect it."""
    import segno  # noqa: PLC0415 - potluck.loading says why

    drawn = io.BytesIO()
    segno.make(link, error="m", micro=False).save(
        drawn, kind="svg", scale=6, border=4, dark="#1d1a16", light="#fff", xmldecl=True
    )
    return drawn.getvalue()
