"""What a node shows of itself: structured logs and Prometheus metrics. Neither ever holds a secret or personal data."""

from __future__ import annotations

import logging
import sys
import traceback
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any, Final

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

REGISTRY: Final = CollectorRegistry()

CALLS: Final = Counter(
    "lancang_calls_total", "Calls served, by method and result.", ["method", "result"], registry=REGISTRY
)
ASKS: Final = Counter(
    "lancang_asks_total", "Asks answered, by requester and result.", ["requester", "result"], registry=REGISTRY
)
SEARCHES: Final = Counter(
    "lancang_searches_total", "Answers to own searches, by node and outcome.", ["node", "outcome"], registry=REGISTRY
)
ASK_SECONDS: Final = Histogram(
    "lancang_ask_seconds", "Time to answer the asks of one call, in seconds.", registry=REGISTRY
)
INDEX_SEQ: Final = Gauge("lancang_index_seq", "Last applied batch of an owner's index.", ["owner"], registry=REGISTRY)
INDEX_AS_OF: Final = Gauge(
    "lancang_index_as_of_seconds", "Time of the last signed head of an owner's index.", ["owner"], registry=REGISTRY
)
PUBLISHED: Final = Gauge(
    "lancang_published_seq", "Last batch published to an audience.", ["audience"], registry=REGISTRY
)
RECORDS: Final = Gauge("lancang_live_records", "Records that are live here.", registry=REGISTRY)
INCIDENTS: Final = Counter(
    "lancang_incidents_total", "Refused protocol faults, by node and code.", ["node", "code"], registry=REGISTRY
)

LOG_ACTS: Final = Gauge("lancang_log_acts", "Acts under this node's newest checkpoint.", registry=REGISTRY)
LOG_VOUCHED: Final = Gauge(
    "lancang_log_vouched_acts", "Up to which act another node vouches for this node's log.", ["node"], registry=REGISTRY
)
ROSTER_VERSION: Final = Gauge(
    "lancang_roster_version",
    "Version of the roster: in-force, or waiting for an administrator.",
    ["state"],
    registry=REGISTRY,
)
EXPIRES: Final = Gauge(
    "lancang_expires_seconds",
    "When a certificate, the roster or the epoch ends: seconds since 1970.",
    ["what"],
    registry=REGISTRY,
)
SUSPENDED: Final = Gauge("lancang_peer_suspended", "1 while a peer is suspended here.", ["node"], registry=REGISTRY)

ALARMS: Final = Counter(
    "lancang_alarms_total", "Alarms of probing raised, by the node they concern and kind.", ["node", "kind"],
    registry=REGISTRY,
)  # fmt: skip
DISCLOSURES_OPEN: Final = Gauge(
    "lancang_disclosures_open", "Requests that nothing has come of, by side: in, out.", ["side"], registry=REGISTRY
)
DISCLOSURES_CALLED: Final = Gauge(
    "lancang_disclosures_called", "Open requests that call for the duty desk, by side.", ["side"], registry=REGISTRY
)
ALARMS_OPEN: Final = Gauge(
    "lancang_alarms_open", "Alarms that nobody has acknowledged, by kind.", ["kind"], registry=REGISTRY
)
KEPT_HITS: Final = Gauge("lancang_kept_hits", "Hits kept here, by owner.", ["owner"], registry=REGISTRY)

LETTERS: Final = Counter(
    "lancang_letters_total", "Letters settled, by the other node, direction (sent, received) and result.",
    ["node", "direction", "result"], registry=REGISTRY,
)  # fmt: skip
LETTERS_WAITING: Final = Gauge(
    "lancang_letters_waiting", "Letters that wait in the outbox, by recipient.", ["node"], registry=REGISTRY
)
LETTERS_OLDEST: Final = Gauge(
    "lancang_letters_oldest_age_seconds", "For how long the oldest letter waits in the outbox, by recipient.",
    ["node"], registry=REGISTRY,
)  # fmt: skip

# Keys that would carry a person or a secret if someone logged them by mistake.
_FORBIDDEN: Final = frozenset(
    {"name", "names", "text", "subject", "query", "record", "record_id", "birth_date", "phone", "phones", "document",
     "documents", "account", "accounts", "secret", "key", "seed", "token", "tokens", "tag", "case_number", "salt"}
)  # fmt: skip


def _withhold(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for field in _FORBIDDEN & event.keys():
        event[field] = "(withheld)"
    return event


def configure_logging(level: str = "info", *, node_id: str = "") -> None:
    """Write one JSON object a line to standard error."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _withhold,
            structlog.processors.JSONRenderer(ensure_ascii=True),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level.upper(), logging.INFO)),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=False,
    )
    if node_id:
        structlog.contextvars.bind_contextvars(node=node_id)


def whereabouts(problem: BaseException) -> list[str]:
    """Where an exception came from, innermost last: file, line and function, never its text."""
    frames = traceback.extract_tb(problem.__traceback__)
    return [f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames[-8:]]
