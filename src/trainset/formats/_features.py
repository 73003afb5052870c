"""What the columns of a Parquet file of Hugging Face are: the features in its metadata, both ways."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from trainset.formats._columns import SYNONYMS, match, plain_name
from trainset.formats._lines import NotATable
from trainset.model import Outcome

_KEY = b"huggingface"
FILE = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
"""How Image and Audio are stored."""
_MEDIA = ("Image", "Audio")
_MOST_CLASSES = 1_000_000


@dataclass(frozen=True)
class Roles:
    """media: the column that holds files; empty for texts. mapped: our column -> theirs. meta: theirs -> metadata field.
    classes: names of the classes by column. remarks: what was guessed."""

    media: str
    mapped: Mapping[str, str]
    meta: Mapping[str, str]
    classes: Mapping[str, Sequence[str]]
    remarks: tuple[str, ...]


def roles(schema: pa.Schema, mapping: Mapping[str, str], where: str) -> Roles:
    """Which column is which. Raises `NotATable` when there is neither a file nor a text, `BadSource` for a wrong mapping."""
    features, names = _features(schema), schema.names
    if len(set(names)) < len(names):
        raise NotATable(Outcome.UNREADABLE, "two columns of it have one name")
    media = mapping.get("path", "")
    if media and (media not in names or not _holds_files(schema.field(media).type)):
        raise NotATable(
            Outcome.UNSUPPORTED, f"column {media!r} holds no files: --map path=COLUMN names one with their bytes"
        )
    if "path" not in mapping and not mapping.get("text"):
        declared = [name for name in names if isinstance(of := features.get(name), dict) and of.get("_type") in _MEDIA]
        others = [n for n in names if _is_file(schema.field(n).type) or plain_name(n) in SYNONYMS["path"]]
        media = next((name for name in (*declared, *others) if _holds_files(schema.field(name).type)), "")
    classes = {
        name: tuple(map(str, named)) for name in names if (named := _class_names(features.get(name))) is not None
    }
    mapping = {**mapping, **({"path": media} if media else {"path": ""})}
    columns = match(names, mapping, where)
    mapped, remarks = dict(columns.mapped), list(columns.remarks)
    labels = [name for name in classes if name not in mapped.values()]
    if "label" not in mapped and "label" not in mapping and labels:
        mapped["label"] = labels[0]
        remarks.append(f"column {labels[0]!r} is read as the label: it holds classes")
    meta = {theirs: field for theirs, field in columns.meta.items() if theirs not in mapped.values()}
    return Roles(media, mapped, meta, classes, tuple(remarks))


def metadata(features: Mapping[str, Any]) -> dict[bytes, bytes]:
    """The schema's metadata for these features."""
    return {_KEY: json.dumps({"info": {"features": dict(features)}}).encode()}


def _features(schema: pa.Schema) -> dict[str, Any]:
    try:
        found = json.loads((schema.metadata or {}).get(_KEY, b"{}"))["info"]["features"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _class_names(feature: Any) -> list[Any] | None:
    if not isinstance(feature, dict) or feature.get("_type") != "ClassLabel":
        return None
    names = feature.get("names")
    return names if isinstance(names, list) and len(names) <= _MOST_CLASSES else None


def _is_file(kind: pa.DataType) -> bool:
    return pa.types.is_struct(kind) and {"bytes", "path"} <= {field.name for field in kind} and _holds_files(kind)


def _holds_files(kind: pa.DataType) -> bool:
    if pa.types.is_struct(kind):
        return any(field.name == "bytes" and _holds_files(field.type) for field in kind)
    return bool(pa.types.is_binary(kind) or pa.types.is_large_binary(kind))
