"""JSON as tables need it: quick for plain lines, careful with what Python's json lets through or dies of."""

from __future__ import annotations

import json
import math
import re
from typing import Any, NoReturn

_HALF = re.compile("[\ud800-\udfff]")
_DIGITS = 4_000  # Python refuses to read integers of more than 4,300 digits: the time grows with their square


_DEEPEST = 100  # lists and objects in one another: what can be read can then be written, whatever the stack


class BadJson(Exception):
    """This line is no JSON. The text says why."""


def loads(line: str) -> tuple[Any, list[str]]:
    """The value of one line, and what had to be done to it. Raises `BadJson`, and nothing else.

    A key that comes twice, NaN, an infinity, an integer of thousands of digits and a half of a character are remarked on.
    """
    line = line.strip()
    try:
        value, end = _quick(line)
    except json.JSONDecodeError as error:
        raise BadJson(f"{error.msg.removesuffix(' at')} at character {error.colno}") from None
    except RecursionError:
        raise BadJson("it is nested too deeply") from None
    except (_Odd, ValueError):
        value, remarks = _careful(line)
        _check_depth(value)
        return value, remarks
    if line.count("[") + line.count("{") > _DEEPEST:
        _check_depth(value)
    if end != len(line):
        raise BadJson(f"there is more behind its end at character {end + 1}")
    if "\\ud" in line or "\\uD" in line or (isinstance(value, dict) and line.count(":") != len(value)):
        return _careful(line)
    return value, []


def dumps(value: Any) -> str:
    """One line of JSON, as UTF-8 can hold it. Raises `BadJson` for what is nested too deeply."""
    try:
        return _encode(value)
    except RecursionError:
        raise BadJson("it is nested too deeply") from None


def _check_depth(value: Any) -> None:
    level = [value] if isinstance(value, (dict, list)) else []
    for _ in range(_DEEPEST):
        parts = [part for parent in level for part in (parent.values() if isinstance(parent, dict) else parent)]
        level = [part for part in parts if isinstance(part, (dict, list))]
        if not level:
            return
    raise BadJson(f"it is nested more than {_DEEPEST} deep")


def _refuse(_: str) -> NoReturn:
    raise _Odd


class _Odd(Exception):
    """Needs the careful reader."""


def _float(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise _Odd
    return number


_quick = json.JSONDecoder(parse_float=_float, parse_constant=_refuse).raw_decode
_encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False, check_circular=False, separators=(",", ":")).encode


def _careful(line: str) -> tuple[Any, list[str]]:
    remarks: dict[str, None] = {}

    def note(remark: str) -> None:
        remarks.setdefault(remark)

    def constant(text: str) -> str:
        note(f"{text} is no JSON number: kept as text")
        return text

    def number(text: str) -> Any:
        if len(text) > _DIGITS:
            note(f"a number of {len(text):,} digits is kept as text")
            return text
        return int(text)

    def real(text: str) -> Any:
        if len(text) > _DIGITS:
            return number(text)
        value = float(text)
        return constant("-Infinity" if value < 0 else "Infinity") if math.isinf(value) else value

    def whole(text: str) -> str:
        if not _HALF.search(text):
            return text
        note("half a character (a lone surrogate) is replaced by U+FFFD")
        return _HALF.sub("\ufffd", text)

    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        result = {}
        for key, value in items:
            key = whole(key)
            if key in result:
                note(f"duplicate key: {key[:60]}; the last one is used")
            result[key] = clean(value)
        return result

    def clean(value: Any) -> Any:
        if isinstance(value, str):
            return whole(value)
        return [clean(part) for part in value] if isinstance(value, list) else value

    try:
        decoder = json.JSONDecoder(object_pairs_hook=pairs, parse_constant=constant, parse_int=number, parse_float=real)
        return clean(decoder.decode(line)), list(remarks)
    except json.JSONDecodeError as error:
        raise BadJson(f"{error.msg.removesuffix(' at')} at character {error.colno}") from None
    except RecursionError:
        raise BadJson("it is nested too deeply") from None
