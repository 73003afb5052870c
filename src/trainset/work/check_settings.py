"""The settings of a check for a form: what each is, what its help page says of it, and values that a form may send."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from trainset.contracts import Plugin
from trainset.errors import BadValue, UnknownName

_KINDS = {bool: "yes-no", int: "whole number", float: "number"}
_OF_MEDIUM = {"pictures": "image", "recordings": "audio", "texts": "text"}
"""Settings that are thresholds of one medium, by their names."""
_MOST_TIMES = 100
"""Times its default that a whole number may be: a thousand million neighbours would fill the memory."""


@dataclass(frozen=True)
class Declared:
    """A setting as a form shows it. kind: number, whole number, yes-no, text. help: what the help page says of it; often its name says it."""

    name: str
    kind: str
    default: bool | int | float | str
    help: str


def declared(plugin: Plugin, medium: str = "") -> list[Declared]:
    """The settings that a plug-in declares, in its order; with a medium, without those that are of another one."""
    return [
        Declared(name, _KINDS.get(setting.type, "text"), setting.default, help_of(plugin, name))
        for name, setting in plugin.settings.items()
        if not medium or _OF_MEDIUM.get(name, medium) == medium
    ]


def help_of(plugin: Plugin, name: str) -> str:
    """The sentences that begin with the setting's name in the help page; empty when there are none."""
    for paragraph in plugin.doc.split("\n\n"):
        flat = " ".join(paragraph.split())
        if not flat.startswith("`"):
            continue
        for names, text in re.findall(r"((?:`\w+`(?:, | and )?)+): (.*?)(?=\s(?:`\w+`(?:, | and )?)+: |$)", flat):
            if f"`{name}`" in names:
                return str(text)
    return ""


def chosen(plugin: Plugin, text: str) -> dict[str, Any]:
    """Values from a form, as JSON; those that are the default are left out. Raises `BadValue`, `UnknownName`."""
    try:
        given = json.loads(text) if text else {}
    except (ValueError, RecursionError):
        given = None
    if not isinstance(given, Mapping):
        raise BadValue("settings are a mapping of names to values, as JSON", got=text[:80])
    found = {}
    for name, value in given.items():
        if name not in plugin.settings:
            raise UnknownName(
                f"the check {plugin.name} has no setting {name[:80]!r}", expected=", ".join(plugin.settings) or "none"
            )
        setting = plugin.settings[name]
        if not isinstance(value, (bool, int, float, str)):
            raise BadValue(f"setting {name} takes one value", got=str(value)[:80])
        parsed = setting.parse(str(value)[:500])
        if isinstance(parsed, float) and not math.isfinite(parsed):
            raise BadValue(f"setting {name} takes a number", got=str(value)[:80])
        if setting.type is int:
            least, most = min(1, setting.default), max(1_000, _MOST_TIMES * setting.default)
            if not least <= parsed <= most:
                raise BadValue(f"setting {name} is out of range", expected=f"{least} to {most:,}", got=str(value)[:80])
        if parsed != setting.default:
            found[name] = parsed
    return found
