"""Serves the small model with llama.cpp, which speaks OpenAI's API itself."""

from __future__ import annotations

import argparse
import signal
import sys
from pathlib import Path
from types import ModuleType

from sandbox.models import scripted, weights

HOST = "127.0.0.1"
SLOTS = 4
CONTEXT_TOKENS_PER_SLOT = 4_096
THREADS = 2
# So small a model goes round in circles without it.
REPEAT_PENALTY = 1.08


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m sandbox.models", description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    port = parser.parse_args().port
    path = weights.path()
    try:
        # Imported late: there is no wheel for every machine, and not every one loads.
        import xllamacpp  # noqa: PLC0415
    except ImportError:
        path = None
    if path:
        serve(xllamacpp, port, path)
    else:
        print("There is no model for this Python or machine: a script answers instead.")
        scripted.serve(port)


def serve(xllamacpp: ModuleType, port: int, path: Path) -> None:
    """Serves the weights until a signal ends the process; the server has threads of its own."""
    parameters = xllamacpp.CommonParams()
    parameters.model.path = str(path)
    parameters.model_alias = {weights.MODEL}
    parameters.hostnames = [HOST]
    parameters.port = port
    parameters.n_parallel = SLOTS
    parameters.n_ctx = SLOTS * CONTEXT_TOKENS_PER_SLOT
    parameters.cpuparams.n_threads = THREADS
    parameters.cpuparams_batch.n_threads = THREADS
    parameters.sampling.penalty_repeat = REPEAT_PENALTY
    parameters.ui = False
    # Fits a model into a graphics card's memory; here it would only cost time.
    parameters.fit_params = False
    server = xllamacpp.Server(parameters)
    print(f"Serving {weights.MODEL} at {server.listening_address}", file=sys.stderr)
    while True:
        signal.pause()


if __name__ == "__main__":
    main()
