"""The systemd units of deploy/: systemd reads them without a complaint, and they run commands that exist."""

from __future__ import annotations

import configparser
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from node.cli.doctor import WARNING_EXIT
from node.config import CREDENTIAL_NAME
from tests.unit.docs.pages import ROOT, text_of
from tests.unit.docs.test_commands import misfit

DEPLOY = ROOT / "deploy"
UNITS = sorted(path for path in DEPLOY.iterdir() if path.suffix in {".service", ".timer"})
SERVICES = [path for path in UNITS if path.suffix == ".service"]
PROGRAM_PLACE = "/opt/lancang/.venv/bin/lancang"
MOST_EXPOSED = 2.0


def said(unit: Path, key: str) -> list[str]:
    """The values of a key, in order."""
    return re.findall(rf"^{key}=(.*)$", text_of(unit), re.MULTILINE)


def systemd_analyze() -> str:
    """The program, or a skip that says what was left out."""
    found = shutil.which("systemd-analyze")
    if found is None:
        pytest.skip("systemd-analyze is not on this machine: the units were not checked by systemd itself")
    return found


def test_systemd_reads_the_units_without_a_complaint(tmp_path: Path) -> None:
    places = []
    for unit in UNITS:
        place = tmp_path / unit.name.replace("@", "@th")
        # systemd asks for a program that is there; the installed one is not, on a machine for tests.
        place.write_text(text_of(unit).replace(PROGRAM_PLACE, "/bin/true"), encoding="utf-8")
        places.append(str(place))
    told = subprocess.run(
        [systemd_analyze(), "verify", "--man=no", *places], capture_output=True, text=True, check=False, timeout=60
    )
    assert (told.returncode, told.stderr) == (0, "")


@pytest.mark.parametrize("unit", SERVICES, ids=lambda unit: unit.name)
def test_systemd_finds_a_service_hardly_exposed(unit: Path) -> None:
    told = subprocess.run(
        [systemd_analyze(), "security", "--offline=true", "--no-pager", str(unit)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    level = re.search(r"exposure level for \S+: ([0-9.]+)", told.stdout)
    assert level is not None, told.stderr
    assert float(level[1]) <= MOST_EXPOSED


@pytest.mark.parametrize("unit", SERVICES, ids=lambda unit: unit.name)
def test_a_service_runs_a_command_that_exists(unit: Path) -> None:
    (command,) = said(unit, "ExecStart")
    program, *arguments = shlex.split(command)
    assert program == PROGRAM_PLACE
    assert misfit(tuple(arguments)) is None


def test_the_node_gets_its_secret_as_the_credential_it_looks_for() -> None:
    (credential,) = said(DEPLOY / "lancang-node@.service", "LoadCredential")
    assert credential.partition(":")[0] == CREDENTIAL_NAME


def test_the_node_has_time_to_drain_and_leaves_no_core() -> None:
    from node.app.run import DRAIN_SECONDS

    unit = DEPLOY / "lancang-node@.service"
    assert float(said(unit, "TimeoutStopSec")[0]) > DRAIN_SECONDS
    assert said(unit, "LimitCORE") == ["0"]
    assert said(unit, "KillSignal") == ["SIGTERM"]


def test_a_warning_of_the_doctor_is_no_failure_of_its_unit() -> None:
    assert said(DEPLOY / "lancang-doctor@.service", "SuccessExitStatus") == [str(WARNING_EXIT)]


def test_every_unit_is_told_of_in_operations() -> None:
    operations = text_of(ROOT / "docs" / "operations.md")
    assert not [unit.name for unit in UNITS if unit.name not in operations]


def test_the_timer_starts_the_service_of_its_name() -> None:
    timer = configparser.ConfigParser(strict=False)
    timer.read(DEPLOY / "lancang-doctor@.timer", encoding="utf-8")
    assert timer["Timer"]["OnCalendar"] == "hourly"
    assert (DEPLOY / "lancang-doctor@.service").is_file()
