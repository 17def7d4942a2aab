"""Figures for whoever watches the installation, as Prometheus reads them; each process counts."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Histogram

REGISTRY = CollectorRegistry()

REQUESTS = Histogram(
    "potluck_request_seconds",
    "How long pages took to answer",
    ["endpoint", "status"],
    registry=REGISTRY,
)
REVOCATIONS = Counter(
    "potluck_revocations", "Sockets closed because a session ended", ["reason"], registry=REGISTRY
)
MATCHES = Counter("potluck_matches", "Rooms made of people in the pool", registry=REGISTRY)
STREAMS = Counter("potluck_streams", "Generations that ended", ["outcome"], registry=REGISTRY)
LEDGER = Histogram(
    "potluck_ledger_seconds",
    "How long the ledger took to hold, capture or release",
    ["step"],
    registry=REGISTRY,
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5),
)
