"""A small file is as it was or wholly new, and never readable by others on the way."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from node.errors import Code, LancangError
from node.storage.durable_files import write_durably


def test_a_file_is_replaced_whole_and_stays_private(tmp_path: Path) -> None:
    path = tmp_path / "new" / "file"
    write_durably(path, b"old")
    write_durably(path, b"new")
    assert path.read_bytes() == b"new"
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EIO])
def test_a_failed_write_leaves_the_old_content_and_no_remains(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    path = tmp_path / "file"
    write_durably(path, b"old")

    def fails(_: int) -> None:
        raise OSError(number, "the disk")

    monkeypatch.setattr(os, "fsync", fails)
    with pytest.raises((LancangError, OSError)) as caught:
        write_durably(path, b"new")
    monkeypatch.undo()
    full = isinstance(caught.value, LancangError) and caught.value.code is Code.DISK_FULL
    assert full == (number != errno.EIO)
    assert path.read_bytes() == b"old"
    assert [each.name for each in tmp_path.iterdir()] == ["file"]
