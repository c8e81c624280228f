"""For the operator: /healthz and /metrics. Counts and ages only, nothing personal."""

import json
import shutil
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import func, select, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from store import inbox, outbox
from store.clock import Clock
from store.database import Database
from store.inbox import InboxRow, InboxStatus
from store.outbox import OutboxRow, OutboxStatus

STUCK_SECONDS = 120


class Monitoring:
    """Reads the state of the system from its database and disk."""

    def __init__(
        self,
        *,
        database: Database,
        clock: Clock,
        home_dir: Path,
        is_working: Callable[[], bool],
    ) -> None:
        """Take `is_working`: whether the workers of this process are alive."""
        self._database = database
        self._clock = clock
        self._home_dir = home_dir
        self._is_working = is_working
        self._registry = CollectorRegistry()
        self._registry.register(_Gauges(self))

    def health(self) -> tuple[int, str]:
        """Return an HTTP status and a JSON body: 200 when all is well, else 503."""
        try:
            with self._database.read() as session:
                session.execute(text("SELECT 1"))
                waits = self.age(inbox.oldest_waiting(session))
            is_well = self._is_working() and waits < STUCK_SECONDS
            state = {
                "database": "ok",
                "workers": self._is_working(),
                "oldest_message_seconds": waits,
            }
        except SQLAlchemyError:
            is_well, state = False, {"database": "unreachable"}
        return (200 if is_well else 503), json.dumps({"ok": is_well, **state})

    def metrics(self) -> bytes:
        """Return the metrics in the Prometheus text format."""
        return generate_latest(self._registry)

    def age(self, instant: datetime | None) -> float:
        """Return how many seconds ago it was, 0 when there is nothing."""
        return 0.0 if instant is None else max((self._clock() - instant).total_seconds(), 0.0)

    def gauges(self) -> Iterator[tuple[str, str, float]]:
        """Yield name, help text and value of every gauge."""
        with self._database.read() as session:
            yield (
                "junxiu_inbox_oldest_seconds",
                "Age of the oldest message nobody has answered",
                self.age(inbox.oldest_waiting(session)),
            )
            yield (
                "junxiu_inbox_waiting",
                "Messages not answered yet",
                _count(session, InboxRow.status, InboxStatus.WAITING),
            )
            yield (
                "junxiu_inbox_set_aside",
                "Messages set aside after failing",
                _count(session, InboxRow.status, InboxStatus.SET_ASIDE),
            )
            yield (
                "junxiu_outbox_oldest_seconds",
                "Age of the oldest message that has not left",
                self.age(outbox.oldest_pending(session)),
            )
            yield (
                "junxiu_outbox_pending",
                "Messages that have not left",
                _count(session, OutboxRow.status, OutboxStatus.PENDING),
            )
            yield (
                "junxiu_outbox_set_aside",
                "Messages given up",
                _count(session, OutboxRow.status, OutboxStatus.SET_ASIDE),
            )
        yield (
            "junxiu_disk_free_bytes",
            "Free space where the home is",
            float(shutil.disk_usage(self._home_dir).free),
        )


class _Gauges(Collector):
    def __init__(self, monitoring: Monitoring) -> None:
        self._monitoring = monitoring

    def collect(self) -> Iterator[Metric]:
        for name, words, value in self._monitoring.gauges():
            yield GaugeMetricFamily(name, words, value=value)

    def describe(self) -> Iterator[Metric]:
        # Nothing is read when the collector is registered.
        return iter(())


def _count(session: Session, column: object, value: object) -> float:
    return float(
        session.execute(select(func.count()).where(column == value)).scalar_one()  # type: ignore[arg-type]
    )
