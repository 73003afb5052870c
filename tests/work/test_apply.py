"""Reviewed lists become labels, outsiders' lists become reports."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.helpers import pictures
from tests.work.made import copied, labels, rows

import trainset
from trainset.errors import BadSource, BadValue, UnknownName
from trainset.store import people
from trainset.store.tables import SCHEMA, metadata


@pytest.fixture
def dataset(tmp_path: Path) -> Iterator[trainset.Workbench]:
    with copied(tmp_path) as opened:
        yield opened


def written(folder: Path, text: str, name: str = "reviewed.csv") -> Path:
    (folder / name).write_text(text, encoding="utf-8")
    return folder / name


def id_of(dataset: trainset.Workbench, number: int) -> str:
    return str(rows(dataset)[f"text {number:02}"]["id"])


def test_a_reviewed_list_is_one_action_that_undo_takes_back(dataset: trainset.Workbench, tmp_path: Path) -> None:
    before = labels(dataset)
    lines = [
        f"{id_of(dataset, 0)},dog,ok",
        f"{id_of(dataset, 1)[:12]},cat,",
        f"{id_of(dataset, 2)},{before['text 02']},",
        f"{id_of(dataset, 3)},,",
    ]
    done = dataset.apply(written(tmp_path, "ID , Label,comment\n" + "\n".join(lines)), person="grace")
    assert (done.changed, done.unchanged, done.unanswered, done.refused_count) == (2, 1, 1, 0)
    after = labels(dataset)
    assert (after["text 00"], after["text 01"], after["text 02"], after["text 03"]) == (
        "dog",
        "cat",
        before["text 02"],
        before["text 03"],
    )
    action = dataset.log()[-1]
    assert (action.verb, action.person, action.reason, action.entries) == (
        "apply",
        "grace",
        "reviewed in reviewed.csv",
        2,
    )
    assert dataset.apply(tmp_path / "reviewed.csv").action is None
    dataset.undo(done.action, person="grace")
    assert labels(dataset) == before


def test_rows_that_cannot_be_used_are_named_and_the_others_count(dataset: trainset.Workbench, tmp_path: Path) -> None:
    one = id_of(dataset, 0)
    text = f"id,label\n{one},dog\nffffffffffff,dog\n{one},bird\n{one},dog\n{id_of(dataset, 1)},unicorn\n{id_of(dataset, 2)}\n"
    done = dataset.apply(written(tmp_path, text))
    assert done.changed == 1
    assert done.refused_count == 4
    assert done.refused[2] == "there is no sample 'ffffffffffff'"
    assert done.refused[3] == "row 1 says 'dog' of the same sample, and counts"
    assert done.refused[5] == "there is no class 'unicorn'"
    assert "1 field" in done.refused[6]
    assert dataset.apply(tmp_path / "reviewed.csv", new_class=True).new_classes == ("unicorn",)


def test_json_lines_and_columns_of_other_names_are_read(dataset: trainset.Workbench, tmp_path: Path) -> None:
    lines = [json.dumps({"which": id_of(dataset, 4), "given": "bird", "more": [1]})]
    place = written(tmp_path, "\n".join(lines), "list.jsonl")
    with pytest.raises(BadSource, match="no column for the sample"):
        dataset.apply(place)
    with pytest.raises(BadSource, match="no column 'whch'"):
        dataset.apply(place, columns={"sample": "whch"})
    assert dataset.apply(place, columns={"sample": "which", "label": "given"}).changed == 1


@pytest.mark.parametrize("text", ["", "id,label", "\0\0\0\0", "just words\nand more\n"])
def test_what_is_no_list_is_refused_in_one_sentence_or_changes_nothing(
    dataset: trainset.Workbench, tmp_path: Path, text: str
) -> None:
    try:
        assert dataset.apply(written(tmp_path, text)).action is None
    except BadSource as error:
        assert error.where.endswith("reviewed.csv")
    with pytest.raises(BadSource, match="no such list"):
        dataset.apply(tmp_path / "nothing.csv")


def test_a_class_name_that_cannot_be_one_changes_nothing(dataset: trainset.Workbench, tmp_path: Path) -> None:
    place = written(tmp_path, f'id,label\n{id_of(dataset, 0)},"a\nb"\n')
    with pytest.raises(BadValue, match="class's name"):
        dataset.apply(place, new_class=True)


def test_reports_are_findings_until_somebody_acts(dataset: trainset.Workbench, tmp_path: Path) -> None:
    before = labels(dataset)
    text = f"id,label,reason\n{id_of(dataset, 0)},dog,it barks\n{id_of(dataset, 1)},,blurred\n{id_of(dataset, 2)},,\nffffffff,dog,\n"
    done = dataset.import_reports(written(tmp_path, text, "found.csv"), reporter="eve")
    assert (done.added, done.present, done.refused_count) == (2, 0, 2)
    assert labels(dataset) == before
    result = dataset.audit(only=["reported"])["reported"]
    assert [*result.because] == ["eve says 'dog': it barks", "reported by eve: blurred"]
    assert dataset.import_reports(tmp_path / "found.csv", reporter="eve").present == 2
    dataset.label("dog", [id_of(dataset, 0)])
    assert dataset.audit(only=["reported"])["reported"].flagged == 1
    dataset.dismiss("reported", reason="sharp enough")
    assert dataset.audit(only=["reported"])["reported"].flagged == 0


def test_the_latest_report_of_a_sample_counts(dataset: trainset.Workbench, tmp_path: Path) -> None:
    one = id_of(dataset, 0)
    dataset.import_reports(written(tmp_path, f"id,label,reporter\n{one},dog,eve\n{one},bird,bob\n"))
    assert [*dataset.audit(only=["reported"])["reported"].because] == ["bob says 'bird'"]


def numbered(folder: Path) -> trainset.Workbench:
    """Texts whose list calls them 1000 to 1399, as their own."""
    made = trainset.init(folder / "set")
    lines = [f"{n},words of {n},{'cat' if n % 2 else 'dog'}" for n in range(1000, 1400)]
    made.import_(written(folder, "\n".join(["id,text,label", *lines]), "own.csv"))
    return made


def test_samples_are_named_by_the_ids_that_they_came_with(tmp_path: Path) -> None:
    with numbered(tmp_path) as dataset:
        done = dataset.apply(written(tmp_path, "id,label\n1001,dog\n1399,dog\n1400,dog\n"))
        assert (done.changed, done.refused) == (2, {3: "there is no sample '1400'"})
        found = {row["text"]: row["label"] for row in dataset.look(n=400, where="label != source_label").rows()}
        assert found == {"words of 1001": "dog", "words of 1399": "dog"}
        assert dataset.label("bird", ["1200"], new_class=True).changed == 1
        assert [row["text"] for row in dataset.look(where="label = 'bird'").rows()] == ["words of 1200"]


def test_a_number_is_not_the_beginning_of_an_id_that_happens_to_begin_so(tmp_path: Path) -> None:
    with numbered(tmp_path) as dataset:
        begins = {row["id"][:4] for row in dataset.look(n=400).rows()}
        numbers = sorted(one for one in begins if one.isdecimal() and not 1000 <= int(one) < 1400)
        assert numbers  # about sixty of 400
        done = dataset.apply(written(tmp_path, "\n".join(["id,label", *(f"{one},cat" for one in numbers)])))
        assert (done.action, done.refused_count) == (None, len(numbers))
        for number in numbers[:3]:
            with pytest.raises(UnknownName, match="there is no sample"):
                dataset.label("cat", [number])


def test_an_own_id_of_two_samples_names_neither(tmp_path: Path) -> None:
    with numbered(tmp_path) as dataset:
        dataset.import_(written(tmp_path, "id,text,label\n1000,other words,dog\n", "more.csv"))
        done = dataset.apply(written(tmp_path, "id,label\n1000,cat\n"))
        assert done.action is None
        assert "names 2 samples" in done.refused[1]
        with pytest.raises(BadValue, match="stands for several samples"):
            dataset.label("cat", ["1000"])


def test_files_are_named_by_a_column_that_their_list_had(tmp_path: Path) -> None:
    place = pictures(tmp_path / "pets", each=2)
    files = sorted(one.relative_to(place).as_posix() for one in place.rglob("*.png"))
    lines = [f"{one},{one.split('/')[0]},clip {n}" for n, one in enumerate(files)]
    written(place, "\n".join(["path,label,clip id", *lines]), "list.csv")
    with trainset.init(tmp_path / "set") as dataset:
        dataset.import_(place)
        asked = written(tmp_path, "clip id,label\nclip 0,dog\nclip 9,dog\n")
        done = dataset.apply(asked, columns={"sample": "clip id"})
        assert (done.changed, [*done.refused]) == (1, [2])
        assert dataset.look(where="meta.\"clip id\" = 'clip 0'").rows()[0]["label"] == "dog"


def test_a_dataset_of_the_first_schema_is_brought_up_to_date_and_keeps_what_people_did(
    dataset: trainset.Workbench, tmp_path: Path
) -> None:
    dataset.label("dog", [id_of(dataset, 0)])
    count, place = len(dataset.log()), dataset.folder / "people.db"
    dataset.close()
    with sqlite3.connect(place) as connection:  # as it was made before ratings and reports
        for table in ("questions", "ratings", "reports", "queued", "queues"):
            connection.execute(f"DROP TABLE {table}")
        connection.execute("UPDATE alembic_version SET version_num = '0001'")
        connection.execute("PRAGMA user_version = 1")
    connection.close()
    with trainset.open(dataset.folder) as again:
        assert len(again.log()) == count
        assert again.import_reports(written(tmp_path, f"id,label\n{id_of(again, 1)},cat\n")).added == 1
    with sqlite3.connect(place) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (SCHEMA,)
        with pytest.raises(sqlite3.IntegrityError, match="only ever inserted"):
            connection.execute("DELETE FROM reports")
    connection.close()


def test_every_table_of_the_schema_is_made_by_the_migrations(tmp_path: Path) -> None:
    people.create(tmp_path / "people.db")
    with sqlite3.connect(tmp_path / "people.db") as connection:
        for table in metadata.tables.values():
            made = {row[1] for row in connection.execute(f"PRAGMA table_info({table.name})")}
            assert made == {column.name for column in table.columns}
    connection.close()


def test_a_text_names_its_sample_and_one_that_stands_twice_does_not(tmp_path: Path) -> None:
    source = tmp_path / "texts.csv"
    source.write_text('text,label\n"where is it?\n",a\n\u2003how much,b\nsame,a\nsame,a\nlast,b\n', encoding="utf-8")
    with trainset.init(tmp_path / "set") as dataset:
        dataset.import_(source)
        reported = dataset.import_reports(written(tmp_path, "text,suggested_label\nwhere is it?,b\nnowhere,a\n"))
        assert (reported.added, reported.refused) == (1, {2: "there is no sample 'nowhere'"})
        done = dataset.apply(written(tmp_path, "text,label\n where is it? ,b\nhow much,a\nsame,b\n"))
        assert (done.changed, done.columns["sample"]) == (2, "text")
        assert done.refused == {3: "'same' names 2 samples: put the source's name before a path, or name ids"}
        now = {row["text"].strip(): row["label"] for row in dataset.look(n=9).rows()}
    assert now == {"where is it?": "b", "how much": "a", "same": "a", "last": "b"}


def test_a_dataset_of_the_second_schema_keeps_its_reports_and_takes_answers(
    dataset: trainset.Workbench, tmp_path: Path
) -> None:
    dataset.import_reports(written(tmp_path, f"id,label\n{id_of(dataset, 1)},cat\n"))
    place = dataset.folder / "people.db"
    dataset.close()
    with sqlite3.connect(place) as connection:  # as it was made before queues
        for table in ("queued", "queues"):
            connection.execute(f"DROP TABLE {table}")
        connection.execute("DROP INDEX ratings_by_queue")
        for column in ("action", "undoes"):
            connection.execute(f"ALTER TABLE ratings DROP COLUMN {column}")
        connection.execute("UPDATE alembic_version SET version_num = '0002'")
        connection.execute("PRAGMA user_version = 2")
    connection.close()
    with trainset.open(dataset.folder) as again:
        queue = again.queue(where="true")
        again.answer(id_of(again, 0), "dog", queue=queue.queue)
        assert again.audit(only=["reported"])["reported"].flagged == 1
        assert again.queues()[0].measured.reviewed == 1
    with trainset.open(dataset.folder) as once_more:
        assert len(once_more.ratings()) == 1
    with sqlite3.connect(place) as connection, pytest.raises(sqlite3.DatabaseError, match="only ever inserted"):
        connection.execute("DELETE FROM queued")
