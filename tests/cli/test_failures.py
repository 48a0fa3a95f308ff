"""A failure becomes one message and one exit code, and never a traceback unasked."""

from __future__ import annotations

import errno
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
import typer

from certs.profiles import CertificateError
from node.cli import failures
from node.errors import CATALOGUE, Code, LancangError


@pytest.mark.parametrize("code", list(Code))
def test_every_code_ends_with_its_exit_code_and_remedy(code: Code, capsys: pytest.CaptureFixture[str]) -> None:
    assert failures.report(LancangError(code, "what happened")) == CATALOGUE[code].exit_code
    shown = capsys.readouterr().err
    assert code.value in shown
    assert "what happened" in shown
    assert CATALOGUE[code].remedy in shown


def test_answers_and_failures_share_no_exit_code() -> None:
    answers = {0, 1, 3, 4, 5, 20, 21, 22, 23, 24, 130, 141}
    assert not answers & {entry.exit_code for entry in CATALOGUE.values()}


def test_a_file_of_another_account_is_told_as_that() -> None:
    denied = failures.of_file(PermissionError(errno.EACCES, "Permission denied", "th/node.toml"))
    assert "permission denied" in denied.detail
    assert "account" in denied.remedy


def test_every_remedy_is_a_sentence() -> None:
    assert failures.message(LancangError(Code.INPUT_INVALID, "x", remedy="Give a name")).endswith("Give a name.")


def test_a_refusal_says_when_to_come_back() -> None:
    problem = LancangError(Code.BUDGET_SPENT, retry_after_ms=7_200_500)
    shown = failures.message(problem, datetime(2026, 1, 1, 10, 0, tzinfo=UTC))
    assert "in 2 h, at 2026-01-01 12:00:01 UTC" in shown


def test_the_unforeseen_has_a_code_and_a_hint_but_no_traceback(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(failures.DEBUG_VARIABLE, raising=False)
    assert failures.report(ValueError("Somchai Jaidee")) == 70
    shown = capsys.readouterr().err
    assert "LCG-699" in shown
    assert "LANCANG_DEBUG=1" in shown
    assert "Traceback" not in shown
    assert "Somchai" not in shown


def test_debugging_shows_where(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(failures.DEBUG_VARIABLE, "1")
    failures.report(ValueError("deep inside"))
    assert "ValueError: deep inside" in capsys.readouterr().err


def test_an_interruption_and_a_reader_that_left_are_quiet(capsys: pytest.CaptureFixture[str]) -> None:
    assert failures.report(KeyboardInterrupt()) == 130
    assert failures.report(typer.Abort()) == 130
    assert capsys.readouterr().err == "Interrupted.\nInterrupted.\n"
    assert failures.report(typer.Exit(3)) == 3


def test_a_reader_that_left_is_no_error_of_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with (tmp_path / "out").open("w") as gone:
        monkeypatch.setattr(sys, "stdout", gone)
        assert failures.report(BrokenPipeError()) == 141


@pytest.mark.parametrize(
    ("problem", "code"),
    [
        (FileNotFoundError(errno.ENOENT, "No such file or directory", "people.csv"), Code.FILE_UNREADABLE),
        (PermissionError(errno.EACCES, "Permission denied", "people.csv"), Code.FILE_UNREADABLE),
        (OSError(errno.ENOSPC, "No space left on device", "out.jsonl"), Code.DISK_FULL),
        (CertificateError("the certificate has expired", "Renew it."), Code.PEER_CERTIFICATE),
        (OSError("something without a file"), Code.INTERNAL),
        (OSError(errno.ENOSPC, "No space left on device"), Code.DISK_FULL),
        (PermissionError(errno.EACCES, "Permission denied", "th/node.toml"), Code.FILE_UNREADABLE),
        (UnicodeEncodeError("utf-8", "\udcca", 0, 1, "surrogates not allowed"), Code.INPUT_INVALID),
    ],
)
def test_what_the_system_says_gets_a_code_of_the_catalogue(problem: Exception, code: Code) -> None:
    assert failures.translate(problem).code is code


@pytest.mark.parametrize(
    ("seconds", "words"), [(1, "1 s"), (119, "119 s"), (120, "2 min"), (7_200, "2 h"), (200_000, "2 d")]
)
def test_durations_are_read_at_a_glance(seconds: int, words: str) -> None:
    assert failures.duration(seconds) == words
