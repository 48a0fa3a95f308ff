"""Who takes which letters at this node: each kind's handler, and who is told at the sender that one was refused."""

from __future__ import annotations

from node.acts.runtime.courier import Courier, Handler, OnRefused
from node.model.courier import Kind


def courier() -> Courier:
    """The registries, filled."""
    handlers: dict[Kind, Handler] = {}
    on_refused: dict[Kind, OnRefused] = {}
    return Courier(handlers, on_refused)
