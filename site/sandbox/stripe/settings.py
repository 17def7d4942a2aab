"""What the stand-in is told on its command line."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Settings:
    host: str
    port: int
    secret_key: str
    webhook_url: str
    webhook_secret: str
    database: Path
