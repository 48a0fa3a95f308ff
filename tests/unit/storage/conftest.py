"""A migrated database for each test: made once, copied each time."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from node.crypto.sealing import Sealer
from node.storage.engine import Database, open_database
from node.storage.row_keys import RowKeys
from node.storage.writer import Writer


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "node.db"
    open_database(path).close()
    return path


@pytest.fixture
def path(template: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(template, tmp_path / "node.db"))


@pytest.fixture
def database(path: Path) -> Iterator[Database]:
    opened = open_database(path)
    yield opened
    opened.close()


@pytest.fixture
def writer(database: Database) -> Iterator[Writer]:
    writing = Writer(database.writing)
    yield writing
    writing.close()


@pytest.fixture(scope="session")
def sealer() -> Sealer:
    return Sealer(bytes(range(32)))


@pytest.fixture(scope="session")
def keys() -> RowKeys:
    return RowKeys(bytes(range(32, 64)))
