"""`lancang node backup-key|backup|restore`: a node's home, encrypted to a key that is not on its machine."""

from __future__ import annotations

import base64
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO

import typer

from node.cli.connection import channel_of
from node.cli.failures import usage
from node.cli.invocation import examples, invocation
from node.cli.screen import local, progress_bar
from node.errors import Code, LancangError

if TYPE_CHECKING:
    from nacl.public import PrivateKey

BACKUP_SECONDS = 12 * 3600.0
_PUBLIC, _PRIVATE = "lancang-backup-public:", "lancang-backup-private:"


def backup_key(
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="Where the private key goes. Keep it offline.")],
) -> None:
    """Make a pair of keys for backups. The private one opens them: make it on another machine, never on the node's.

    The public one is printed, and written beside it as FILE.pub.
    """
    from nacl.public import PrivateKey

    from node.storage.durable_files import write_new

    key = PrivateKey.generate()
    public = _PUBLIC + base64.b64encode(bytes(key.public_key)).decode()
    write_new(out, f"{_PRIVATE}{base64.b64encode(bytes(key)).decode()}\n".encode())
    write_new(out.with_name(out.name + ".pub"), f"{public}\n".encode(), 0o644)
    typer.echo(public)
    typer.echo(f"{out} opens every backup made for this key. Keep it, and a copy, away from the node.", err=True)


def backup(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where the backup goes. It must not exist.")],
    to: Annotated[str, typer.Option("--to", metavar="KEY", help="The public key: its text, or a file that holds it.")],
) -> None:
    """Back this node up while it serves: records, keys, log, roster, certificates, in one encrypted file.

    The file appears whole or not at all. It does not hold the keys of epochs: a restored node opens a new one.
    """
    from node.v1.operator_backup_pb2 import BackupRequest
    from node.v1.operator_backup_pb2_grpc import OperatorBackupServiceStub

    public = _public_key(to)
    if file.exists():
        raise usage(f"{file} exists already; a backup never overwrites another")
    at = invocation(context)
    part = file.with_name(f".{file.name}.part")
    try:
        with channel_of(at, "administrator") as channel, _new_file(part) as out:
            stream = OperatorBackupServiceStub(channel).Backup(BackupRequest(public_key=public), timeout=BACKUP_SECONDS)
            with progress_bar(at, "backup", 1) as bar:
                written, total = 0, 0
                for piece in stream:
                    total = total or piece.total_bytes
                    written += out.write(piece.data)
                    bar.stage("backup", min(written, total), total)
            out.flush()
            os.fsync(out.fileno())
        part.rename(file)
    finally:
        part.unlink(missing_ok=True)
    typer.echo(f"Backed up to {file}, {written:,} bytes. Only the private half of the key opens it.")


def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The backup.")],
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="The home to make; absent or empty.")],
    key: Annotated[Path, typer.Option("--key", metavar="FILE", help="The private key of the backup.")],
    without: Annotated[
        list[str] | None,
        typer.Option(
            "--without",
            metavar="MEMBER",
            help="A member that is gone for good: the node does not wait to hear from it.",
        ),
    ] = None,
) -> None:
    """Restore a node's home from a backup. Never start it while the old one runs, or could be started again.

    At its first start the node waits until every other member has told what it knows of it, then opens a new epoch.
    For a day the members can't ask it: nobody knows what was charged since the backup.
    """
    from node.acts.backup.restore import restore_home

    private = _private_key(key)
    try:
        source = file.open("rb")
    except OSError as problem:
        raise LancangError(Code.FILE_UNREADABLE, f"{file}: {problem.strerror}") from None
    with source:
        facts = restore_home(source, private, directory.absolute(), tuple(name.lower() for name in without or ()))
    typer.echo(f"Restored {facts.node_id} as it was on {local(facts.ms)}, after {facts.acts} acts, into {directory}.")
    typer.echo("Its secret is not in a backup: bring it by its own way. Then start the node; see docs/operations.md.")


def _public_key(to: str) -> bytes:
    text = to if to.startswith(_PUBLIC) else _read(Path(to))
    return _decoded(text, _PUBLIC, "--to: the public key, lancang-backup-public:..., or a file that holds it")


def _private_key(path: Path) -> PrivateKey:
    from nacl.public import PrivateKey

    return PrivateKey(_decoded(_read(path), _PRIVATE, "--key: the file that `lancang node backup-key` wrote"))


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii")[:4096].strip()
    except (OSError, UnicodeDecodeError) as problem:
        raise LancangError(Code.FILE_UNREADABLE, f"{path}: {getattr(problem, 'strerror', 'not a key')}") from None


def _decoded(text: str, prefix: str, wanted: str) -> bytes:
    try:
        key = base64.b64decode(text.removeprefix(prefix), validate=True)
    except ValueError:
        key = b""
    if not text.startswith(prefix) or len(key) != 32:
        raise usage(wanted)
    return key


@contextmanager
def _new_file(path: Path) -> Iterator[BinaryIO]:
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    except OSError as problem:
        raise LancangError(Code.FILE_UNREADABLE, f"{path}: {problem.strerror}") from None
    with os.fdopen(handle, "wb") as file:
        yield file


def add_to(app: typer.Typer) -> None:
    """Add the commands to `lancang node`."""
    app.command("backup-key", epilog=examples("lancang node backup-key --out /media/safe/th-backup.key"))(backup_key)
    app.command(
        "backup",
        epilog=examples(
            "lancang --home DIR/th --as administrator node backup th-2026-11-25.backup --to th-backup.key.pub",
            exits="0 whole and on the disk, 17 no room for the copy",
        ),
    )(backup)
    app.command(
        "restore",
        epilog=examples(
            "lancang node restore th-2026-11-25.backup /var/lib/lancang/th --key /media/safe/th-backup.key",
            exits="0 restored, 16 another key, 17 the backup is damaged",
        ),
    )(restore)
