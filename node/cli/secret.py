"""The node's secret for what is done offline: founding, signing, renewing. From where a running node takes it, too."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from node.config import Home


def secret_for(secret_file: Path | None) -> bytes:
    """The secret for a home that does not exist yet: a file named, else the environment. Raises SECRET_MISSING."""
    from pydantic import SecretStr

    from node.config import Address, Settings, read_secret

    named = secret_file or (Path(path).absolute() if (path := os.environ.get("LANCANG_SECRET_FILE")) else None)
    given = os.environ.get("LANCANG_SECRET")
    # Only where the secret is matters here; the rest is what any node has.
    settings = Settings.model_construct(
        alliance="none",
        node_id="none",
        listen=Address("127.0.0.1", 0),
        secret_file=named,
        secret=SecretStr(given) if given else None,
    )
    return read_secret(settings)


def secret_of(home: Home) -> bytes:
    """The secret of a node that has a home. Raises SECRET_MISSING, CONFIG_INVALID."""
    from node.config import load_settings, read_secret

    return read_secret(load_settings(home))
