"""A federation by hand, as docs/operations.md walks it: two homes, a roster drafted, signed, installed. Real keys."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from node.cli.main import app

SECRET = "a secret of the tests, long enough"


class Hand:
    """Whoever types the commands, in a directory of their own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._runner = CliRunner(env={"LANCANG_SECRET": SECRET, "LANCANG_HOME": None, "LANCANG_SECRET_FILE": None})

    def __call__(self, *arguments: str | Path, code: int = 0) -> Result:
        done = self._runner.invoke(app, [str(argument) for argument in arguments])
        assert done.exit_code == code, done.output
        return done

    def init(self, node_id: str, port: int) -> Path:
        home = self.folder / node_id
        self("node", "init", "--node-id", node_id, "--alliance", "mekong", "--listen", f"127.0.0.1:{port}", home)
        return home


@pytest.fixture(scope="module")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two homes and the draft of their first roster."""
    made = Hand(tmp_path_factory.mktemp("by-hand"))
    cn, th = made.init("cn", 7443), made.init("th", 7444)
    roster = made.folder / "roster.json"
    members = ("--member", cn / "member.json", "--member", th / "member.json")
    made("roster", "draft", "--alliance", "mekong", *members, "--out", roster)
    return made.folder


@pytest.fixture
def hand(pristine: Path, tmp_path: Path) -> Hand:
    """Each test has a copy of its own."""
    return Hand(Path(shutil.copytree(pristine, tmp_path / "hand")))


def test_init_prints_what_the_coordinator_needs_and_nothing_private(hand: Hand, tmp_path: Path) -> None:
    target = tmp_path / "la"
    shown = hand("node", "init", "--node-id", "LA", "--alliance", "mekong", "--listen", "127.0.0.1:1", target)
    entry = json.loads(shown.stdout)
    assert (entry["node_id"], entry["endpoint"]) == ("la", "127.0.0.1:1")
    assert "PRIVATE" not in shown.output
    assert {path.name for path in (target / "officers").iterdir()} == {
        "analyst",
        "approver",
        "auditor",
        "administrator",
    }
    again = hand("node", "init", "--node-id", "la", "--alliance", "mekong", "--listen", "127.0.0.1:1", target, code=2)
    assert "exists already" in again.stderr


def test_a_roster_counts_only_with_a_quorum(hand: Hand) -> None:
    roster = hand.folder / "roster.json"
    assert "LCG-304" in hand("roster", "verify", roster, code=9).stderr
    hand("--home", hand.folder / "cn", "roster", "sign", roster)
    assert "1 of its own" in hand("roster", "verify", roster, code=9).stderr
    assert "LCG-304" in hand("--home", hand.folder / "th", "roster", "install", roster, code=9).stderr
    hand("--home", hand.folder / "th", "roster", "sign", roster)
    told = json.loads(hand("roster", "verify", roster, "--json").stdout)
    assert (told["valid"], told["signed_by"], told["roster_version"]) == (True, ["cn", "th"], 1)


def test_an_installed_roster_is_followed_by_its_successor_alone(hand: Hand) -> None:
    roster, later = hand.folder / "roster.json", hand.folder / "roster-2.json"
    for node_id in ("cn", "th"):
        hand("--home", hand.folder / node_id, "roster", "sign", roster)
    for node_id in ("cn", "th"):
        assert "version 1" in hand("--home", hand.folder / node_id, "roster", "install", roster).stdout
    hand("--home", hand.folder / "th", "roster", "verify")
    hand("roster", "draft", "--previous", roster, "--days", "30", "--out", later)
    for node_id in ("cn", "th"):
        hand("--home", hand.folder / node_id, "roster", "sign", later)
    assert "version 2" in hand("--home", hand.folder / "th", "roster", "install", later).stdout
    stale = hand("--home", hand.folder / "th", "roster", "verify", roster, code=9)
    assert "LCG-303" in stale.stderr


def test_a_draft_overwrites_nothing_and_names_the_file_that_is_wrong(hand: Hand) -> None:
    roster, other = hand.folder / "roster.json", hand.folder / "other.json"
    before = roster.read_bytes()
    member = ("--member", hand.folder / "cn" / "member.json")
    refused = hand("roster", "draft", "--alliance", "mekong", *member, "--out", roster, code=2)
    assert "exists already" in refused.stderr
    assert roster.read_bytes() == before
    wrong = hand("roster", "draft", "--alliance", "mekong", "--member", hand.folder / "cn" / "node.toml", code=9)
    assert "node.toml: not JSON" in wrong.stderr
    assert "member.json" in wrong.stderr
    far = hand("roster", "draft", "--alliance", "mekong", *member, "--quorum", "7", "--out", other, code=9)
    assert "quorum of 7" in far.stderr
    assert not other.exists()
    shown = hand("roster", "show", hand.folder / "cn" / "node.toml", code=9)
    assert "node.toml: not JSON" in shown.stderr


def test_a_stranger_cannot_sign(hand: Hand, tmp_path: Path) -> None:
    stranger = tmp_path / "th"
    hand("node", "init", "--node-id", "th", "--alliance", "mekong", "--listen", "127.0.0.1:1", stranger)
    refused = hand("--home", stranger, "roster", "sign", hand.folder / "roster.json", code=9)
    assert "does not name th with this node's key" in refused.stderr


def test_a_missing_or_wrong_secret_is_said_and_nothing_is_signed(hand: Hand) -> None:
    before = (hand.folder / "roster.json").read_bytes()
    without = CliRunner(env={"LANCANG_SECRET": None, "LANCANG_SECRET_FILE": None})
    arguments = ["--home", str(hand.folder / "cn"), "roster", "sign", str(hand.folder / "roster.json")]
    assert "LCG-606" in without.invoke(app, arguments).stderr
    wrong = without.invoke(app, arguments, env={"LANCANG_SECRET": "another secret, long enough too"})
    assert (wrong.exit_code, "LCG-607" in wrong.stderr) == (16, True)
    assert (hand.folder / "roster.json").read_bytes() == before


def test_certificates_are_renewed_and_officers_added(hand: Hand) -> None:
    home = hand.folder / "cn"
    before = (home / "officers" / "analyst" / "cert.pem").read_bytes()
    assert "officer analyst (analyst): valid until" in hand("--home", home, "certs", "renew").stdout
    assert (home / "officers" / "analyst" / "cert.pem").read_bytes() != before
    hand("--home", home, "operator", "add", "li-wei", "--role", "analyst")
    assert (home / "officers" / "li-wei" / "key.pem").stat().st_mode & 0o077 == 0
    assert "taken" in hand("--home", home, "operator", "add", "li-wei", "--role", "analyst", code=2).stderr
    assert "LCG-204" in hand("--home", home, "certs", "renew", "--officer", "../../th", code=7).stderr


def test_without_its_node_a_command_says_that_it_is_down(hand: Hand) -> None:
    home = hand.folder / "cn"
    for command in (
        ["peers"],
        ["node", "status"],
        ["search", "--name", "A", "--purpose", "p", "--case", "c"],
        ["acts"],
    ):
        down = hand("--home", home, *command, code=14)
        assert "LCG-605" in down.stderr
        assert "lancang node run" in down.stderr


def test_the_doctor_examines_the_files_of_a_node_that_is_down(hand: Hand, tmp_path: Path) -> None:
    home = tmp_path / "kh"
    hand("node", "init", "--node-id", "kh", "--alliance", "mekong", "--listen", "127.0.0.1:1", home)
    (home / "officers" / "analyst" / "key.pem").chmod(0o644)
    told = json.loads(hand("--home", home, "doctor", "--json", code=21).stdout)
    states = {check["name"]: check["state"] for check in told["checks"]}
    assert states["node"] == states["file modes"] == states["roster"] == "failed"
    assert states["node certificate"] == "ok"
    assert all(check.get("remedy") for check in told["checks"] if check["state"] != "ok")


def test_a_home_left_by_a_killed_node_is_not_believed_to_run(hand: Hand) -> None:
    run = hand.folder / "cn" / "run" / "node.json"
    run.parent.mkdir(exist_ok=True)
    # Process 1 lives, and is not our node.
    run.write_text(json.dumps({"pid": 1, "operator_socket": "/nowhere", "metrics": "", "endpoint": ""}))
    try:
        assert "LCG-605" in hand("--home", hand.folder / "cn", "peers", code=14).stderr
    finally:
        run.unlink()


def test_a_node_that_was_down_for_two_versions_installs_both_and_diff_says_what_changed(hand: Hand) -> None:
    roster, second, third = (hand.folder / f"{name}.json" for name in ("roster", "second", "third"))
    homes = [hand.folder / node_id for node_id in ("cn", "th")]
    for home in homes:
        hand("--home", home, "roster", "sign", roster)
    hand("--home", homes[0], "roster", "install", roster)
    hand("roster", "draft", "--previous", roster, "--set", "ask_size=32", "--out", second)
    hand("roster", "draft", "--previous", second, "--set", "purposes=fugitive", "--out", third)
    for later in (second, third):
        for home in homes:
            hand("--home", home, "roster", "sign", later)
    assert "LCG-301" in hand("--home", homes[0], "roster", "install", third, code=9).stderr
    assert "version 3" in hand("--home", homes[0], "roster", "install", second, third).stdout
    said = hand("roster", "diff", third, "--from", roster).stdout
    assert "ask_size is 32 (was 64). It binds each owner from its next epoch on." in said
    assert "purposes drops" in said
    assert "Signed by cn, th." in said


def test_a_roster_is_accepted_by_a_running_node_alone_and_the_message_says_what_to_do_without(hand: Hand) -> None:
    down = hand("--home", hand.folder / "cn", "roster", "accept", hand.folder / "roster.json", "--yes", code=14)
    assert "roster install FILE" in down.stderr
    wrong = hand("roster", "draft", "--alliance", "x", "--member", hand.folder / "cn" / "member.json",
                 "--set", "ask_sise=3", "--out", hand.folder / "x.json", code=2)  # fmt: skip
    assert "'ask_sise' is no value of the policy" in wrong.stderr
