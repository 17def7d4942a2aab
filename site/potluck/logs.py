"""One line a record on stderr, with the id of the request it belongs to."""

from __future__ import annotations

import logging.config


def configure() -> None:
    """Sets the root logger up; libraries speak only when something is wrong."""
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "filters": {"request_id": {"()": "potluck.web.RequestIdFilter"}},
            "formatters": {
                "line": {
                    "format": "%(asctime)s %(levelname)s %(name)s [%(request_id)s] %(message)s"
                }
            },
            "handlers": {
                "stderr": {
                    "class": "logging.StreamHandler",
                    "formatter": "line",
                    "filters": ["request_id"],
                }
            },
            "root": {"level": "WARNING", "handlers": ["stderr"]},
            "loggers": {"potluck": {"level": "INFO"}},
        }
    )
