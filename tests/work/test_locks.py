"""Locks: what is locked stays told, every alarm is raised, kept until acknowledged, and none goes off for nothing."""

from __future__ import annotations

import json
import multiprocessing
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from PIL import Image, ImageFilter
from tests.helpers import picture, run, run_json
from tests.work.made import write

import trainset
from trainset.errors import BadValue, DamagedDataset, TrainsetError, UnknownName
from trainset.model import Entry, EntryKind
from trainset.store import log
from trainset.work import lock_files, lock_watch, near_locked
from trainset.work.locks import Alarm
from trainset.work.workbench import Workbench


def kinds(dataset: Workbench, *, everything: bool = False) -> dict[str, int]:
    return {one.alarm: one.count for one in dataset.alarms(everything=everything)}


def only(dataset: Workbench) -> Alarm:
    (found,) = dataset.alarms()
    return found


@pytest.fixture
def pets(tmp_path: Path) -> Iterator[Workbench]:
    """Two classes, 12 pictures in train and 4 in test, the test split locked as `held`."""
    for split, each in (("train", 6), ("test", 2)):
        for c, name in enumerate(("cat", "dog")):
            for n in range(each):
                picture(tmp_path / "pets" / split / name / f"{n}.png", 1000 * c + 100 * len(split) + n, (40, 30))
    with trainset.init(tmp_path / "set") as dataset:
        dataset.import_(tmp_path / "pets")
        dataset.lock("held", reason="the contest's", person="ada")
        yield dataset


def source(dataset: Workbench) -> Path:
    return dataset.folder.parent / "pets"


def test_a_lock_is_one_entry_and_tells_samples_labels_and_contents(pets: Workbench) -> None:
    (lock,) = pets.locks()
    assert (lock.name, lock.samples, lock.position, lock.person, lock.listed) == ("held", 4, 1, "ada", False)
    assert len(pets.entries(lock.seq)) == 1
    found = pets.locked("held")
    assert found.labels.to_pylist().count("cat") == 2
    assert {row["content"] for row in pets.look(split="test", n=9).rows()} == {
        content.hex() for content in found.contents.to_pylist()
    }
    assert found.splits.to_pylist() == ["test"] * 4
    assert pets.alarms() == []


def test_a_version_is_a_test_set_as_well_and_a_name_that_is_neither_says_what_there_is(pets: Workbench) -> None:
    pets.version("v1")
    assert pets.locked("v1").ids.to_pylist() == pets.locked("held").ids.to_pylist()
    with pytest.raises(UnknownName, match="no test set 'other'") as refused:
        pets.locked("other")
    assert "held" in refused.value.expected
    assert "v1" in refused.value.expected
    with pytest.raises(BadValue, match="is a version"):
        pets.lock("v1")


def test_what_the_position_does_not_tell_is_kept_by_id(pets: Workbench) -> None:
    some = [row["id"] for row in pets.look(split="test", n=9).rows()][:3]
    by_id = pets.lock("three", some)
    by_measure = pets.lock("wide", where="width >= 40 and split = 'test'")
    assert by_id.listed
    assert by_measure.listed
    assert pets.locked("three").ids.to_pylist() == sorted(bytes.fromhex(one) for one in some)
    assert len(pets.locked("wide")) == 4
    shutil.rmtree(pets.place("measures"))  # computed anew by another version it might mean others
    for path in pets.place("cache").glob("lock*"):
        path.unlink()
    assert len(pets.locked("wide")) == 4


def test_another_label_is_an_alarm_until_it_is_acknowledged_or_undone(pets: Workbench) -> None:
    done = pets.label("dog", ["test/cat/0.png"], reason="it barks", person="bob")
    found = only(pets)
    assert (found.kind, found.action, found.person, found.reason) == ("label", done.action, "bob", "it barks")
    assert found.samples == done.samples
    assert "cat → dog" in found.says
    pets.undo(done.action)
    assert pets.alarms() == []
    pets.undo(pets.log()[-1].seq)
    assert only(pets).action == done.action
    pets.acknowledge("held", "bob is right", person="ada")
    assert pets.alarms() == []
    (ended,) = pets.alarms(acknowledged=True)
    assert ended.acknowledged == pets.log()[-1].seq
    pets.undo(ended.acknowledged)
    assert only(pets).alarm == found.alarm


def test_another_split_and_exclusion_are_alarms_and_acknowledged_one_by_one(pets: Workbench) -> None:
    moved = pets.move_split("train", ["test/cat/0.png"])
    excluded = pets.exclude(["test/dog/0.png"])
    assert kinds(pets) == {f"held:split#{moved.action}": 1, f"held:excluded#{excluded.action}": 1}
    pets.acknowledge(f"held:split#{moved.action}", "one less")
    assert kinds(pets) == {f"held:excluded#{excluded.action}": 1}
    pets.restore(["test/dog/0.png"])
    assert kinds(pets) == {}


def test_what_was_acknowledged_does_not_hide_what_comes_later(pets: Workbench) -> None:
    pets.label("dog", ["test/cat/0.png"])
    pets.acknowledge("held", "yes")
    later = pets.label("dog", ["test/cat/1.png"])
    assert kinds(pets) == {f"held:label#{later.action}": 1}
    back = pets.label(None, ["test/cat/0.png"])
    assert kinds(pets) == {f"held:label#{later.action}": 1, f"held:label#{back.action}": 1}


def test_undoing_what_was_done_before_the_lock_is_an_alarm_of_the_undo(pets: Workbench) -> None:
    early = pets.label("dog", ["test/cat/0.png"])
    pets.lock("second")
    pets.acknowledge("held", "so be it")
    seq, _ = pets.undo(early.action)
    assert kinds(pets) == {f"second:label#{seq}": 1}


def test_a_class_renamed_is_the_same_class_and_one_merged_is_not(pets: Workbench) -> None:
    renamed = pets.rename_class("cat", "kitten")
    assert pets.alarms() == []
    assert pets.locked("held").labels.to_pylist().count("kitten") == 2
    pets.lock("second")
    pets.undo(renamed)
    assert pets.alarms() == []  # nor is a rename that is taken back
    merged = pets.merge_classes(["cat"], "dog")
    pets.rename_class("dog", "hound")
    assert kinds(pets) == {f"held:label#{merged}": 2, f"second:label#{merged}": 2}
    assert "cat → hound" in pets.alarms()[0].says


def test_another_content_and_a_sample_that_is_gone_are_alarms(pets: Workbench, tmp_path: Path) -> None:
    picture(source(pets) / "test" / "cat" / "0.png", 77, (40, 30))
    report = pets.import_(source(pets))
    assert kinds(pets) == {f"held:content#{report.action}": 1}
    pets.undo(report.action)
    assert kinds(pets, everything=True) == {"held:altered": 1}
    picture(tmp_path / "more" / "test" / "cat" / "9.png", 78)
    picture(tmp_path / "more" / "train" / "cat" / "9.png", 79)
    more = pets.import_(tmp_path / "more")
    pets.lock("more", where="source = 'more'")
    seq, _ = pets.undo(more.action)
    assert kinds(pets)[f"more:removed#{seq}"] == 2


def test_a_split_that_an_import_changed_is_an_alarm_of_the_import(tmp_path: Path) -> None:
    given = [("text", "label", "split"), ("one", "a", "test"), ("two", "b", "train"), ("three", "a", "test")]
    write(tmp_path / "t.csv", given)
    with trainset.init(tmp_path / "set") as dataset:
        dataset.import_(tmp_path / "t.csv")
        dataset.lock("held")
        write(tmp_path / "t.csv", [given[0], ("one", "a", "train"), *given[2:]])
        again = dataset.import_(tmp_path / "t.csv")
        assert kinds(dataset) == {f"held:split#{again.action}": 1}
        assert f"by #{again.action} (import" in only(dataset).says


def test_an_exact_copy_that_enters_train_is_an_alarm_however_it_enters(pets: Workbench) -> None:
    shutil.copy(source(pets) / "test" / "cat" / "0.png", source(pets) / "train" / "cat" / "copy.png")
    report = pets.import_(source(pets))
    found = only(pets)
    assert (found.kind, found.count, found.action) == ("copy", 1, report.action)
    (copy,) = pets.look(["train/cat/copy.png"]).rows()
    assert found.others == (copy["id"][:12],)
    pets.exclude(["train/cat/copy.png"])
    assert pets.alarms() == []
    back = pets.restore(["train/cat/copy.png"])
    assert kinds(pets) == {f"held:copy#{back.action}": 1}
    pets.move_split("validation", ["train/cat/copy.png"])
    assert pets.alarms() == []
    moved = pets.move_split("", ["train/cat/copy.png"])  # what is in no split is trained on
    assert kinds(pets) == {f"held:copy#{moved.action}": 1}


def test_a_near_copy_that_enters_train_is_an_alarm_and_others_are_none(pets: Workbench) -> None:
    rng = np.random.default_rng(5)
    for n in range(60):  # pictures with something in them, so that it can be told how alike ordinary ones are
        noise = Image.fromarray(rng.integers(0, 256, (6, 8, 3), dtype=np.uint8)).resize(
            (120, 90), Image.Resampling.BICUBIC
        )
        place = source(pets) / ("test" if n < 20 else "train") / "cat" / f"real{n}.png"
        noise.save(place)
    pets.import_(source(pets))
    pets.lock("real")
    assert pets.alarms() == []
    with Image.open(source(pets) / "test" / "cat" / "real3.png") as original:
        smaller = original.resize((100, 75)).filter(ImageFilter.GaussianBlur(0.5))
        smaller.save(source(pets) / "train" / "dog" / "again.jpg", quality=85)
    report = pets.import_(source(pets))
    assert kinds(pets) == {f"real:near#{report.action}": 1}
    (at,) = only(pets).samples
    assert pets.look([at]).rows()[0]["path"] == "test/cat/real3.png"
    pets.exclude(["train/dog/again.jpg"])
    assert pets.alarms() == []


def test_texts_nearly_the_same_that_enter_train_are_an_alarm(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    words = [f"w{n}" for n in range(400)]
    texts = [" ".join(rng.choice(words, 12)) for _ in range(80)]
    listed = tmp_path / "t.csv"
    rows = [f"{text},a,{'test' if n < 20 else 'train'}" for n, text in enumerate(texts)]
    listed.write_text("\n".join(["text,label,split", *rows]))
    with trainset.init(tmp_path / "set") as dataset:
        dataset.import_(listed)
        dataset.lock("held")
        assert dataset.alarms() == []
        changed = texts[4].rsplit(" ", 1)[0].upper() + " other"
        more = tmp_path / "more.csv"
        more.write_text(f"text,label,split\n{changed},a,train\nsomething that is quite new,a,train\n")
        report = dataset.import_(more)
        assert kinds(dataset) == {f"held:near#{report.action}": 1}


def test_few_texts_are_compared_with_locked_ones_as_many_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(3)
    words = [f"w{n}" for n in range(300)]
    texts = [" ".join(rng.choice(words, 14)) for _ in range(300)]
    copies = [text.rsplit(" ", 1)[0] + " other" for text in texts[:20]] + [
        text.replace("w1", "v1") for text in texts[20:40]
    ]
    with trainset.init(tmp_path / "set") as dataset:
        dataset.import_(_listed(tmp_path, [*texts, *copies]))
        rows = dataset.look(n=1000).table.select(["id", "content", "text"])
        place = {text: n for n, text in enumerate(rows["text"].to_pylist())}
        locked = rows.take(pa.array([place[text] for text in texts]))
        entered = rows.take(pa.array([place[text] for text in copies]))
        monkeypatch.setattr(near_locked, "_FEW", 100)
        few = near_locked.near_locked(dataset, 1, entered, locked)
        monkeypatch.setattr(near_locked, "_FEW", 0)
        assert few == near_locked.near_locked(dataset, 1, entered, locked)
        assert {pair for pair in few if pair[0] < 20} == {(n, n) for n in range(20)}


def _listed(folder: Path, texts: list[str]) -> Path:
    path = folder / "texts.csv"
    path.write_text("\n".join(["text,label", *(f"{text},a" for text in texts)]))
    return path


def test_what_a_text_was_is_compared_though_the_locked_sample_has_gone_on(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    words = [f"w{n}" for n in range(300)]
    texts = [" ".join(rng.choice(words, 14)) for _ in range(60)]
    table = tmp_path / "t.csv"

    def written(rows: list[str]) -> Path:
        lines = [f"{n},{text},a,{'test' if n < 5 else 'train'}" for n, text in enumerate(rows)]
        table.write_text("\n".join(["id,text,label,split", *lines]))
        return table

    with trainset.init(tmp_path / "set") as dataset:
        dataset.import_(written(texts))
        dataset.lock("held")
        report = dataset.import_(written(["quite another text now", *texts[1:]]))
        assert kinds(dataset) == {f"held:content#{report.action}": 1}
        near = texts[0].rsplit(" ", 1)[0] + " other"
        more = dataset.import_(written(["quite another text now", *texts[1:], near]))
        assert kinds(dataset) == {f"held:content#{report.action}": 1, f"held:near#{more.action}": 1}


def test_a_comparison_says_each_alarm_beside_its_scores(pets: Workbench) -> None:
    pets.label("dog", ["test/cat/0.png"])
    pets.move_split("train", ["test/cat/1.png"])
    how = ("--test-set", "held", "--embedder", "pixels", "--groups", "none", "--seeds", "0", "-n", "0")
    done = run("compare", "#1", "now", *how, "-d", pets.folder)
    assert done.returncode == 0, done.stderr
    said = " ".join(done.stdout.split())
    assert "alarm held:label#3: 1 sample of the locked test set 'held' has another label: cat → dog" in said
    assert "alarm held:split#4: 1 sample of the locked test set 'held' has another split: test → train" in said


def test_status_lists_locks_and_their_open_alarms(pets: Workbench) -> None:
    assert pets.status().alarms == ()
    moved = pets.move_split("train", ["test/cat/0.png"])
    found = run_json("status", "-d", pets.folder)
    assert [(one["name"], one["samples"]) for one in found["locks"]] == [("held", 4)]
    assert [one["alarm"] for one in found["alarms"]] == [f"held:split#{moved.action}"]
    said = run("status", "-d", pets.folder).stdout
    assert "locked held (#2, 4 samples): 1 open alarm" in said
    assert (
        f"alarm held:split#{moved.action}: 1 sample of the locked test set 'held' has another split: test → train"
        in " ".join(said.split())
    )
    pets.acknowledge("held", "meant")
    assert run_json("status", "-d", pets.folder)["alarms"] == []
    assert "no open alarm" in run("status", "-d", pets.folder).stdout


def test_what_takes_long_to_compare_is_said_to_wait_and_is_done_when_asked(
    pets: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lock_watch, "AT_ONCE", 1)
    picture(source(pets) / "train" / "cat" / "new.png", 31, (40, 30))
    pets.import_(source(pets))
    assert pets.alarms() == []
    assert pets.unlooked() == 1
    pets.note("another action")
    assert pets.unlooked() == 1
    pets.alarms(everything=True)
    assert pets.unlooked() == 0


def test_a_copy_that_is_in_train_already_is_said_when_it_is_locked(pets: Workbench) -> None:
    shutil.copy(source(pets) / "test" / "cat" / "0.png", source(pets) / "train" / "cat" / "copy.png")
    pets.import_(source(pets))
    made = pets.lock("again")
    found = next(one for one in pets.alarms() if one.lock == "again")
    assert (found.kind, found.action) == ("copy", made.seq)
    assert "were when it was locked" in found.says


def test_a_missing_file_and_an_altered_one_are_alarms_and_files_written_anew_are_none(pets: Workbench) -> None:
    gone, other = source(pets) / "test" / "cat" / "0.png", source(pets) / "test" / "cat" / "1.png"
    same = source(pets) / "test" / "dog" / "0.png"
    data = gone.read_bytes()
    gone.unlink()
    other.write_bytes(data)
    same.write_bytes(same.read_bytes())
    assert kinds(pets) == {"held:missing": 1, "held:altered": 1}
    pets.acknowledge("held:missing", "a copy is on the way")
    assert kinds(pets) == {"held:altered": 1}
    (source(pets) / "test" / "dog" / "1.png").unlink()
    assert kinds(pets) == {"held:altered": 1, "held:missing": 1}  # another one than that which is known
    gone.write_bytes(data)
    assert {one.samples for one in pets.alarms() if one.kind == "missing"} == {
        (pets.look(["test/dog/1.png"]).rows()[0]["id"][:12],)
    }


def test_of_many_files_some_are_looked_at_and_all_when_asked(pets: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lock_files, "AT_ONCE", 1)
    for path in (source(pets) / "test").rglob("*.png"):
        path.unlink()
    assert sum(one.count for one in pets.alarms()) <= 1
    assert kinds(pets, everything=True) == {"held:missing": 4}
    assert kinds(pets) == {"held:missing": 4}  # those that were found missing are looked at again


def test_kept_media_are_not_missing_and_moved_files_and_a_second_import_are_no_alarm(pets: Workbench) -> None:
    (source(pets) / "test" / "cat" / "0.png").rename(source(pets) / "test" / "cat" / "moved.png")
    pets.import_(source(pets))
    pets.import_(source(pets))
    assert pets.alarms(everything=True) == []
    pets.version("v1", keep_media=True)
    shutil.rmtree(source(pets) / "test")
    assert pets.alarms(everything=True) == []


def test_work_on_what_is_not_locked_is_no_alarm(pets: Workbench) -> None:
    pets.label("dog", ["train/cat/0.png"])
    pets.exclude(["train/cat/1.png"])
    pets.move_split("validation", ["train/cat/2.png"])
    pets.add_class("fox")
    pets.note("hm", ["test/cat/0.png"])
    pets.set_cost("cat", "dog", 5)
    pets.label("cat", ["test/cat/0.png"])  # it is one
    pets.train(embedder="pixels", groups="none")
    assert pets.alarms(everything=True) == []


def test_a_version_is_locked_as_it_was_and_what_changed_since_is_an_alarm(pets: Workbench) -> None:
    pets.version("v1")
    done = pets.label("dog", ["test/cat/0.png"])
    assert pets.lock("old", at="v1").position == 2
    assert kinds(pets)[f"old:label#{done.action}"] == 1
    assert pets.locked("old").labels.to_pylist().count("cat") == 2


def test_a_lock_is_undone_and_comes_back_with_its_alarms(pets: Workbench) -> None:
    (lock,) = pets.locks()
    pets.label("dog", ["test/cat/0.png"])
    seq, _ = pets.undo(lock.seq)
    assert pets.locks() == []
    assert pets.alarms() == []
    pets.undo(seq)
    assert len(pets.alarms()) == 1


def test_cache_and_log_say_the_same(pets: Workbench) -> None:
    """Step by step as after each action, and at once without a cache, it is the same."""
    pets.label("dog", ["test/cat/0.png"])
    pets.alarms()
    pets.move_split("test", ["train/cat/0.png"])
    pets.alarms()
    pets.merge_classes(["cat"], "dog")
    pets.alarms()
    pets.move_split("train", ["test/dog/0.png"])
    step_by_step = pets.alarms(everything=True)
    for path in pets.place("cache").iterdir():
        path.unlink()
    assert pets.alarms(everything=True) == step_by_step
    assert {one.kind for one in step_by_step} == {"label", "split"}
    for path in pets.place("cache").glob("lock*"):
        path.write_bytes(b"no parquet")
    assert pets.alarms(everything=True) == step_by_step


def test_names_that_cannot_be_and_what_cannot_be_locked_are_refused(pets: Workbench) -> None:
    for name in ("", " x", "-x", "#3", "now", "a\nb"):
        with pytest.raises(BadValue, match="cannot be a lock's name"):
            pets.lock(name)
    with pytest.raises(BadValue, match="already, and a lock never changes"):
        pets.lock("held")
    with pytest.raises(BadValue, match="nothing to lock"):
        pets.lock("none", where="label = 'fox'")
    with pytest.raises(BadValue, match="with a reason"):
        pets.acknowledge("held", " ")
    with pytest.raises(BadValue, match="has no alarm"):
        pets.acknowledge("held", "why not")
    with pytest.raises(UnknownName, match="no lock and no alarm"):
        pets.acknowledge("held:label#9", "why not")


@pytest.mark.parametrize(
    "value",
    [
        "{}",
        "no json",
        json.dumps({"position": 99, "samples": 4, "where": "", "digest": "0" * 64, "listed": False}),
        None,
    ],
)
def test_a_forged_lock_is_a_clear_error(pets: Workbench, value: str | None) -> None:
    log.append(pets, "lock", "mallory", "", [Entry(EntryKind.LOCK, subject="forged", value=value)])
    with pytest.raises(DamagedDataset, match="does not say what it must say"):
        pets.locks()


def test_a_lock_whose_samples_cannot_be_told_any_more_says_so_and_stops_no_other_command(pets: Workbench) -> None:
    facts = {"position": 1, "samples": 4, "where": "split = 'test'", "digest": "0" * 64, "listed": False}
    log.append(pets, "lock", "mallory", "", [Entry(EntryKind.LOCK, subject="forged", value=json.dumps(facts))])
    with pytest.raises(DamagedDataset, match="cannot be told from the log"):
        pets.alarms()
    done = run("status", "-d", pets.folder)
    assert done.returncode == 0
    assert "locked test sets cannot be looked at" in done.stderr
    assert "alarms: locked test sets cannot be looked at: the samples of the lock 'forged'" in done.stdout


def test_a_backup_that_went_on_in_another_way_is_looked_at_anew(pets: Workbench, tmp_path: Path) -> None:
    pets.close()
    for name in ("set", "other"):
        shutil.copytree(pets.folder, tmp_path / "backup" / name)
    with trainset.open(tmp_path / "backup" / "set") as one, trainset.open(tmp_path / "backup" / "other") as other:
        one.label("dog", ["train/cat/0.png"])
        other.label("dog", ["test/cat/0.png"])
        assert one.alarms() == []
        shutil.copy(one.place("cache", "locks.parquet"), other.place("cache", "locks.parquet"))
        assert len(other.alarms()) == 1


def _lock(folder: Path, name: str) -> None:
    with trainset.open(folder) as dataset:
        try:
            dataset.lock(name, person=str(multiprocessing.current_process().name))
        except TrainsetError as error:
            assert "already" in str(error)


def test_two_processes_that_lock_one_name_make_one_lock(pets: Workbench) -> None:
    context = multiprocessing.get_context("spawn")
    both = [context.Process(target=_lock, args=(pets.folder, "raced")) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert [one.exitcode for one in both] == [0, 0]
    assert [one.name for one in pets.locks()] == ["held", "raced"]
    assert [action.verb for action in pets.log()].count("lock") == 2


def test_every_later_command_says_it_and_the_one_that_did_it_too(pets: Workbench) -> None:
    folder = pets.folder
    assert run("note", "quiet", "-d", folder).stderr == ""
    done = run("label", "dog", "test/cat/0.png", "--why", "it barks", "-d", folder, "--json")
    assert json.loads(done.stdout)["changed"] == 1
    (line,) = done.stderr.splitlines()
    assert line.startswith("alarm: 1 sample of the locked test set 'held' has another label: cat → dog, by #")
    for command in (["status"], ["look"], ["log"], ["versions"], ["undo", "999"], ["lock", "held"]):
        assert ("alarm: " in run(*command, "-d", folder).stderr) == (command[0] != "lock"), command
    (alarm,) = run_json("locks", "-d", folder)["alarms"]
    run_json("lock", "--acknowledge", alarm["alarm"], "--why", "it does", "-d", folder)
    assert run("status", "-d", folder).stderr == ""
    assert run_json("locks", "-d", folder)["alarms"] == []
    assert run_json("locks", "--all", "-d", folder)["alarms"][0]["acknowledged"] is not None


def test_a_dataset_without_locks_is_not_read_for_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with trainset.init(tmp_path / "set") as dataset:
        monkeypatch.setattr(lock_watch, "replay", None)
        assert dataset.alarms() == []
        assert not [*dataset.place("cache").iterdir()]


def test_rows_of_locks_are_only_ever_inserted(pets: Workbench) -> None:
    pets.close()
    with sqlite3.connect(pets.folder / "people.db") as connection:
        kept = connection.execute("SELECT count(*) FROM entries WHERE kind = 'lock'").fetchone()
    assert kept == (1,)
