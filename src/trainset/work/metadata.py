"""Metadata as columns: the fields that samples have."""

from __future__ import annotations

import pyarrow as pa

from trainset.store.query import QueryTable

_MOST = 50
"""Fields at most."""


def fields(table: QueryTable) -> dict[str, pa.Array]:
    """Field -> texts, one a sample that is not excluded, in the order of import; of the fields that samples have, the commonest first."""
    names = table.run(
        "SELECT name FROM (SELECT unnest(json_keys(meta)) AS name FROM samples WHERE NOT excluded AND meta IS NOT NULL) "
        "GROUP BY name ORDER BY count(*) DESC, name LIMIT ?",
        [_MOST],
    )["name"].to_pylist()
    found = {}
    for name in names:
        pointer = "/" + name.replace("~", "~0").replace("/", "~1")
        rows = table.run(
            "SELECT json_extract_string(meta, ?) AS value FROM samples WHERE NOT excluded ORDER BY part, row", [pointer]
        )
        found[name] = rows["value"].combine_chunks()
    return found
