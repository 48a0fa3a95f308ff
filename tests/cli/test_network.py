"""`lancang network`: whole federations in the background, and the demo, as somebody with a shell uses them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

from node.cli.running import command_line


def _lancang(*arguments: str | Path, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "node.cli", *map(str, arguments)],
        env=_environment(cwd),
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )


def _environment(temporary: Path | None) -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith("LANCANG_")}
    return kept | ({"TMPDIR": str(temporary)} if temporary else {})


def test_a_network_goes_up_and_down(tmp_path: Path) -> None:
    directory = tmp_path / "federation"
    made = json.loads(
        _lancang("network", "create", directory, "--members", "CN,TH", "--budget", "6400", "--json").stdout
    )
    assert [node["node"] for node in made["nodes"]] == ["cn", "th"]
    assert len({node["endpoint"] for node in made["nodes"]}) == 2
    assert _lancang("network", "create", directory).returncode == 2
    try:
        up = _lancang("network", "up", directory)
        assert "2 nodes serve and are in sync (2 started now)" in up.stdout, up.stderr
        assert "(0 started now)" in _lancang("network", "up", directory).stdout
        status = _lancang("network", "status", directory, "--json")
        nodes = json.loads(status.stdout)["nodes"]
        assert (status.returncode, {node["state"] for node in nodes}) == (0, {"serving"})
        os.kill(nodes[1]["pid"], signal.SIGKILL)
        # up heals what was killed and leaves the other alone.
        assert "(1 started now)" in _lancang("network", "up", directory).stdout
    finally:
        down = _lancang("network", "down", directory)
    assert "2 nodes stopped" in down.stdout
    after = _lancang("network", "status", directory, "--json")
    assert (after.returncode, {node["state"] for node in json.loads(after.stdout)["nodes"]}) == (14, {"down"})
    assert "No node ran" in _lancang("network", "down", directory).stdout


def test_a_node_that_cannot_start_is_told_with_its_log_and_the_others_end(tmp_path: Path) -> None:
    directory = tmp_path / "federation"
    assert _lancang("network", "create", directory, "--members", "CN,TH").returncode == 0
    (directory / "secrets" / "th").write_text("not the secret it was made with\n")
    up = _lancang("network", "up", directory)
    assert up.returncode == 14
    assert "th ended while starting" in up.stderr
    assert "LCG-607" in up.stderr
    assert "No node ran" in _lancang("network", "down", directory).stdout


def test_a_directory_without_a_federation_is_named(tmp_path: Path) -> None:
    refused = _lancang("network", "up", tmp_path)
    assert (refused.returncode, "LCG-108" in refused.stderr) == (2, True)


def test_the_demo_keeps_its_promises_and_leaves_nothing(tmp_path: Path) -> None:
    shown = _lancang("network", "demo", cwd=tmp_path)
    assert shown.returncode == 0, shown.stdout + shown.stderr
    assert "strong hit" in shown.stdout
    assert "TH's log holds" in shown.stdout
    six = shown.stdout.partition("One person found in each of six scripts")[2].partition("Agreed in all")[0]
    rows = [line for line in six.splitlines() if "strong" in line]
    for script in ("Burmese", "Chinese", "Khmer", "Lao", "Thai", "Vietnamese"):
        assert sum(script in row for row in rows) == 1, six
    assert max(map(len, rows)) <= 80
    assert "MM was not searched (out of reach)" in shown.stdout
    assert list(tmp_path.glob("lancang-demo-*")) == []


def test_an_interrupted_demo_ends_all_it_started(tmp_path: Path) -> None:
    demo = subprocess.Popen(
        [sys.executable, "-m", "node.cli", "network", "demo"],
        env=_environment(tmp_path),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    watchdog = threading.Timer(100, demo.kill)
    watchdog.start()
    try:
        assert demo.stdout is not None
        # Its first line comes when all six serve.
        assert "Six nodes run" in demo.stdout.readline()
        pids = [json.loads(path.read_text())["pid"] for path in tmp_path.glob("lancang-demo-*/*/run/node.json")]
        assert len(pids) == 6
        # A service manager would send this; Ctrl-C takes the same way out.
        demo.send_signal(signal.SIGTERM)
        _, told = demo.communicate()
    finally:
        watchdog.cancel()
    assert (demo.returncode, told.strip()) == (130, "Interrupted.")
    assert not any("lancang-demo" in " ".join(command_line(pid)) for pid in pids)
    assert list(tmp_path.glob("lancang-demo-*")) == []
