"""Parquet parts as a stranger may have written them: other columns, wrong values, bombs, links, noise."""

from __future__ import annotations

import base64
import json
import os
import pickle
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import trainset
from tests import helpers
from tests.security import forge
from trainset.errors import DamagedDataset, TrainsetError
from trainset.store.schema import SAMPLES


def use(folder: Path, out: Path) -> None:
    """Every verb that reads samples; clear errors pass."""
    out.mkdir(exist_ok=True)
    with trainset.open(folder) as dataset:
        verbs: tuple[Callable[[], object], ...] = (
            lambda: dataset.look(n=6)._repr_html_(), lambda: dataset.look(n=6).rows(), lambda: dataset.look(sort="-size"), lambda: dataset.status(),
            lambda: dataset.classes(), lambda: dataset.look(where="contains(text, 'a') or meta.a = 'b'"), lambda: dataset.diff("start"),
            lambda: dataset.label("cat", where="true", new_class=True), lambda: dataset.version("v1"), lambda: dataset.export(out / "list.csv"),
            lambda: dataset.export(out / "list.jsonl"), lambda: dataset.export(out / "folders"), lambda: dataset.look(n=6).save(out / "saved"),
            lambda: dataset.save_audit(dataset.audit(), out / "audit.html"),
        )  # fmt: skip
        for number, verb in enumerate(verbs):
            try:
                verb()
            except TrainsetError as error:
                assert str(error), number


def write(folder: Path, table: pa.Table, **how: Any) -> None:
    pq.write_table(table, forge.part(folder), **how)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"PAR1",
        b"PAR1PAR1",
        b"no parquet" * 100,
        os.urandom(10_000),
        b"PAR1" + b"\0" * 100 + b"\xff\xff\xff\x7fPAR1",
    ],
)
def test_what_is_no_parquet_is_a_clear_error(data: bytes, images: Path, tmp_path: Path) -> None:
    forge.part(images).write_bytes(data)
    with trainset.open(images) as dataset, pytest.raises(DamagedDataset):
        dataset.look()
    use(images, tmp_path / "out")


@pytest.mark.parametrize("seed", range(10))
def test_flipped_bytes_are_a_clear_error_or_no_harm(seed: int, images: Path, tmp_path: Path) -> None:
    random = np.random.default_rng(seed)
    data = bytearray(forge.part(images).read_bytes())
    for place in random.integers(4, len(data) - 8, 1 + seed % 8):
        data[place] = random.integers(0, 256)
    forge.part(images).write_bytes(data)
    use(images, tmp_path / "out")


def test_a_truncated_part_is_a_clear_error(images: Path, tmp_path: Path) -> None:
    data = forge.part(images).read_bytes()
    forge.part(images).write_bytes(data[: len(data) // 2])
    use(images, tmp_path / "out")
    done = helpers.run("look", "-d", images)
    assert done.returncode == 2
    assert done.stderr.startswith("error: ")


def test_a_missing_part_and_one_that_is_a_link_are_clear_errors(images: Path, tmp_path: Path) -> None:
    place = forge.part(images)
    place.rename(tmp_path / "part.parquet")
    with trainset.open(images) as dataset, pytest.raises(DamagedDataset, match="missing"):
        dataset.look()
    place.symlink_to(tmp_path / "part.parquet")
    with trainset.open(images) as dataset, pytest.raises(DamagedDataset, match="link"):
        dataset.look()


@pytest.mark.parametrize("how", ["missing", "number", "list", "bytes", "dictionary"])
def test_columns_of_other_types_are_refused(how: str, images: Path) -> None:
    table = pa.Table.from_pylist(forge.rows(images), SAMPLES)
    other = {
        "number": pa.array([1.5] * 6), "list": pa.array([["a"]] * 6, pa.list_(pa.large_string())), "bytes": pa.array([b"a"] * 6),
        "dictionary": pa.array([b"a"] * 6).dictionary_encode(),
    }  # fmt: skip
    with trainset.open(images) as dataset:
        for place, name in enumerate(SAMPLES.names):
            write(images, table.drop_columns([name]) if how == "missing" else table.set_column(place, name, other[how]))
            with pytest.raises(DamagedDataset, match="other columns"):
                dataset.look()


def test_more_columns_and_the_same_column_twice_are_refused(images: Path) -> None:
    table = pa.Table.from_pylist(forge.rows(images), SAMPLES)
    for more in ("extra", "id"):
        write(images, table.append_column(more, table["id"]))
        with trainset.open(images) as dataset, pytest.raises(DamagedDataset):
            dataset.look()


VALUES: dict[str, Any] = {
    "id": [None, bytes(16)], "source": [None, "other", "\x1b[31m"], "path": [None, "\0", "../x", "x" * 100_000], "text": [None, "a\0b", "x" * 1_000_000],
    "content": [None, bytes(16)], "label": [None, "", "../x", "a/b", "\0", "\n", "x" * 100_000], "split": [None, "", "../x", "\x1b[31m", "train "],
    "split_given": [None, "../x"], "split_proposed": [None, "../x"], "contributor": ["\x1b", "x" * 100_000],
    "meta": ["", "x", "[]", "[1, 2]", "null", "3", '"a"', '{"a": 1e999}', '{"a": NaN}', '{"\\ud800": "\\ud800"}', "{" * 10_000, '{"a":' * 3_000 + "1" + "}" * 3_000],
    "remarks": [None, [], [None], ["\x1b[31m"] * 1_000], "size": [None, -1, 2**63 - 1], "mtime_ns": [None, -(2**63)], "ctime_ns": [0],
}  # fmt: skip


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in VALUES.items() for value in values])
def test_odd_values_are_clear_errors_or_values(
    name: str, value: Any, trusted: Path, texts: Path, tmp_path: Path
) -> None:
    folder = trusted if name in ("path", "content", "size", "mtime_ns", "ctime_ns") else texts
    forge.rewrite(folder, **{name: value})
    use(folder, tmp_path / "out")
    assert {entry.name for entry in tmp_path.iterdir()} <= {"images", "texts", "out"}


@pytest.mark.parametrize("meta", ["[1, 2]", "x", "null", '{"a":' * 3_000 + "1" + "}" * 3_000])
def test_metadata_that_are_no_object_are_named_and_not_exported(meta: str, texts: Path, tmp_path: Path) -> None:
    forge.rewrite(texts, meta=meta)
    with trainset.open(texts) as dataset, pytest.raises(DamagedDataset, match="metadata"):
        dataset.export(tmp_path / "out.csv")
    assert not (tmp_path / "out.csv").exists()


@pytest.mark.parametrize("name", ["source", "path", "text", "label", "meta"])
def test_text_that_is_no_utf8_is_a_clear_error(name: str, texts: Path, tmp_path: Path) -> None:
    table = pa.Table.from_pylist(forge.rows(texts), SAMPLES)
    broken = pa.array([b"\xff\xfe\x80"] * 6).view(pa.string())
    write(texts, table.set_column(table.column_names.index(name), name, broken))
    use(texts, tmp_path / "out")
    with trainset.open(texts) as dataset, pytest.raises(DamagedDataset):
        dataset.look()


def test_the_same_id_many_times_is_shown_as_what_it_is(trusted: Path, tmp_path: Path) -> None:
    forge.rewrite(trusted, id=bytes(16))
    use(trusted, tmp_path / "out")
    with trainset.open(trusted) as dataset, pytest.raises(TrainsetError, match="several samples"):
        dataset.look(["0" * 12])


class Evil:
    """Makes a file when unpickled."""

    def __init__(self, place: Path) -> None:
        self.place = place

    def __reduce__(self) -> tuple[Any, ...]:
        return (os.mkdir, (str(self.place),))


def test_an_extension_type_is_not_unpickled(images: Path, tmp_path: Path) -> None:
    table = pa.Table.from_pylist(forge.rows(images), SAMPLES)
    data = pickle.dumps(Evil(tmp_path / "owned"))
    for name, kind in (
        (b"arrow.py_extension_type", data),
        (b"arrow.opaque", json.dumps({"type_name": "x", "vendor_name": "y"}).encode()),
    ):
        field = table.schema.field("label").with_metadata(
            {"ARROW:extension:name": name, "ARROW:extension:metadata": kind}
        )
        schema = table.schema.set(table.schema.get_field_index("label"), field)
        write(images, table.cast(schema).replace_schema_metadata({"pandas": base64.b64encode(data).decode()}))
        use(images, tmp_path / "out")
    assert not (tmp_path / "owned").exists()


def bomb(rows: int, **columns: pa.Array) -> pa.Table:
    ids = pa.FixedSizeBinaryArray.from_buffers(pa.binary(16), rows, [None, pa.py_buffer(os.urandom(16 * rows))])
    known = {
        "id": ids,
        "content": ids,
        "source": pa.DictionaryArray.from_arrays(pa.array(np.zeros(rows, np.int32)), ["said.csv"]).dictionary_decode(),
    }
    known |= columns
    return pa.table(
        [known[f.name].cast(f.type) if f.name in known else pa.nulls(rows, f.type) for f in SAMPLES], schema=SAMPLES
    )


LIMITED = """
import sys, trainset
from trainset.errors import TrainsetError
from pathlib import Path
folder, out = Path(sys.argv[1]), Path(sys.argv[2])
with trainset.open(folder) as dataset:
    for verb in (
        lambda: dataset.look(n=100), lambda: dataset.status(), lambda: dataset.look(where="contains(text, 'b')"), lambda: dataset.classes(),
        lambda: dataset.export(out),
    ):
        try:
            verb()
            print("done")
        except TrainsetError as error:
            print(type(error).__name__, error.what, error.got)
"""


def under_two_gigabytes(folder: Path, out: Path) -> list[str]:
    """What every verb that reads samples says, in a process that dies when it takes more than 2 GB of data."""

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_DATA, (2 * 2**30, 2 * 2**30))

    command = [sys.executable, "-c", LIMITED, str(folder), str(out)]
    environment = {**os.environ, "PYTHONPATH": str(helpers.SOURCE)}
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, check=False, preexec_fn=limit, timeout=200
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_twenty_million_rows_in_a_small_file_are_refused(texts: Path, tmp_path: Path) -> None:
    rows = 20_000_000
    same = pa.DictionaryArray.from_arrays(pa.array(np.zeros(rows, np.int8)), pa.array([bytes(16)], pa.binary(16)))
    label = pa.DictionaryArray.from_arrays(pa.array(np.zeros(rows, np.int8)), pa.array(["cat"]))
    arrays = {"id": same, "content": same, "source": label, "label": label}
    schema = pa.schema([pa.field(f.name, arrays[f.name].type if f.name in arrays else f.type) for f in SAMPLES])
    table = pa.table([arrays[f.name] if f.name in arrays else pa.nulls(rows, f.type) for f in SAMPLES], schema=schema)
    with pq.ParquetWriter(forge.part(texts), SAMPLES, compression="zstd") as writer:
        for start in range(0, rows, 2_000_000):
            writer.write_table(table.slice(start, 2_000_000).cast(SAMPLES))
    assert forge.part(texts).stat().st_size < 1_000_000
    said = under_two_gigabytes(texts, tmp_path / "out.csv")
    assert all("DamagedDataset" in line for line in said), said


def test_one_long_text_shared_by_all_rows_is_refused_before_it_is_spread_out(texts: Path, tmp_path: Path) -> None:
    rows = 10_000
    shared = pa.DictionaryArray.from_arrays(pa.array(np.zeros(rows, np.int32)), pa.array(["b" * 900_000]))
    schema = pa.schema([pa.field(f.name, shared.type if f.name == "text" else f.type) for f in SAMPLES])
    small = bomb(rows)
    table = pa.table([shared if f.name == "text" else small[f.name] for f in SAMPLES], schema=schema)
    writer = pq.ParquetWriter(
        forge.part(texts),
        schema,
        compression="zstd",
        dictionary_pagesize_limit=2**24,
        use_dictionary=["text"],
        store_schema=False,
    )
    with writer:
        writer.write_table(table)
    assert forge.part(texts).stat().st_size < 1_000_000
    said = under_two_gigabytes(texts, tmp_path / "out.csv")
    assert any("many times larger" in line for line in said), said


def test_a_part_that_unpacks_to_many_times_its_size_is_refused(texts: Path, tmp_path: Path) -> None:
    write(texts, bomb(100, text=pa.array(["b" * 9_000_000] * 100)), compression="zstd", use_dictionary=False)
    assert forge.part(texts).stat().st_size < 500_000
    said = under_two_gigabytes(texts, tmp_path / "out.csv")
    assert all("DamagedDataset" in line for line in said), said


def test_a_bomb_among_the_measures_is_refused(images: Path, tmp_path: Path) -> None:
    (place,) = (images / "measures").glob("*.parquet")
    table = pq.read_table(place)
    rows = 5_000_000
    same = pa.DictionaryArray.from_arrays(pa.array(np.zeros(rows, np.int8)), pa.array([bytes(16)], pa.binary(16))).cast(
        pa.binary(16)
    )
    pq.write_table(
        pa.table([same, *(pa.nulls(rows, f.type) for f in [*table.schema][1:])], schema=table.schema),
        place,
        compression="zstd",
    )
    with trainset.open(images) as dataset, pytest.raises(DamagedDataset, match="cannot be read"):
        dataset.look(sort="width")
    use(images, tmp_path / "out")


@pytest.mark.parametrize("data", [b"", b"noise" * 100])
def test_measures_that_are_no_parquet_are_a_clear_error(data: bytes, images: Path, tmp_path: Path) -> None:
    (images / "measures" / "x.parquet").write_bytes(data)
    with trainset.open(images) as dataset, pytest.raises(DamagedDataset):
        dataset.look().rows()
    use(images, tmp_path / "out")


@pytest.mark.parametrize(
    "facts", [b"", b"[]", b"{", b'{"measures": 3}', b'{"measures": ["width"]}', b"\xff", b"[" * 100_000]
)
def test_facts_of_a_part_that_cannot_be_are_none(facts: bytes, images: Path, tmp_path: Path) -> None:
    (place,) = (images / "measures").glob("*.parquet")
    pq.write_table(pq.read_table(place).replace_schema_metadata({b"trainset": facts}), place)
    use(images, tmp_path / "out")
    pq.write_table(
        pa.Table.from_pylist(forge.rows(images), SAMPLES).replace_schema_metadata({b"trainset": facts}),
        forge.part(images),
    )
    with trainset.open(images) as dataset:
        assert dataset.import_(helpers.pictures(tmp_path / "more", each=1)).samples == 2


def test_measures_that_are_not_finite_are_shown(images: Path, tmp_path: Path) -> None:
    (place,) = (images / "measures").glob("*.parquet")
    table = pq.read_table(place)
    for name in table.column_names[1:]:
        table = table.set_column(
            table.column_names.index(name), table.schema.field(name), pa.nulls(6, table.schema.field(name).type)
        )
    pq.write_table(table, place)
    use(images, tmp_path / "out")
    json.loads(helpers.run("look", "-d", images, "--json").stdout)
