"""Filters: one expression typed by a person, checked node by node and rewritten as SQL that can do nothing else."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import duckdb

from trainset.errors import BadFilter

FUNCTIONS = (
    "abs", "ceil", "coalesce", "contains", "ends_with", "floor", "greatest", "least", "length", "ln", "log10", "lower", "prefix",
    "regexp_matches", "round", "starts_with", "strip_accents", "suffix", "trim", "upper",
)  # fmt: skip
"""What a filter may call. None of them can make a long text or a list: memory limits do not hold scalar functions."""

_OPERATORS = {
    "+": "+",
    "-": "-",
    "*": "*",
    "/": "/",
    "%": "%",
    "//": "//",
    "~~": "LIKE",
    "!~~": "NOT LIKE",
    "~~*": "ILIKE",
    "!~~*": "NOT ILIKE",
}
_COMPARE = {
    "COMPARE_EQUAL": "=", "COMPARE_NOTEQUAL": "<>", "COMPARE_LESSTHAN": "<", "COMPARE_GREATERTHAN": ">",
    "COMPARE_LESSTHANOREQUALTO": "<=", "COMPARE_GREATERTHANOREQUALTO": ">=", "COMPARE_DISTINCT_FROM": "IS DISTINCT FROM",
    "COMPARE_NOT_DISTINCT_FROM": "IS NOT DISTINCT FROM",
}  # fmt: skip
FLAGGED = "flagged_"
"""What the name of a column begins with that says whether a check flags a sample."""
PICKED = "picked_"
"""What the name of a column begins with that says whether a sample is in a pick."""
SELECTION = "selection"
"""What stands before the name of a saved selection: `selection.night`, `selection."two words"`."""

_EXAMPLE = "one expression such as label = 'cat' and seconds < 0.5"
_LONGEST = 20_000
_DEEPEST = 100
_MOST_OPEN = 400
"""Brackets that open, and signs, outside of texts: the parser's time and memory grow with the square of how deep they stand: 2,000 take 500 MB."""
_QUIET = re.compile(r"""(?<!\w)[eE]'(?:[^'\\]|\\.|'')*'|'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*""", re.DOTALL)
"""Texts, quoted names and remarks: what stands in them is no syntax."""


@dataclass(frozen=True)
class Filter:
    """A checked filter: its text, its SQL, the columns it reads (`meta` for any `meta.<field>`), and those fields of metadata."""

    text: str
    sql: str
    columns: frozenset[str]
    fields: frozenset[str] = frozenset()


def parse(text: str, columns: Iterable[str], *, condition: bool = True) -> Filter:
    """Checks a filter over these columns and `meta.<field>`. Raises `BadFilter` for anything that is not one expression
    of column names, constants, comparisons, AND, OR, NOT, IN, BETWEEN, IS NULL, LIKE, CASE, arithmetic and `FUNCTIONS`.

    condition: whether it is something that holds or does not; an order is not."""
    tree = _tree(text)
    rewriter = _Rewriter(text, frozenset(columns))
    sql = rewriter.truth(tree, 0) if condition else rewriter.sql(tree, 0)
    return Filter(text, sql, frozenset(rewriter.used), frozenset(rewriter.fields))


def _require_shallow(text: str) -> None:
    """Raises `BadFilter` for what would keep the parser busy for minutes, which nothing can interrupt."""
    syntax = _QUIET.sub(" ", text)
    if found := re.search(r"/\*|[$'\"]", syntax):
        raise BadFilter("the filter is not one expression", expected=_EXAMPLE, got=found.group())
    if sum(syntax.count(sign) for sign in "([{+-~!@") > _MOST_OPEN:
        raise BadFilter("the filter is nested too deeply", expected=f"at most {_MOST_OPEN} brackets and signs")


def replaced(text: str, instead: Callable[[str], str | None]) -> str:
    """The text with every `selection.NAME` in it replaced by what `instead` makes of the name; None leaves it. Raises `BadFilter`."""
    if SELECTION not in text.lower():
        return text
    tree, raw = _tree(text), text.encode()
    found: list[tuple[int, int, str]] = []
    for node in _nodes(tree):
        names = node.get("column_names") or [""]
        if node.get("class") != "COLUMN_REF" or names[0].lower() != SELECTION:
            continue
        written = _NAMED.match(raw, int(node["query_location"]) - len(_BEFORE))
        if len(names) != 2 or written is None:
            raise BadFilter(
                "this names no saved selection", where=text, expected='selection.NAME, or selection."TWO WORDS"'
            )
        if (new := instead(names[1])) is not None:
            found.append((*written.span(), new))
    for start, end, new in sorted(found, reverse=True):
        raw = raw[:start] + new.encode() + raw[end:]
    return raw.decode()


def called(name: str) -> str:
    """What a filter calls a saved selection."""
    plain = re.fullmatch("[a-z_][a-z0-9_]*", name, re.I | re.A)
    return f"{SELECTION}.{name}" if plain else f'{SELECTION}."{name.replace(chr(34), chr(34) * 2)}"'


_BEFORE = "SELECT ("
_NAMED = re.compile(rb'\w+\s*\.\s*(?:"(?:[^"]|"")*"|[\w$\x80-\xff]+)')


def _nodes(tree: Any) -> Iterator[dict[str, Any]]:
    """All nodes of a tree; in a loop, for it may be deeper than Python calls."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            yield node
            waiting += node.values()
        elif isinstance(node, list):
            waiting += node


def _tree(text: str) -> dict[str, Any]:
    if len(text) > _LONGEST or re.search("[\\0\\ud800-\\udfff]", text):
        raise BadFilter(
            "the filter is too long or holds a NUL character or a broken one",
            expected=f"at most {_LONGEST:,} characters",
        )
    _require_shallow(text)
    try:
        duckdb.SQLExpression(text)  # refuses what is not exactly one expression, such as `1=1) union all (select ...`
        with _parser().cursor() as cursor:
            found = cursor.execute("SELECT json_serialize_sql(?)", [f"{_BEFORE}{text}\n)"]).fetchone()
        parsed = json.loads(found[0] if found else "{}")
    except (duckdb.Error, RecursionError, ValueError) as error:
        raise BadFilter(
            "the filter is not one expression", expected=_EXAMPLE, got=str(error).split("\n", 1)[0]
        ) from None
    statements = parsed.get("statements", [])
    if parsed.get("error") or len(statements) != 1:
        raise BadFilter(
            "the filter is not one expression", expected=_EXAMPLE, got=str(parsed.get("error_message", text))
        )
    selected = statements[0]["node"].get("select_list", [])
    if len(selected) != 1 or selected[0].get("alias"):
        raise BadFilter("the filter is not one expression", expected=_EXAMPLE, got=text)
    return dict(selected[0])


@cache
def _parser() -> duckdb.DuckDBPyConnection:
    """A database that holds nothing and reaches nothing, for its parser."""
    return duckdb.connect(":memory:", config={"enable_external_access": "false", "threads": "1"})


_TEXTS = frozenset(
    ("id", "source", "path", "text", "content", "label", "source_label", "split", "contributor", "excluded", "meta")
)
_BYTES = frozenset(("id", "content"))
"""16 bytes; a filter sees their hex digits, as they are printed."""
_NUMBERS = frozenset(("+", "-", "*", "/", "//", "%", "abs", "ceil", "floor", "round", "ln", "log10", "length"))
_OF_NUMBERS = frozenset(("+", "-", "*", "/", "//", "%", "abs", "ceil", "floor", "round", "ln", "log10"))


def in_meta(field: str) -> str:
    """The SQL of a field of metadata, as text."""
    pointer = "/" + field.replace("~", "~0").replace("/", "~1")
    return f"json_extract_string(meta, '{pointer.replace(chr(39), chr(39) * 2)}')"


def _is_meta(node: dict[str, Any]) -> bool:
    return node.get("class") == "COLUMN_REF" and node["column_names"][0].lower() == "meta"


def _is_boolean(node: dict[str, Any]) -> bool:
    literal = node.get("literal", {})
    names = [name.lower() for name in node["column_names"]] if node.get("class") == "COLUMN_REF" else []
    named = names in (["true"], ["false"]) or (len(names) == 1 and names[0].startswith((FLAGGED, PICKED)))
    return (
        named
        or literal.get("kind") in ("BOOLEAN", "TRUE", "FALSE")
        or str(literal.get("text", "")).lower() in ("true", "false")
    )


class _Rewriter:
    def __init__(self, text: str, columns: frozenset[str]) -> None:
        self.text, self.columns, self.used, self.fields = text, columns, set[str](), set[str]()

    def sql(self, node: dict[str, Any], depth: int) -> str:
        if depth > _DEEPEST:
            raise BadFilter("the filter is nested too deeply", expected=f"at most {_DEEPEST} levels")
        method = getattr(self, "_" + str(node.get("class", "")).lower(), None)
        if method is None:
            raise self._refused(f"{str(node.get('class', 'this')).lower().replace('_', ' ')} expressions")
        written: str = method(node, depth + 1)
        return f"({written})"

    def truth(self, node: dict[str, Any], depth: int) -> str:
        """Where something is true or false, metadata is read as that: it is text."""
        written = self.sql(node, depth)
        return f"TRY_CAST({written} AS BOOLEAN)" if _is_meta(node) else written

    def _constant(self, node: dict[str, Any], depth: int) -> str:
        literal = node.get("literal", {})
        kind, text = literal.get("kind"), str(literal.get("text", ""))
        if kind == "STRING":
            return "'" + text.replace("'", "''") + "'"
        if kind in ("INTEGER", "NUMERIC", "FLOAT", "DECIMAL", "DOUBLE") and re.fullmatch(r"[0-9.eE+-]{1,60}", text):
            return text
        if kind in ("BOOLEAN", "TRUE", "FALSE") or text.lower() in ("true", "false"):
            return "TRUE" if "TRUE" in (kind, text.upper()) else "FALSE"
        if kind == "NULL":
            return "NULL"
        raise self._refused(f"constants of the kind {kind}")

    def _column_ref(self, node: dict[str, Any], depth: int) -> str:
        names = node["column_names"]
        if names[0].lower() == "meta" and len(names) == 2:
            self.used.add("meta")
            self.fields.add(names[1])
            return in_meta(names[1])
        name = names[0].lower()
        if len(names) != 1 or name not in self.columns:
            if name in ("true", "false") and len(names) == 1:
                return str(name).upper()
            quoted = len(names) == 1 and f'"{names[0]}"' in self.text
            hint = f"use '{names[0]}'" if quoted else "texts stand in single quotes; metadata is meta.<field>"
            raise BadFilter(
                f"there is no column {'.'.join(names)!r}",
                where=self.text,
                expected=", ".join(sorted(self.columns)),
                next=hint,
            )
        self.used.add(name)
        return f'lower(hex("{name}"))' if name in _BYTES else f'"{name}"'

    def _comparison(self, node: dict[str, Any], depth: int) -> str:
        left, right = node["left"], node["right"]
        operator = _COMPARE.get(node["type"])
        if operator is None:
            raise self._refused(f"the comparison {node['type']}")
        return f"{self._side(left, [right], depth)} {operator} {self._side(right, [left], depth)}"

    def _between(self, node: dict[str, Any], depth: int) -> str:
        ends = [node["lower"], node["upper"]]
        no = "NOT " if "NOT" in node["type"] else ""
        return f"{self._side(node['input'], ends, depth)} {no}BETWEEN {self.sql(ends[0], depth)} AND {self.sql(ends[1], depth)}"

    def _conjunction(self, node: dict[str, Any], depth: int) -> str:
        word = {"CONJUNCTION_AND": " AND ", "CONJUNCTION_OR": " OR "}[node["type"]]
        return word.join(self.truth(child, depth) for child in node["children"])

    def _operator(self, node: dict[str, Any], depth: int) -> str:
        kind, children = node["type"], node["children"]
        if kind == "OPERATOR_NOT":
            return f"NOT {self.truth(children[0], depth)}"
        if kind in ("OPERATOR_IS_NULL", "OPERATOR_IS_NOT_NULL"):
            return f"{self.sql(children[0], depth)} {kind[9:].replace('_', ' ')}"
        if kind in ("COMPARE_IN", "COMPARE_NOT_IN"):
            listed = ", ".join(self.sql(child, depth) for child in children[1:])
            return f"{self._side(children[0], children[1:], depth)} {'NOT ' if 'NOT' in kind else ''}IN ({listed})"
        if kind == "OPERATOR_COALESCE":
            return f"coalesce({', '.join(self.sql(child, depth) for child in children)})"
        raise self._refused(kind.lower().replace("_", " "))

    def _function(self, node: dict[str, Any], depth: int) -> str:
        name = str(node["function_name"]).lower()
        arguments = [part.get("expression", part) for part in node.get("arguments", node.get("children", []))]
        plain = not (
            node.get("schema")
            or node.get("catalog")
            or node.get("distinct")
            or node.get("filter")
            or node["order_bys"].get("orders")
        )
        written = [
            f"TRY_CAST({self.sql(part, depth)} AS DOUBLE)"
            if name in _OF_NUMBERS and _is_meta(part)
            else self._side(part, [other for other in arguments if other is not part], depth)
            for part in arguments
        ]
        if plain and name in _OPERATORS and len(written) == 2:
            return f"{written[0]} {_OPERATORS[name]} {written[1]}"
        if plain and name == "-" and len(written) == 1:
            return f"- {written[0]}"
        if plain and name in FUNCTIONS:
            return f"{name}({', '.join(written)})"
        raise self._refused(f"the function {name}", f"the functions {', '.join(FUNCTIONS)}")

    def _case(self, node: dict[str, Any], depth: int) -> str:
        arms = (
            f"WHEN {self.sql(arm['when_expr'], depth)} THEN {self.sql(arm['then_expr'], depth)}"
            for arm in node["case_checks"]
        )
        return f"CASE {' '.join(arms)} ELSE {self.sql(node['else_expr'], depth)} END"

    def _side(self, node: dict[str, Any], others: list[dict[str, Any]], depth: int) -> str:
        """Metadata is text: beside a number it is read as a number, where it is one."""
        written = self.sql(node, depth)
        if not _is_meta(node):
            return written
        if any(_is_boolean(other) for other in others):
            return f"TRY_CAST({written} AS BOOLEAN)"
        return f"TRY_CAST({written} AS DOUBLE)" if any(map(self._is_number, others)) else written

    def _is_number(self, node: dict[str, Any]) -> bool:
        """Whether this is a number by what it is: a constant, a column of numbers, arithmetic."""
        if node.get("class") == "COLUMN_REF":
            return len(node["column_names"]) == 1 and node["column_names"][0].lower() not in _TEXTS
        if node.get("class") == "FUNCTION":
            return str(node["function_name"]).lower() in _NUMBERS
        return node.get("literal", {}).get("kind") not in ("STRING", "NULL", None)

    def _refused(
        self,
        what: str,
        allowed: str = "column names, constants, comparisons, and, or, not, in, between, is null, like, case",
    ) -> BadFilter:
        return BadFilter(f"a filter cannot use {what}", where=self.text, expected=allowed)
