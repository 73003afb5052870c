"""Who set the present label of a sample and when, and what its source said then."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from trainset.store import parts
from trainset.store.query import QueryTable
from trainset.store.schema import SAMPLES

NAMES = ("labelled_by", "labelled_at", "source_label_then")


def labelled(table: QueryTable) -> pa.Table:
    """The columns `NAMES` of the samples that are not excluded, in the order of import; null where the source's label stands.

    labelled_at: day and minute in UTC. source_label_then: what the source said when a person set the label, empty for nothing, and
    null as well where the source has not changed what it says since, or says what the person says by now.
    """
    acts = {action.seq: action for action in table.replay.actions}
    set_by = table.run("SELECT sample, seq FROM overlay WHERE field = 'label'")
    seqs = set_by["seq"].unique().to_pylist()
    known = pa.table(
        {
            "seq": pa.array(seqs, pa.int64()),
            "labelled_by": pa.array([acts[seq].person for seq in seqs], pa.string()),
            "labelled_at": pa.array([f"{acts[seq].at:%Y-%m-%d %H:%M}" for seq in seqs], pa.string()),
        }
    )
    return table.run(
        "SELECT k.labelled_by, k.labelled_at, t.source_label_then FROM samples s "
        "LEFT JOIN overlay o ON o.sample = s.id AND o.field = 'label' LEFT JOIN known k ON k.seq = o.seq "
        "LEFT JOIN told t ON t.id = s.id WHERE NOT s.excluded ORDER BY s.part, s.row",
        beside={"known": known, "told": _told(table, set_by["sample"].combine_chunks())},
    )


def set_by(table: QueryTable, verb: str) -> pa.Array:
    """Of the samples that are not excluded, in the order of import: whether an action of this verb set the present label."""
    seqs = pa.table({"seq": pa.array([act.seq for act in table.replay.actions if act.verb == verb], pa.int64())})
    rows = table.run(
        "SELECT k.seq IS NOT NULL AS mine FROM samples s LEFT JOIN overlay o ON o.sample = s.id AND o.field = 'label' "
        "LEFT JOIN known k ON k.seq = o.seq WHERE NOT s.excluded ORDER BY s.part, s.row",
        beside={"known": seqs},
    )
    return rows["mine"].combine_chunks()


def _told(table: QueryTable, samples: pa.Array) -> pa.Table:
    """Of the samples of which the source has said something else since they were labelled, and still does: what it said then."""
    replayed = table.replay
    columns = [
        ("id", pa.binary(16)),
        ("label", pa.string()),
        ("name", pa.string()),
        ("seq", pa.int64()),
        ("n", pa.int64()),
    ]
    schema, batches, n = pa.schema(columns), [], 0
    names: dict[tuple[str | None, int], str | None] = {(None, part.seq): None for part in replayed.parts}
    for part in replayed.parts if replayed.overlaps and len(samples) else ():  # else every sample has one row
        for batch in parts.batches(table.dataset.place("samples", part.name), ["id", "label"], SAMPLES):
            mine = batch.filter(pc.is_in(batch["id"], value_set=samples.cast(pa.binary(16))))
            labels = mine["label"].to_pylist()
            for label in {*labels} - {None}:
                names.setdefault((label, part.seq), replayed.current_name(label, part.seq, from_source=True))
            now, count = [names[label, part.seq] for label in labels], mine.num_rows
            batches.append(
                pa.record_batch(
                    [mine["id"], mine["label"], now, [part.seq] * count, [*range(n, n + count)]], schema=schema
                )
            )
            n += count
    return table.run(
        "SELECT o.sample AS id, coalesce(before.label, '') AS source_label_then FROM overlay o "
        "JOIN (SELECT id, seq, label, name FROM said QUALIFY row_number() OVER (PARTITION BY id ORDER BY n DESC) = 1) now ON now.id = o.sample "
        "JOIN (SELECT s.id, s.label, s.name FROM said s JOIN overlay p ON p.sample = s.id AND p.field = 'label' AND s.seq < p.seq "
        "QUALIFY row_number() OVER (PARTITION BY s.id ORDER BY s.n DESC) = 1) before ON before.id = o.sample "
        "WHERE o.field = 'label' AND now.seq > o.seq AND now.name IS DISTINCT FROM before.name AND now.name IS DISTINCT FROM o.value",
        beside={"said": pa.Table.from_batches(batches, schema)},
    )
