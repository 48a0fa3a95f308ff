"""The roster a node holds: roster/current.json in its home, replaced only by what acceptance lets follow."""

from __future__ import annotations

from pathlib import Path

from node.config import Home
from node.errors import Code, LancangError
from node.model.roster import SignedRoster
from node.roster.acceptance import accept, accept_between
from node.roster.documents import MAX_ROSTER_BYTES, encode_signed, parse_signed
from node.storage.durable_files import write_durably


def installed_roster(home: Home) -> SignedRoster | None:
    """The roster in the home, or None if there is none yet. Its signatures and expiry are for acceptance.verify_at.

    Raises ROSTER_INVALID for a damaged file, FILE_UNREADABLE.
    """
    try:
        with home.roster.open("rb") as file:
            data = file.read(MAX_ROSTER_BYTES + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise LancangError(Code.FILE_UNREADABLE, "roster/current.json") from error
    return parse_signed(data)


def install_roster(home: Home, new: SignedRoster, now_ms: int, *, leads_on: bool = False) -> SignedRoster:
    """Accept a roster after the one in the home and put it in its place at once. Returns the one held from now on.

    leads_on: a later one is installed next, so that this one may have expired. Raises what acceptance.accept raises,
    FILE_UNREADABLE, DISK_FULL.
    """
    current = installed_roster(home)
    accepted = (accept_between if leads_on else accept)(current, new, now_ms)
    if accepted is not current:
        # Beside the newest also each by its number: a node that was down for two of them takes them up one by one.
        write_durably(_numbered(home, accepted.roster.version), encode_signed(accepted))
        write_durably(home.roster, encode_signed(accepted))
    return accepted


def numbered_roster(home: Home, version: int) -> SignedRoster | None:
    """A version that was installed offline, if its file is there. Raises as installed_roster."""
    path = _numbered(home, version)
    return parse_signed(path.read_bytes()) if path.exists() else None


def _numbered(home: Home, version: int) -> Path:
    return home.roster.with_name(f"{version}.json")
