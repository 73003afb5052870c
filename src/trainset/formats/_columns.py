"""Which column of a table is which of ours: by synonyms, or as the owner says."""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from trainset.errors import BadSource, BadValue
from trainset.formats._lines import NotATable
from trainset.model import Outcome

SYNONYMS: Mapping[str, tuple[str, ...]] = {
    "path": ("path", "file", "file_name", "filepath", "filename", "image", "audio"),
    "text": ("text", "sentence"),
    "label": ("label", "class", "category"),
    "split": ("split",),
    "contributor": ("contributor", "speaker", "client_id"),
    "id": ("id", "key", "uid"),
}
"""Our column -> the names it is known by (compared without case and blanks); the first that a table has is it."""

META = "meta."
"""Before a metadata field's name where the name alone would be taken for one of our columns."""

MOST_COLUMNS = 5_000

_WORD = re.compile(r"[\w.-]{1,60}")


@dataclass(frozen=True)
class Columns:
    """mapped: our column -> theirs. meta: their column -> name of the metadata field. remarks: what was guessed."""

    mapped: Mapping[str, str]
    meta: Mapping[str, str]
    remarks: tuple[str, ...] = ()


def parse_mapping(text: str) -> dict[str, str]:
    """`text=utterance,label=intent` as a mapping; a name with a comma goes in double quotes. Raises `BadValue`."""
    result = {}
    for part in next(csv.reader([text], skipinitialspace=True), []):
        ours, equals, theirs = part.partition("=")
        if not equals or ours.strip() not in SYNONYMS:
            raise BadValue(
                "this maps no column", where=f"--map {text}", expected=f"OURS=THEIRS, OURS one of {', '.join(SYNONYMS)}", got=part,
            )  # fmt: skip
        result[ours.strip()] = theirs.strip()
    return result


def match(names: Sequence[str], mapping: Mapping[str, str], where: str) -> Columns:
    """Finds our columns among `names`. `mapping` wins; there, an empty name says that there is no such column.

    Raises `BadSource` when `mapping` names a column that does not exist, `NotATable` when neither path nor text is found.
    """
    plain: dict[str, str] = {}
    for name in (*(n for n in names if n == plain_name(n)), *names):  # an exact name before one that needs trimming
        plain.setdefault(plain_name(name), name)
    mapped, remarks = {}, []
    for ours, theirs in mapping.items():
        if ours not in SYNONYMS:
            raise BadSource("there is no such column to map to", expected=f"one of {', '.join(SYNONYMS)}", got=ours)
        if theirs:
            found = theirs if theirs in names else plain.get(plain_name(theirs))
            if found is None:
                raise BadSource(
                    f"there is no column {theirs!r}", where=where, expected=f"one of {listed(names)}", got=theirs
                )
            mapped[ours] = found
    for ours, synonyms in SYNONYMS.items():
        found = next((plain[s] for s in synonyms if s in plain and plain[s] not in mapped.values()), None)
        if ours in mapping or found is None or (ours == "path" and "text" in mapped):
            continue
        if ours == "text" and "path" in mapped:
            remarks.append(
                f"rows are files: {found!r} is kept as metadata (--map text={found} imports the texts instead)"
            )
        elif ours != "id" or "path" not in mapped:
            mapped[ours] = found
            remarks += [f"header {found!r} read as {plain_name(found)!r}"] if plain_name(found) != found else []
    if not {"path", "text"} & mapped.keys():
        raise NotATable(
            Outcome.UNSUPPORTED,
            f"no column is called {' or '.join(SYNONYMS['path'] + SYNONYMS['text'])}; the columns of the first row are "
            f"{listed(names)}: name one with --map text=COLUMN or --map path=COLUMN, or add a header",
        )
    kept = [name for name in names if name not in mapped.values() or name == mapped.get("id")]
    return Columns(mapped, meta_names(kept), tuple(remarks))


def meta_names(names: Iterable[str]) -> dict[str, str]:
    """Column -> metadata field, no field twice: `meta.x` is `x`, and blanks around a name go, unless there is an `x` as well."""
    names, result = list(names), {}
    taken = {name for name in names if _bare(name) == name}
    for name in names:
        field = _bare(name)
        while field != name and field in taken:
            field = name if field == _bare(name) else f"{field}'"
        taken.add(field)
        result[name] = field
    return result


def plain_name(name: str) -> str:
    """A column's name as it is compared: without case, blanks around it and invisible characters."""
    return "".join(c for c in name if unicodedata.category(c) != "Cf").strip().lower()


def column_for(field: str, ours: Sequence[str]) -> str:
    """The column to write a metadata field to, beside the columns `ours`, so that it comes back as that field."""
    name = plain_name(field)
    taken = {*ours, *SYNONYMS["id"], *(SYNONYMS["path"] if "path" not in ours else ())}
    return META + field if not name or name in taken or field != field.strip() or field.startswith(META) else field


def listed(names: Iterable[str], most: int = 20) -> str:
    """Names in one line, quoted where they are no plain words, each cut to 60 characters, at most `most` of them."""
    names = list(names)
    more = f" and {len(names) - most:,} more" if len(names) > most else ""
    return ", ".join(name if _WORD.fullmatch(name) else shown(name) for name in names[:most]) + more


def shown(text: str) -> str:
    """A piece of the table for a message: quoted, on one line, at most 60 characters, always encodable."""
    return repr(text if len(text) <= 60 else text[:59] + "…").encode("utf-8", "backslashreplace").decode()


def _bare(name: str) -> str:
    return name.removeprefix(META) if name.startswith(META) else name.strip()
