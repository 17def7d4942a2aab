"""Every server starts here: `python wsgi.py`, `flask`, or any WSGI server with gevent."""

import gc

# Nothing of what is loaded now is garbage, and looking for some takes a third of the time.
gc.disable()

from gevent import monkey  # noqa: E402

monkey.patch_all()

import os  # noqa: E402
import sys  # noqa: E402
from pathlib import Path  # noqa: E402

sys.path.insert(0, str(Path(__file__).parent / "site"))

from dotenv import dotenv_values  # noqa: E402

from potluck import create_app  # noqa: E402
from potluck.settings import Settings, SettingsError  # noqa: E402


def load_settings() -> Settings:
    """The environment, then `.env` beside this file for what it doesn't name."""
    written = dotenv_values(Path(__file__).parent / ".env")
    filled = {name: value for name, value in written.items() if value is not None}
    return Settings.from_environment({**filled, **os.environ})


try:
    app = create_app(load_settings())
except SettingsError as error:
    sys.exit(f"Potluck can't start:\n{error}")

if __name__ == "__main__":
    from potluck.server import serve

    # It has more to load, and looks for garbage from when it serves.
    serve(app)

gc.freeze()
gc.enable()
