"""What is true of this process at the moment at which somebody asks for its figures."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from prometheus_client import generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from potluck.live import broadcasts
from potluck.metrics import REGISTRY
from potluck.rooms import generation


class Live:
    """Sockets, what waits for them, and streams."""

    def collect(self) -> Iterable[Metric]:
        """Called for each reading."""
        sockets = GaugeMetricFamily(
            "potluck_connections", "Sockets in each namespace", labels=["namespace"]
        )
        for namespace, number in broadcasts.connections_by_namespace().items():
            sockets.add_metric([namespace], number)
        yield sockets
        yield _counted("potluck_pushes", "What clients were told", "event", broadcasts.pushes())
        yield _counted(
            "potluck_closures", "Connections that ended, by why", "reason", broadcasts.closures()
        )
        yield GaugeMetricFamily(
            "potluck_queue_bytes",
            "What clients have yet to read",
            value=sum(connection.waiting_bytes for connection in broadcasts.connections()),
        )
        yield GaugeMetricFamily(
            "potluck_streams_running",
            "Texts that are being written",
            value=generation.running_count(),
        )


def _counted(name: str, of: str, label: str, numbers: Mapping[str, int]) -> Metric:
    counted = CounterMetricFamily(name, of, labels=[label])
    for key, number in numbers.items():
        counted.add_metric([key], number)
    return counted


REGISTRY.register(Live())


def figures() -> bytes:
    """These, and what was counted, as Prometheus reads them."""
    return generate_latest(REGISTRY)
