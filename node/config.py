"""A node's home directory and its settings: node.toml in the home, overridden by the environment (12-factor).

The secret that opens the node's keys is no setting: it comes from a file, a systemd credential or the environment.
"""

from __future__ import annotations

import ipaddress
import os
import re
import stat
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, ClassVar, Literal

from pydantic import BeforeValidator, Field, PlainSerializer, SecretStr, ValidationError
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
)

from node.errors import Code, LancangError

CREDENTIAL_NAME = "lancang-secret"
MIN_SECRET_BYTES = 16
MAX_SECRET_BYTES = 4096

_LABEL = r"^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$"
_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?")


@dataclass(frozen=True, slots=True)
class Home:
    """Where everything of one node lies. Nothing here touches the disk."""

    path: Path

    @property
    def settings(self) -> Path:
        """node.toml."""
        return self.path / "node.toml"

    @property
    def keystore(self) -> Path:
        """The node's keys, sealed under its secret."""
        return self.path / "keystore"

    @property
    def ca_certificate(self) -> Path:
        """The member's own CA, PEM."""
        return self.path / "pki" / "ca.pem"

    @property
    def node_certificate(self) -> Path:
        """The node's certificate, PEM. Its key is in the keystore."""
        return self.path / "pki" / "node.pem"

    @property
    def member(self) -> Path:
        """What the node asks the alliance to put into the roster: public, JSON."""
        return self.path / "member.json"

    @property
    def authority(self) -> Path:
        """The member's CA with its encrypted key. In real life it is moved offline."""
        return self.path / "authority"

    @property
    def revoked(self) -> Path:
        """Certificates of officers that this home no longer believes. JSON."""
        return self.path / "pki" / "revoked.json"

    @property
    def next(self) -> Path:
        """New keys that wait for the roster that names them. Laid out as a home."""
        return self.path / "next"

    @property
    def officers(self) -> Path:
        """One directory an officer."""
        return self.path / "officers"

    def officer_certificate(self, officer_id: str) -> Path:
        """An officer's certificate, PEM."""
        return self.officers / officer_id / "cert.pem"

    def officer_key(self, officer_id: str) -> Path:
        """An officer's private key, PEM, mode 0600."""
        return self.officers / officer_id / "key.pem"

    @property
    def roster(self) -> Path:
        """The roster in force, with its signatures."""
        return self.path / "roster" / "current.json"

    @property
    def database(self) -> Path:
        """The node's database; only the running node opens it."""
        return self.path / "data" / "lancang.db"

    @property
    def restored(self) -> Path:
        """There from a restore until an administrator has let the node go. JSON."""
        return self.path / "data" / "restored.json"

    @property
    def index(self) -> Path:
        """Own indexes and copies of the peers'."""
        return self.path / "data" / "index"

    @property
    def lock(self) -> Path:
        """Held by the running node, so that a second is refused."""
        return self.path / "data" / "lock"

    @property
    def run(self) -> Path:
        """What the running node says of itself: pid, operator socket, metrics address. JSON."""
        return self.path / "run" / "node.json"

    @property
    def waiting(self) -> Path:
        """Whom a restored node still waits to hear, and why, before it opens its doors. JSON."""
        return self.path / "run" / "waiting.json"

    @property
    def log(self) -> Path:
        """The log of a node in the background."""
        return self.path / "log" / "node.log"


@dataclass(frozen=True, slots=True)
class Address:
    """Where something listens. port 0: any free one. Prints as host:port, IPv6 in brackets."""

    host: str
    port: int

    @classmethod
    def parse(cls, text: str) -> Address:
        """Read host:port. Raises ValueError saying what is wrong, without repeating the value."""
        host, colon, port = text.rpartition(":")
        if host.startswith("[") and host.endswith("]"):
            host = str(ipaddress.IPv6Address(host[1:-1]))
        elif _HOST.fullmatch(host) is None:
            raise ValueError("must be host:port, with IPv6 in brackets")
        if not colon or not (port.isascii() and port.isdigit()) or int(port) > 65_535:
            raise ValueError("the port must be a number from 0 to 65535")
        return cls(host, int(port))

    @property
    def loopback(self) -> bool:
        """Whether it is reached from this machine alone."""
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def _address(value: object) -> Address:
    if isinstance(value, Address):
        return value
    if not isinstance(value, str):
        raise ValueError("must be a string host:port")  # noqa: TRY004 - pydantic reports ValueError by key
    return Address.parse(value)


def _loopback(value: object) -> Address:
    address = _address(value)
    if not address.loopback:
        raise ValueError("must be a loopback address: metrics and health checks are not protected")
    return address


_shown = PlainSerializer(str, return_type=str)
ListenAddress = Annotated[Address, BeforeValidator(_address), _shown, NoDecode]
LoopbackAddress = Annotated[Address, BeforeValidator(_loopback), _shown, NoDecode]


class Settings(BaseSettings):
    """What an administrator may set. Read with load_settings; deploy/node.toml.sample explains each key.

    Relative paths are taken from the node's home.
    """

    model_config = SettingsConfigDict(env_prefix="LANCANG_", extra="forbid", frozen=True, env_ignore_empty=True)
    toml_values: ClassVar[dict[str, object]] = {}

    alliance: Annotated[str, Field(pattern=_LABEL)]
    node_id: Annotated[str, Field(pattern=_LABEL)]
    listen: ListenAddress
    metrics_listen: LoopbackAddress = Address("127.0.0.1", 0)
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    threads: Annotated[int, Field(ge=0, le=256)] = 0
    worker_processes: Annotated[int, Field(ge=0, le=64)] = 0
    secret_file: Path | None = None
    test_clock: Path | None = None
    secret: SecretStr | None = Field(default=None, exclude=True)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment first, then node.toml."""
        return init_settings, env_settings, InitSettingsSource(settings_cls, dict(cls.toml_values))

    @property
    def cores(self) -> int:
        """How many cores this process may use."""
        return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1

    @property
    def thread_count(self) -> int:
        """Threads that evaluate: as set, or one a core."""
        return self.threads or self.cores

    @property
    def worker_count(self) -> int:
        """Processes of an import or a rotation: as set, or one a core."""
        return self.worker_processes or self.cores


def load_settings(home: Home) -> Settings:
    """Read the settings of the node in home. Raises CONFIG_INVALID naming each wrong key, never its value."""
    try:
        values: dict[str, object] = tomllib.loads(home.settings.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise LancangError(Code.CONFIG_INVALID, "the home has no node.toml", remedy=_NO_HOME) from error
    except (OSError, UnicodeDecodeError) as error:
        raise LancangError(Code.CONFIG_INVALID, "node.toml cannot be read") from error
    except tomllib.TOMLDecodeError as error:
        raise LancangError(Code.CONFIG_INVALID, f"node.toml is not TOML: {_place(error)}") from error
    if "secret" in values:
        raise LancangError(Code.CONFIG_INVALID, "secret: a secret must not lie beside the keys it opens", remedy=_MOVE)
    try:
        settings = _settings_over(values).model_validate({})
    except ValidationError as error:
        raise LancangError(Code.CONFIG_INVALID, "; ".join(_problems(error))) from None
    except SettingsError as error:
        raise LancangError(Code.CONFIG_INVALID, "an environment variable LANCANG_* cannot be read") from error
    found = {key: getattr(settings, key) for key in Settings.model_fields}
    for key in ("secret_file", "test_clock"):
        if found[key] is not None:
            found[key] = home.path / found[key]
    return Settings.model_construct(**found)  # of the class itself, so that a worker process can be given it


def _settings_over(values: dict[str, object]) -> type[Settings]:
    """Settings with one node.toml's values below the environment: pydantic-settings asks the class, not the call."""

    class SettingsOfHome(Settings):
        toml_values = values

    return SettingsOfHome


def read_secret(settings: Settings) -> bytes:
    """The secret that opens the node's keys: at least 16 bytes, without the line end.

    The first that is given counts: secret_file, the systemd credential lancang-secret, LANCANG_SECRET.
    Raises SECRET_MISSING when none is given, or the one given is unreadable, too short or readable by others.
    """
    if settings.secret_file is not None:
        return _checked(_read_private(settings.secret_file, "secret_file", 0o077), "secret_file")
    directory = os.environ.get("CREDENTIALS_DIRECTORY")
    if directory and (credential := Path(directory) / CREDENTIAL_NAME).exists():
        # systemd lets a unit's user in by an access list, whose mask shows as group bits: 0440 is as it should be.
        return _checked(_read_private(credential, "the systemd credential", 0o007), "the systemd credential")
    if settings.secret is not None:
        return _checked(settings.secret.get_secret_value().encode(), "LANCANG_SECRET")
    raise LancangError(Code.SECRET_MISSING)


def _read_private(path: Path, what: str, forbidden: int) -> bytes:
    try:
        # The mode of the opened file is checked, not of the path: it could be exchanged in between.
        with path.open("rb") as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise LancangError(Code.SECRET_MISSING, f"{what} is not a regular file")
            if status.st_mode & forbidden:
                raise LancangError(
                    Code.SECRET_MISSING,
                    f"{what} may be read by others (mode {stat.S_IMODE(status.st_mode):04o})",
                    remedy="Make it readable to the node alone: chmod 600.",
                )
            return file.read(MAX_SECRET_BYTES + 1)
    except OSError as error:
        raise LancangError(
            Code.SECRET_MISSING,
            f"{what} cannot be read",
            remedy="Check that it exists and that the node's user owns it.",
        ) from error


def _checked(secret: bytes, what: str) -> bytes:
    stripped = secret.rstrip(b"\r\n")
    if not MIN_SECRET_BYTES <= len(stripped) <= MAX_SECRET_BYTES:
        raise LancangError(
            Code.SECRET_MISSING,
            f"{what} holds a secret of the wrong length",
            remedy=f"It has {MIN_SECRET_BYTES} to {MAX_SECRET_BYTES} bytes; make one with: openssl rand -base64 32",
        )
    return stripped


def _problems(error: ValidationError) -> list[str]:
    """One line a wrong key. pydantic's own text of a ValueError is ours; the input is left out."""
    lines = []
    for problem in error.errors(include_url=False, include_input=False):
        key = ".".join(str(part) for part in problem["loc"]) or "node.toml"
        match problem["type"]:
            case "missing":
                reason = "required"
            case "extra_forbidden":
                reason = "no such setting"
            case _:
                reason = problem["msg"].removeprefix("Value error, ")
        lines.append(f"{key[:64]}: {reason}")
    return lines


def _place(error: tomllib.TOMLDecodeError) -> str:
    """Where a TOML file is wrong. tomllib's text may repeat a value, so only the place at its end is kept."""
    found = re.search(r"\((at .*)\)$", str(error))
    return found[1] if found else "unreadable"


_NO_HOME = "Name a node's home with --home or LANCANG_HOME; `lancang node init` makes one."
_MOVE = "Put it into a file of its own and name that with secret_file or LANCANG_SECRET_FILE."
