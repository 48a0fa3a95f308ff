"""Changing one value of a policy by its name in the roster: `asks_per_minute=30`, `budget.member_day=2560`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from node.errors import Code, LancangError
from node.model.roster import Policy
from node.roster.documents import parse_policy, policy_values, without_defaults


def amended(policy: Policy, amendments: Sequence[str]) -> Policy:
    """The policy with these values instead, each `name=value`; lists with commas, flags as true or false.

    Raises INPUT_INVALID naming what is not understood, ROSTER_INVALID for a value out of its bounds.
    """
    document = policy_values(policy)
    for amendment in amendments:
        name, equals, text = amendment.partition("=")
        place, key = _place(document, name.strip())
        if not equals or key not in place or isinstance(place[key], dict):
            raise LancangError(Code.INPUT_INVALID, f"{name!r} is no value of the policy", remedy=f"One of {_names()}.")
        place[key] = _read(name, text.strip(), place[key])
    return parse_policy(without_defaults(document))


def _place(document: dict[str, Any], name: str) -> tuple[dict[str, Any], str]:
    group, dot, key = name.partition(".")
    inner = document.get(group)
    return (inner, key) if dot and isinstance(inner, dict) else (document, name)


def _read(name: str, text: str, before: object) -> object:
    if isinstance(before, list):
        return [part.strip() for part in text.split(",") if part.strip()]
    if isinstance(before, bool):
        if text not in {"true", "false"}:
            raise LancangError(Code.INPUT_INVALID, f"{name}: true or false")
        return text == "true"
    if not (text.isascii() and text.isdigit() and len(text) <= 16):
        raise LancangError(Code.INPUT_INVALID, f"{name}: a whole number")
    return int(text)


def _names() -> str:
    from node.roster.policy_defaults import default_policy

    names: list[str] = []
    for key, value in policy_values(default_policy()).items():
        names += [f"{key}.{inner}" for inner in value] if isinstance(value, dict) else [key]
    return ", ".join(sorted(names))
