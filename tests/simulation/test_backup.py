"""Yesterday's backup is restored: nothing is served twice, no budget grows, and the others find the node again."""

from __future__ import annotations

import base64
import json
import shutil
import sqlite3
from pathlib import Path

from nacl.public import PrivateKey

from node.acts.backup.restore import restore_home
from node.config import Home
from tests.support import disk
from tests.support.federation import RunningFederation, running_federation, wait_for

PERSON = {"names": [{"text": "Somchai Jaidee"}], "birth_date": "1980-05-17"}
RECORD = {"record_id": "TH-1", "names": [{"text": "สมชาย ใจดี", "script": "Thai"}], "birth_date": "1980-05-17"}
LATER = {"record_id": "TH-2", "names": [{"text": "ธนพล รุ่งเรือง"}], "birth_date": "1991-02-03"}


def backed_up(nodes: RunningFederation, to: Path) -> Path:
    made = nodes.command("node", "backup-key", "--out", str(to / "backup.key"))
    assert made.returncode == 0, made.stderr
    done = backup(nodes, to / "th.backup", "administrator")
    assert done == (0, "")
    return to / "th.backup"


def backup(nodes: RunningFederation, file: Path, officer: str) -> tuple[int, str]:
    key = str(file.with_name("backup.key.pub"))
    done = nodes.command("--as", officer, "node", "backup", str(file), "--to", key, home="th")
    return done.returncode, done.stderr


def test_yesterdays_backup_is_restored_and_the_alliance_goes_on(tmp_path: Path) -> None:
    with running_federation(tmp_path / "federation", ("cn", "la", "th")) as nodes:
        home = nodes.node("th").home
        nodes.load("th", [RECORD])
        wait_for(lambda: nodes.published("th"), "th is published")
        wait_for(lambda: nodes.search("cn", PERSON, peers=["th"]).answers[0].hits != [], "cn finds it")
        before = nodes.search("cn", PERSON, peers=["th"]).answers[0].hits[0]
        file = backed_up(nodes, tmp_path)

        # A day goes by: a record, an ask, a rotation, then the disk is lost.
        nodes.load("th", [LATER])
        rotated = nodes.command("--as", "administrator", "epoch", "rotate", "--yes", home="th")
        assert rotated.returncode == 0, rotated.stderr
        wait_for(lambda: nodes.search("cn", PERSON, peers=["th"]).answers[0].epoch == 2, "cn takes up epoch 2")
        wait_for(lambda: nodes.search("la", PERSON, peers=["th"]).answers[0].epoch == 2, "la takes up epoch 2")
        nodes.kill("th")
        shutil.rmtree(home.path)

        key = str(tmp_path / "backup.key")
        restored = nodes.command("node", "restore", str(file), str(home.path), "--key", key)
        assert restored.returncode == 0, restored.stderr
        nodes.kill("la")
        nodes.start("th")
        wait_for(lambda: "not heard yet" in nodes.log("th"), "th waits for la")
        assert disk.number(home, "SELECT max(epoch) FROM own_epoch") == 1
        nodes.start("la")
        nodes.wait_serving("th", "la")
        let_go = nodes.command("node", "restored", "--confirm", "--yes", home="th")
        assert let_go.returncode == 0, let_go.stderr
        nodes.wait_in_sync("cn", "la")

        assert disk.rows(home, "SELECT epoch, state FROM own_epoch ORDER BY epoch") == [
            (1, "closed"), (2, "closed"), (3, "open")]  # fmt: skip
        # For a day nobody can ask: what was charged since the backup is not known.
        refused = nodes.search("cn", PERSON, peers=["th"]).answers[0]
        assert (refused.outcome, refused.code) == ("refused", "LCG-501")
        assert not home.restored.exists()
        told = json.loads(disk.rows(home, "SELECT detail FROM act WHERE kind = 'node-restored'")[0][0])
        assert told["epochs_learned"] == 1
        # The tag that cn knows from before still leads to its record.
        shown = nodes.command("record", "show", "--tag", before.tag, "--audience", "cn", "--json", home="th")
        assert json.loads(shown.stdout)["record_id"] == "TH-1"
        assert nodes.command("record", "show", "TH-2", home="th").returncode == 6


def _an_old_copy_of_the_home_is_refused(nodes: RunningFederation, old: Path) -> None:
    """Whoever copies a home by hand and starts the copy later: both ends say what happened, and nothing is searched."""
    home = nodes.node("th").home
    _stop(nodes)
    shutil.copytree(home.path, old)
    nodes.start("th")
    nodes.wait_serving("th")
    assert nodes.command("--as", "administrator", "epoch", "rotate", "--yes", home="th").returncode == 0
    wait_for(lambda: nodes.search("cn", PERSON, peers=["th"]).answers[0].epoch == 2, "cn takes up epoch 2")
    _stop(nodes)
    shutil.rmtree(home.path)
    old.rename(home.path)
    nodes.start("th")
    nodes.wait_serving("th")
    nodes.wait_fault("th", "cn", "LCG-312")
    nodes.wait_fault("cn", "th", "LCG-305")
    answer = nodes.search("cn", PERSON, peers=["th"]).answers[0]
    assert (answer.outcome, answer.code) == ("error", "LCG-305")


def _stop(nodes: RunningFederation) -> None:
    nodes.process_of("th").terminate()
    nodes.process_of("th").wait(20)


def test_a_backup_holds_no_key_of_an_epoch_and_its_file_shows_nothing(tmp_path: Path) -> None:
    with running_federation(tmp_path / "federation", ("cn", "th")) as nodes:
        nodes.load("th", [RECORD])
        wait_for(lambda: nodes.published("th"), "th is published")
        home = nodes.node("th").home
        file = backed_up(nodes, tmp_path)
        secrets = disk.rows(home, "SELECT seed, secret_key FROM own_epoch")[0]
        salt = disk.rows(home, "SELECT shared_secret FROM chain")[0][0]
        assert backup(nodes, file, "administrator")[0] == 2
        code, said = backup(nodes, tmp_path / "other", "analyst")
        assert code == 8
        assert "analyst may not call Backup" in said
        assert not [path for path in tmp_path.iterdir() if "other" in path.name]
        _an_old_copy_of_the_home_is_refused(nodes, tmp_path / "old")

    data = file.read_bytes()
    assert b"analyst" not in data
    assert b"SQLite" not in data
    key = PrivateKey(base64.b64decode((tmp_path / "backup.key").read_text().partition(":")[2]))
    with file.open("rb") as source:
        facts = restore_home(source, key, tmp_path / "restored", ())
    assert facts.node_id == "th"
    found = Home(tmp_path / "restored")
    content = b"".join(path.read_bytes() for path in found.path.rglob("*") if path.is_file())
    assert not any(secret in content for secret in (*secrets, salt))
    with sqlite3.connect(found.database) as database:
        assert database.execute("SELECT seed, secret_key, state FROM own_epoch").fetchall() == [(None, None, "closed")]
        assert database.execute("SELECT count(*) FROM record_version").fetchone() == (1,)
    assert found.keystore.stat().st_mode & 0o077 == 0
