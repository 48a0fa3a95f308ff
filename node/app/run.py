"""A node from its configuration: open, serve, drain, close. The composition root, where every part meets."""

from __future__ import annotations

import asyncio
import contextlib
import faulthandler
import gc
import os
import resource
import signal
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import structlog

from node.acts.backup.after_restore import take_up_restored
from node.acts.epochs.open_epochs import open_epochs
from node.acts.epochs.own_epoch import open_publications
from node.acts.membership.adopt_roster import asks_rate, show_roster
from node.acts.membership.next_keys import keys_named, sweep_next, take_up_next_keys
from node.acts.membership.roster_in_force import newest_roster, take_up_roster
from node.acts.membership.standing import member_of
from node.acts.membership.suspend import load_suspensions
from node.acts.publishing.serve_index import STREAMS_RATE
from node.acts.runtime.clock_watch import ClockWatch
from node.acts.runtime.copies import Copies
from node.acts.runtime.courier import Courier
from node.acts.runtime.node import Node
from node.acts.runtime.publications import Publications
from node.acts.runtime.workers import Workers
from node.acts.upkeep.recover import recover
from node.app.callers import callers
from node.app.certificates import CertificateFile
from node.app.letters import courier
from node.app.metrics import MetricsServer
from node.app.operator_socket import OperatorSocket, sweep, tell, untell
from node.app.peer_channels import PeerChannels
from node.app.server import Credentials, Door, server_credentials
from node.audit.journal import logging_as, newest_act_ms
from node.audit.leaf import Actors
from node.clock import Clock, FileClock, SystemClock
from node.config import Home, Settings, load_settings, read_secret
from node.crypto.sealing import Sealer, derive_key
from node.errors import Code, LancangError
from node.jobs.all_jobs import start_jobs
from node.model.roster import SignedRoster
from node.observe import configure_logging
from node.policy.rates import RateLimiter
from node.roster.acceptance import verify_at
from node.services.audit import audit_methods
from node.services.counts import counts_methods, operator_counts_methods
from node.services.courier import courier_methods
from node.services.gate import Gate, Method
from node.services.matching import matching_methods
from node.services.operator_alarms import alarm_methods
from node.services.operator_audit import operator_audit_methods
from node.services.operator_backup import backup_methods
from node.services.operator_corrections import correction_methods
from node.services.operator_courier import courier_officer_methods
from node.services.operator_disclosures import disclosure_methods
from node.services.operator_epochs import epoch_methods
from node.services.operator_exclusions import exclusion_methods
from node.services.operator_history import history_methods
from node.services.operator_inspections import inspection_methods
from node.services.operator_membership import membership_methods
from node.services.operator_node import node_methods
from node.services.operator_onward import onward_methods
from node.services.operator_records import record_methods
from node.services.operator_restored import restored_methods
from node.services.operator_searches import search_methods
from node.services.operator_subjects import subject_methods
from node.services.session import session_methods
from node.storage.engine import open_database
from node.storage.keystore import Keys, open_keystore
from node.storage.row_keys import RowKeys
from node.storage.writer import Writer

DRAIN_SECONDS = 10.0
COLLECT = (20_000, 10, 20)
_log = structlog.get_logger("node")


def run_node(home: Path) -> None:
    """Serve until SIGTERM or SIGINT. Raises LancangError when the node can't start."""
    place = Home(home)
    settings = load_settings(place)
    configure_logging(settings.log_level, node_id=settings.node_id)
    # Where a crash in native code happened: names of functions and lines, no values. A core dump would hold the keys.
    faulthandler.enable()
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with _opened(place, settings) as node:
        asyncio.run(_serve(node))


@contextmanager
def _opened(home: Home, settings: Settings, letters: Courier | None = None) -> Iterator[Node]:
    """Everything that is open before a node serves, closed in the reverse order. letters: other handlers, in tests."""
    secret = read_secret(settings)
    present = open_keystore(home.keystore, settings.node_id, secret)
    with ExitStack() as stack:
        home.index.mkdir(mode=0o700, parents=True, exist_ok=True)
        database = open_database(home.database)
        stack.callback(database.close)
        # Only now: the lock says that no other process of this node lives.
        sweep(home)
        roster, roster_file = newest_roster(home, database)
        keys = _keys_in_force(home, settings, secret, roster, present)
        writer = Writer(logging_as(database.writing, Actors(settings.node_id, keys.officer_pseudonym)))
        stack.callback(writer.close)
        threads = ThreadPoolExecutor(settings.thread_count, thread_name_prefix="compute")
        stack.callback(threads.shutdown, wait=True, cancel_futures=True)
        workers = Workers(settings.worker_count)
        stack.callback(workers.close)
        clock = choose_clock(settings, roster)
        with database.reading() as connection:
            newest_ms = newest_act_ms(connection)
        yield Node(
            home=home,
            settings=settings,
            clock=clock,
            clock_watch=ClockWatch(clock, newest_ms),
            keys=keys,
            signing=keys.signing,
            sealer=Sealer(derive_key(keys.storage_master, "columns")),
            row_keys=RowKeys(keys.storage_master),
            database=database,
            writer=writer,
            threads=threads,
            workers=workers,
            roster=roster,
            roster_file=roster_file,
            asks_rate=asks_rate(roster.roster.policy.asks_per_minute),
            streams_rate=RateLimiter(STREAMS_RATE),
            publications=Publications(),
            copies=Copies(),
            started_ms=clock.now_ms(),
            courier=letters or courier(),
        )


def _keys_in_force(home: Home, settings: Settings, secret: bytes, roster: SignedRoster, present: Keys) -> Keys:
    """The keys that the roster names. What a kill kept from being moved is moved now."""
    own = roster.roster.member(settings.node_id)
    if own is not None and own.signing_key == present.signing.public:
        sweep_next(home)
        return present
    keys, waiting = keys_named(home, settings.node_id, secret, roster.roster)
    if waiting:
        take_up_next_keys(home)
    return keys


def choose_clock(settings: Settings, roster: SignedRoster) -> Clock:
    """The system's clock, or a test federation's. Raises LancangError(CONFIG_INVALID) for a test clock in real life."""
    if settings.test_clock is None:
        return SystemClock()
    if not roster.roster.demo:
        raise LancangError(
            Code.CONFIG_INVALID,
            "test_clock: only a roster marked as a demo allows it",
            remedy="Remove LANCANG_TEST_CLOCK and test_clock from this node's settings.",
        )
    return FileClock(settings.test_clock)


async def _serve(node: Node) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    verify_at(node.roster, node.clock.now_ms())
    await recover(node)
    await take_up_roster(node)
    await load_suspensions(node)
    show_roster(node)
    async with contextlib.AsyncExitStack() as stack:
        certificate = CertificateFile(node.home.node_certificate, lambda: node.keys.tls_key_pem)
        channels = PeerChannels(node, certificate)
        await channels.follow_roster()
        stack.push_async_callback(channels.close)
        if await _stopped_before(take_up_restored(node, channels.follow_roster), stop):
            return
        await open_epochs(node)
        await open_publications(node)
        peer_door, officer_door, socket = _doors(node, certificate)
        stack.callback(socket.remove)
        metrics = MetricsServer(
            node.settings.metrics_listen.host,
            node.settings.metrics_listen.port,
            lambda: not (node.draining or node.held),
        )
        stack.callback(metrics.close)
        await peer_door.serve()
        await officer_door.serve()
        jobs = start_jobs(node, channels)
        tell(node.home, socket, metrics.address, str(node.settings.listen))
        stack.callback(untell, node.home)
        # What was loaded so far stays: the collector need not look through it again and again.
        gc.collect()
        gc.freeze()
        # What comes by thousands, while records are published, holds no cycles: looking for them less often costs less.
        gc.set_threshold(*COLLECT)
        _log.info("serving", pid=os.getpid(), listen=str(node.settings.listen), metrics=metrics.address)
        await stop.wait()
        _log.info("draining")
        node.draining = True
        for publication in node.publications:
            publication.wake()
        await asyncio.gather(peer_door.drain(DRAIN_SECONDS), officer_door.drain(DRAIN_SECONDS))
        await jobs.stop()
    _log.info("stopped")


async def _stopped_before(work: Coroutine[None, None, None], stop: asyncio.Event) -> bool:
    """Do a work that may wait for others without end; True if the node was told to stop meanwhile."""
    doing, told = asyncio.ensure_future(work), asyncio.ensure_future(stop.wait())
    await asyncio.wait((doing, told), return_when=asyncio.FIRST_COMPLETED)
    told.cancel()
    if doing.done():
        doing.result()
        return False
    doing.cancel()
    await asyncio.gather(doing, return_exceptions=True)
    return True


def _doors(node: Node, certificate: CertificateFile) -> tuple[Door, Door, OperatorSocket]:
    member_of(node, node.node_id)
    peer, officer = callers(node)

    def held() -> bool:
        return node.held

    def for_peers() -> Credentials:
        shown = certificate.identity()
        roots = tuple(member.certificate_authority for member in node.roster.roster.members)
        return Credentials(shown.private_key, shown.certificate, roots)

    def for_officers() -> Credentials:
        shown = certificate.identity()
        return Credentials(shown.private_key, shown.certificate, (member_of(node, node.node_id).certificate_authority,))

    methods = (
        *session_methods(node),
        *matching_methods(node),
        *courier_methods(node),
        *counts_methods(node),
        *audit_methods(node),
    )
    peer_door = Door(Gate(peer, held), methods)
    peer_door.bind(str(node.settings.listen), server_credentials(for_peers))
    officer_door = Door(Gate(officer, held), _officers_methods(node))
    socket = OperatorSocket.create()
    officer_door.bind(socket.target, server_credentials(for_officers))
    return peer_door, officer_door, socket


def _officers_methods(node: Node) -> tuple[Method[Any], ...]:
    return (
        *node_methods(node),
        *search_methods(node),
        *record_methods(node),
        *epoch_methods(node),
        *backup_methods(node),
        *restored_methods(node),
        *membership_methods(node),
        *inspection_methods(node),
        *alarm_methods(node),
        *operator_audit_methods(node),
        *disclosure_methods(node),
        *history_methods(node),
        *operator_counts_methods(node),
        *courier_officer_methods(node),
        *correction_methods(node),
        *exclusion_methods(node),
        *subject_methods(node),
        *onward_methods(node),
    )
