"""Settings come from node.toml and the environment; a wrong one is named, a secret is never shown."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from node.config import Address, Home, Settings, load_settings, read_secret
from node.errors import Code, LancangError

SAMPLE = Path(__file__).resolve().parents[3] / "deploy" / "node.toml.sample"
MINIMAL = 'alliance = "mekong"\nnode_id = "th"\nlisten = "127.0.0.1:7443"\n'
SECRET = "a secret of the node, long enough"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A home with the required settings, under an environment without any."""
    for name in Settings.model_fields:
        monkeypatch.delenv(f"LANCANG_{name.upper()}", raising=False)
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    made = Home(tmp_path)
    made.settings.write_text(MINIMAL)
    return made


def refused(home: Home) -> LancangError:
    with pytest.raises(LancangError) as caught:
        load_settings(home)
    assert caught.value.code is Code.CONFIG_INVALID
    return caught.value


def test_the_required_settings_are_enough(home: Home) -> None:
    settings = load_settings(home)
    assert (settings.alliance, settings.node_id, settings.listen) == ("mekong", "th", Address("127.0.0.1", 7443))
    assert settings.metrics_listen == Address("127.0.0.1", 0)
    assert settings.thread_count == settings.cores == settings.worker_count


def test_the_environment_overrides_the_file(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANCANG_LISTEN", "[::1]:9000")
    monkeypatch.setenv("LANCANG_THREADS", "3")
    settings = load_settings(home)
    assert settings.listen == Address("::1", 9000)
    assert str(settings.listen) == "[::1]:9000"
    assert settings.thread_count == 3


def test_variables_that_are_no_settings_are_left_alone(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANCANG_OFFICER", "analyst")
    assert load_settings(home).node_id == "th"


@pytest.mark.parametrize("key", ["alliance", "node_id", "listen"])
def test_a_missing_setting_is_named(home: Home, key: str) -> None:
    home.settings.write_text("".join(line for line in MINIMAL.splitlines(True) if not line.startswith(key)))
    assert refused(home).detail == f"{key}: required"


@pytest.mark.parametrize(
    ("line", "detail"),
    [
        ("lisen = 1", "lisen: no such setting"),
        ("threads = -1", "threads: "),
        ('threads = "many"', "threads: "),
        ('log_level = "loud"', "log_level: "),
        ('metrics_listen = "0.0.0.0:9100"', "metrics_listen: must be a loopback address"),
        ('metrics_listen = "127.0.0.1:70000"', "metrics_listen: the port must be"),
        ('metrics_listen = "127.0.0.1"', "metrics_listen: "),
        ("metrics_listen = 9100", "metrics_listen: must be a string"),
        ('metrics_listen = "[::g]:1"', "metrics_listen: "),
        ('secret = "hunter2hunter2hunter2"', "secret: a secret must not lie beside the keys it opens"),
        ("threads = ", "node.toml is not TOML: at line 4"),
    ],
)
def test_a_wrong_setting_is_named_without_its_value(home: Home, line: str, detail: str) -> None:
    home.settings.write_text(MINIMAL + line + "\n")
    error = refused(home)
    assert error.detail.startswith(detail)
    assert "hunter2" not in str(error)


def test_a_wrong_variable_is_named(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANCANG_NODE_ID", "Thailand!")
    error = refused(home)
    assert error.detail.startswith("node_id: ")
    assert "Thailand" not in error.detail


def test_a_home_without_settings_says_how_to_name_one(home: Home) -> None:
    home.settings.unlink()
    assert "--home" in refused(home).remedy


def test_relative_paths_are_taken_from_the_home(home: Home) -> None:
    home.settings.write_text(MINIMAL + 'secret_file = "../secrets/th"\ntest_clock = "/run/clock"\n')
    settings = load_settings(home)
    assert settings.secret_file == home.path / "../secrets/th"
    assert settings.test_clock == Path("/run/clock")


def test_the_sample_tells_every_setting_and_nothing_else(home: Home) -> None:
    text = SAMPLE.read_text()
    home.settings.write_text(text)
    load_settings(home)
    required = set(tomllib.loads(text))
    optional = set(re.findall(r"^# (\w+) = ", text, re.MULTILINE))
    fields = {name: field for name, field in Settings.model_fields.items() if name != "secret"}
    assert required == {name for name, field in fields.items() if field.is_required()}
    assert optional == set(fields) - required
    for paragraph in text.split("\n\n")[1:]:
        assert paragraph.startswith(("# Required.", "# Default: "))


def test_the_sample_shows_the_defaults(home: Home) -> None:
    text = SAMPLE.read_text()
    home.settings.write_text(text)
    plain = load_settings(home)
    home.settings.write_text(re.sub(r"^# ((?!secret_file|test_clock)\w+ = )", r"\1", text, flags=re.MULTILINE))
    assert load_settings(home) == plain


# --- The secret -----------------------------------------------------------------------------------


def private(path: Path, text: str, mode: int = 0o600) -> Path:
    path.write_text(text)
    path.chmod(mode)
    return path


def no_secret(home: Home) -> LancangError:
    with pytest.raises(LancangError) as caught:
        read_secret(load_settings(home))
    assert caught.value.code is Code.SECRET_MISSING
    assert SECRET not in str(caught.value)
    return caught.value


def test_no_secret_says_where_to_put_one(home: Home) -> None:
    assert "LANCANG_SECRET_FILE" in no_secret(home).remedy


def test_a_secret_comes_from_a_private_file(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANCANG_SECRET_FILE", str(private(tmp_path / "s", SECRET + "\n")))
    assert read_secret(load_settings(home)) == SECRET.encode()


def test_a_secret_comes_from_a_systemd_credential(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    private(tmp_path / "lancang-secret", SECRET, 0o440)
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    assert read_secret(load_settings(home)) == SECRET.encode()


def test_a_secret_comes_from_the_environment_and_is_not_shown(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANCANG_SECRET", SECRET)
    settings = load_settings(home)
    assert read_secret(settings) == SECRET.encode()
    assert SECRET not in repr(settings) + str(settings.model_dump())


def test_a_named_file_goes_before_the_environment(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANCANG_SECRET", "another secret of the node")
    monkeypatch.setenv("LANCANG_SECRET_FILE", str(private(tmp_path / "s", SECRET)))
    assert read_secret(load_settings(home)) == SECRET.encode()
    (tmp_path / "s").unlink()
    assert "cannot be read" in no_secret(home).detail


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o620])
def test_a_secret_file_others_may_reach_is_refused(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: int
) -> None:
    monkeypatch.setenv("LANCANG_SECRET_FILE", str(private(tmp_path / "s", SECRET, mode)))
    error = no_secret(home)
    assert f"{mode:04o}" in error.detail
    assert "chmod 600" in error.remedy


@pytest.mark.parametrize("secret", ["", "fifteen bytes..", "fifteen bytes..\n\n", "x" * 5000])
def test_a_secret_of_the_wrong_length_is_refused(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, secret: str
) -> None:
    monkeypatch.setenv("LANCANG_SECRET_FILE", str(private(tmp_path / "s", secret)))
    assert "16" in no_secret(home).remedy


def test_a_directory_is_no_secret(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANCANG_SECRET_FILE", str(tmp_path))
    no_secret(home)
