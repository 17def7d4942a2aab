"""The steps from nothing to a ready app, side by side where they don't need each other."""

from __future__ import annotations

import os
import signal
import sys
import time
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from sandbox import configuration
from sandbox.children import Child
from sandbox.configuration import StandIn
from sandbox.installation import Installation
from sandbox.postgres import Cluster
from sandbox.preparation import Preparation
from sandbox.supervisor import Supervisor
from sandbox.terminal import say

# Generous: a laptop on battery, a first start, recovery after a crash.
STEP_SECONDS_MAX = 60.0
REQUEST_TIMEOUT_SECONDS = 2.0


class Startup:
    """Starts everything under `supervisor`; `environ` grows by what the children are told."""

    def __init__(
        self,
        supervisor: Supervisor,
        installation: Installation,
        root: Path,
        environ: dict[str, str],
    ) -> None:
        self.supervisor = supervisor
        self.installation = installation
        self.root = root
        self.environ = environ | {"PYTHONPATH": str(root / "site"), "PYTHONUNBUFFERED": "1"}
        told = ("HOST", "PORT", "PUBLIC_URL", "POTLUCK_VAR")
        self.told = {name: environ[name] for name in told} | {"SANDBOX_PID": str(os.getpid())}

    def run(self, began: float) -> None:
        """Returns once the app answers that it is ready; raises `Failed` if it doesn't."""
        installation = self.installation
        stand_ins = list(
            configuration.stand_ins(self.environ, installation.var, installation.secrets())
        )
        for stand_in in stand_ins:
            self._tell(stand_in.environ)
        priced = {"models": "OPENAI_MODEL", "painter": "OPENAI_IMAGE_MODEL"}
        named = [s.environ[priced[s.name]] for s in stand_ins if s.name in priced]
        # Several are separated by commas.
        models = [model.strip() for names in named for model in names.split(",")]
        preparation = self._preparation(priced_models=models)
        if preparation.is_done:
            self._start_app()
            # One by one on another core, those first that are up at once: all together would hold
            # the app up, which has more to load than they.
            for stand_in in reversed(stand_ins):
                self._stand_in(stand_in)
                self._wait_for_answer(stand_in)
        else:
            for stand_in in stand_ins:
                self._stand_in(stand_in)
            self._prepare(preparation)
            for stand_in in stand_ins:
                self._wait_for_answer(stand_in)
        ready_url = f"{configuration.own_url(self.environ)}/readyz"
        self._wait(lambda: _answers(ready_url), "Waiting for Potluck")
        installation.publish(self.told)
        self._announce(stand_ins, seconds=time.monotonic() - began)

    def _preparation(self, *, priced_models: Sequence[str]) -> Preparation:
        """Has a database running, and knows what must be done to it."""
        data = None
        if not self.environ.get("DATABASE_URL"):
            cluster = Cluster(self.installation.var)
            self._serve_database(cluster)
            self._tell({"DATABASE_URL": cluster.url})
            data = cluster.data
        return Preparation(self.root, priced_models=priced_models, data=data)

    def _serve_database(self, cluster: Cluster) -> None:
        cluster.prepare()
        if not cluster.is_made:
            say(f"Making a database in {cluster.data} …")
            making = self._start(
                "initdb", cluster.initdb, user=cluster.user, cwd=cluster.unfinished
            )
            self._finish(making, "Making a database")
            cluster.adopt()
        say("Starting PostgreSQL …")
        self._start(
            "postgres",
            cluster.serve,
            user=cluster.user,
            cwd=cluster.data,
            stop_signal=signal.SIGINT,
        )
        self._wait(lambda: cluster.is_ready, "Starting PostgreSQL")
        cluster.claim()

    def _prepare(self, preparation: Preparation) -> None:
        say("Bringing the database up to date …")
        self._finish(
            self._start("migrate", preparation.migrate), "Bringing the database up to date"
        )
        self._start_app()
        if preparation.price:
            self._finish(self._start("price", preparation.price), "Setting the models' price")
        preparation.remember()

    def _start_app(self) -> None:
        say("Starting Potluck …")
        self._start("app", [sys.executable, "wsgi.py"])

    def _stand_in(self, stand_in: StandIn) -> None:
        say(f"Starting a stand-in for {stand_in.note.partition(':')[0]} …")
        self._start(stand_in.name, stand_in.command)

    def _announce(self, stand_ins: Sequence[StandIn], *, seconds: float) -> None:
        for stand_in in stand_ins:
            say(f"  Stand-in for {stand_in.note}")
        say(f"Potluck is ready after {seconds:.1f} s: {self.environ['PUBLIC_URL']}")
        say(f"Logs are in {self.installation.log}. Ctrl-C ends everything.")

    def _tell(self, values: Mapping[str, str]) -> None:
        self.environ |= values
        self.told |= values

    def _start(
        self,
        name: str,
        command: Sequence[str],
        *,
        user: str | None = None,
        cwd: Path | None = None,
        stop_signal: signal.Signals = signal.SIGTERM,
    ) -> Child:
        child = Child(
            name=name,
            command=command,
            environ=self.environ,
            cwd=cwd or self.root,
            log=self.installation.log / f"{name}.log",
            pid_file=self.installation.run / f"{name}.pid",
            user=user,
            stop_signal=stop_signal,
        )
        return self.supervisor.start(child, echo=name == "app")

    def _finish(self, child: Child, what: str) -> None:
        self.supervisor.finish(child, what=what, seconds=STEP_SECONDS_MAX)

    def _wait(self, condition: Callable[[], bool], what: str) -> None:
        self.supervisor.wait_until(condition, what=what, seconds=STEP_SECONDS_MAX)

    def _wait_for_answer(self, stand_in: StandIn) -> None:
        self._wait(lambda: _answers(stand_in.ready_url), f"Waiting for {stand_in.name}")


def _answers(url: str) -> bool:
    try:
        # Only addresses that we made ourselves get here.
        with urllib.request.urlopen(url, timeout=REQUEST_TIMEOUT_SECONDS) as response:  # noqa: S310
            return bool(response.status == 200)  # noqa: PLR2004
    except OSError:
        return False
