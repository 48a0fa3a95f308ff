"""A small file is as it was or wholly new, and never readable by others on the way."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from node.errors import Code, LancangError
from node.storage.durable_files import write_durably, write_new


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


def test_a_new_file_is_private_whole_and_never_over_another(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_new(path, b"first")
    assert path.stat().st_mode & 0o777 == 0o600
    with pytest.raises(LancangError) as refused:
        write_new(path, b"second")
    assert refused.value.code is Code.INPUT_INVALID
    assert path.read_bytes() == b"first"
    with pytest.raises(LancangError) as nowhere:
        write_new(tmp_path / "no" / "file", b"x")
    assert nowhere.value.code is Code.FILE_UNREADABLE


@pytest.mark.parametrize(("number", "code"), [(errno.ENOSPC, Code.DISK_FULL), (errno.EIO, Code.FILE_UNREADABLE)])
def test_a_new_file_that_can_not_be_written_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, code: Code
) -> None:
    def fails(_: int) -> None:
        raise OSError(number, "the disk")

    monkeypatch.setattr(os, "fsync", fails)
    with pytest.raises(LancangError) as refused:
        write_new(tmp_path / "file", b"x")
    monkeypatch.undo()
    assert refused.value.code is code
    assert list(tmp_path.iterdir()) == []
