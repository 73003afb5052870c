"""The pool with real processes that are really killed, stuck and starved."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pyarrow as pa
import pytest

from trainset.engine.lost import Lost
from trainset.engine.pool import Pool

ANSWER = pa.schema([("said", pa.string()), ("pid", pa.int64())])


def batch(*words: str) -> pa.RecordBatch:
    return pa.record_batch({"what": pa.array(words, pa.string())})


def mourn(row: pa.RecordBatch, lost: Lost) -> pa.RecordBatch:
    assert row.num_rows == 1
    return pa.record_batch({"said": [f"{row['what'][0]}: {lost.kind}"], "pid": [0]}, schema=ANSWER)


def keep(row: pa.RecordBatch, lost: Lost) -> pa.RecordBatch:
    return pa.record_batch({"what": [f"{row['what'][0]}: {lost.kind}"]})


def said(pool: Pool, *batches: pa.RecordBatch) -> list[list[str]]:
    return [answer["said"].to_pylist() for answer in pool.map(batches, mourn)]


@pytest.mark.parametrize("workers", [1, 2, 3])
def test_answers_come_in_the_order_of_the_batches(workers: int) -> None:
    batches = [batch("nap" if i % 4 == 0 else "", str(i)) for i in range(12)]
    with Pool("functions:act", {"prefix": "*"}, workers=workers) as pool:
        answers = said(pool, *batches)
    assert [answer[1] for answer in answers] == [f"*{i}" for i in range(12)]


@pytest.mark.parametrize(
    ("harm", "kind"),
    [
        ("kill", "crashed"),
        ("segfault", "crashed"),
        ("exit", "crashed"),
        ("hang", "hung"),
        ("hoard", "out of memory"),
        ("hoard in C", "out of memory"),
    ],
)
def test_a_row_that_does_harm_costs_that_row_alone(harm: str, kind: str) -> None:
    lost = f"{harm}: {kind}"
    with Pool("functions:act", {}, workers=2, seconds=1, memory=200 * 2**20) as pool:
        answers = said(pool, batch("a", "b"), batch("c", "d", harm, "e"), batch(harm), batch("f", harm))
    assert answers == [["a", "b"], ["c", "d", lost, "e"], [lost], ["f", lost]]


def test_a_lost_row_says_why() -> None:
    reasons: list[str] = []

    def note(row: pa.RecordBatch, lost: Lost) -> pa.RecordBatch:
        reasons.append(lost.reason)
        return mourn(row, lost)

    with Pool("functions:act", {}, workers=1, seconds=1, memory=100 * 2**20) as pool:
        list(pool.map([batch("segfault", "kill", "exit", "hang", "hoard")], note))
    assert reasons == [
        "the worker process was ended by signal SIGSEGV",
        "the worker process was ended by signal SIGKILL, perhaps because the machine ran out of memory",
        "the worker process ended with exit code 7",
        "no sign of life for 1 seconds",
        "it takes more than the 100 MB a worker may use",
    ]


def test_rows_that_begin_in_time_are_not_hung_however_many_they_are() -> None:
    with Pool("functions:act", {}, workers=1, seconds=1.5) as pool:
        assert said(pool, batch(*["nap"] * 5)) == [["nap"] * 5]


def test_a_death_that_rows_before_caused_costs_no_row() -> None:
    words = [str(i) for i in range(12)]
    with Pool("functions:tired", {}, workers=1) as pool:
        assert [answer["what"].to_pylist() for answer in pool.map([batch(*words)], keep)] == [words]


def test_rows_that_together_take_too_much_memory_are_run_in_smaller_parts() -> None:
    words = [str(i) for i in range(16)]
    with Pool("functions:collect", {"megabytes": 40}, workers=1, memory=200 * 2**20) as pool:
        assert [answer["what"].to_pylist() for answer in pool.map([batch(*words)], keep)] == [words]


def test_an_answer_too_large_to_be_sent_is_sent_in_parts() -> None:
    words = [str(i) for i in range(8)]
    with Pool("functions:enlarge", {"megabytes": 20}, workers=1, memory=200 * 2**20) as pool:
        answers = list(pool.map([batch(*words)], keep))
    assert answers[0]["what"].to_pylist() == words
    assert {len(data.as_buffer()) for data in answers[0]["data"]} == {20 * 2**20}


def test_a_request_too_large_for_a_worker_is_out_of_memory() -> None:
    large = pa.record_batch({"what": ["a", "x" * 200 * 2**20, "b"]})
    with Pool("functions:echo", {}, workers=1, memory=150 * 2**20) as pool:
        (answer,) = pool.map([large], lambda row, lost: pa.record_batch({"what": [lost.kind]}))
    assert answer["what"].to_pylist() == ["a", "out of memory", "b"]


def test_the_row_is_found_when_the_function_does_not_say_where_it_is() -> None:
    with Pool("functions:careless", {}, workers=1) as pool:
        (answer,) = pool.map([batch("a", "b", "c", "die", "d")], keep)
    assert answer["what"].to_pylist() == ["a", "b", "c", "die: crashed", "d"]


@pytest.mark.parametrize("word", ["raise", "sys.exit"])
def test_an_exception_of_the_function_is_raised_with_its_traceback(word: str) -> None:
    with Pool("functions:act", {}, workers=1) as pool:
        with pytest.raises(RuntimeError, match=r"(?s)functions:act raised.*functions\.py.*(no such|Exit)") as raised:
            said(pool, batch("a", word))
        assert "\x1b" not in str(raised.value)
        assert said(pool, batch("b")) == [["b"]]  # the pool is as good as before


def test_an_answer_with_other_rows_is_an_error_of_the_function() -> None:
    with Pool("functions:short", {}, workers=1) as pool, pytest.raises(RuntimeError, match="expected 2 rows"):
        list(pool.map([batch("a", "b")], keep))


@pytest.mark.parametrize("name", ["functions:nowhere", "no_such_module:act"])
def test_a_function_that_cannot_be_imported_is_named_with_the_reason(name: str) -> None:
    with Pool(name, {}, workers=2) as pool, pytest.raises(RuntimeError, match=r"(nowhere|no_such_module)'"):
        list(pool.map([batch("a")] * 5, keep))


def test_a_worker_that_dies_at_its_start_is_an_error_with_its_last_words() -> None:
    with Pool("broken:act", {}, workers=1) as pool, pytest.raises(RuntimeError, match=r"(?s)twice.*cannot open shared"):
        list(pool.map([batch("a")], keep))


@pytest.mark.parametrize("name", ["", "act", "functions:", ":act"])
def test_a_name_without_module_or_function_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="module:name"):
        Pool(name, {})


@pytest.mark.parametrize("numbers", [{"workers": 0}, {"seconds": 0}, {"memory": 0}])
def test_limits_must_be_positive(numbers: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="positive"):
        Pool("functions:act", {}, **numbers)


def test_prints_and_children_do_not_reach_the_protocol() -> None:
    with Pool("functions:act", {}, workers=1) as pool:
        assert said(pool, batch("print", "read"), batch("a", "print")) == [["print", "read"], ["a", "print"]]


def test_a_talkative_library_never_meets_the_limit_of_a_file() -> None:
    with Pool("functions:act", {}, workers=1) as pool:
        assert said(pool, *[batch("chatter")] * 3) == [["chatter"]] * 3


def test_a_worker_cannot_fill_the_disk() -> None:
    with Pool("functions:act", {}, workers=1) as pool:
        assert said(pool, batch("write much")) == [["write much"]]


def test_a_hung_row_takes_the_processes_it_started_with_it(tmp_path: Path) -> None:
    file = tmp_path / "child"
    with Pool("functions:parent", {"file": str(file)}, workers=1, seconds=1) as pool:
        (answer,) = pool.map([batch("a")], keep)
    assert answer["what"].to_pylist() == ["a: hung"]
    child = int(file.read_text("ascii"))
    deadline = time.monotonic() + 20
    while psutil.pid_exists(child) and psutil.Process(child).status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_workers_see_no_secret_of_the_shell(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_TOKEN", "abc")
    with Pool("functions:environment", {}, workers=1) as pool:
        (answer,) = pool.map([batch("a")], keep)
    names = answer["names"][0].as_py().split()
    assert "SECRET_TOKEN" not in names
    assert "PATH" in names


def test_settings_arrive_as_json_holds_them() -> None:
    with Pool("functions:settings", {"a": [1, 2.5, None, "ä"]}, workers=1) as pool:
        (answer,) = pool.map([batch("a")], keep)
    assert answer["settings"][0].as_py() == "{'a': [1, 2.5, None, 'ä']}"


@pytest.mark.parametrize("forged", [{"body": "no Arrow stream"}, {"body": "", "length": 2**62}])
def test_an_answer_that_cannot_be_read_costs_its_row(forged: dict[str, Any]) -> None:
    with Pool("functions:forge", forged, workers=1) as pool:
        (answer,) = pool.map([batch("a", "forge", "b")], keep)
    assert answer["what"].to_pylist() == ["a", "forge: crashed", "b"]


@pytest.mark.parametrize("workers", [1, 3])
def test_input_is_read_only_two_batches_per_worker_ahead(workers: int) -> None:
    read = 0

    def endless() -> Iterator[pa.RecordBatch]:
        nonlocal read
        while True:
            read += 1
            yield batch("a")

    with Pool("functions:act", {}, workers=workers) as pool:
        answers = pool.map(endless(), mourn)
        assert read == 0
        for taken in range(1, 20):
            next(answers)
            assert read <= taken - 1 + 2 * workers
        answers.close()  # type: ignore[attr-defined]  # it is a generator


def test_no_input_starts_no_process() -> None:
    with Pool("functions:act", {}) as pool:
        assert said(pool) == []
        assert psutil.Process().children() == []


def test_a_batch_without_rows_has_an_answer_without_rows() -> None:
    with Pool("functions:act", {}, workers=1) as pool:
        assert said(pool, batch(), batch("a")) == [[], ["a"]]


def test_an_exception_of_the_input_reaches_the_caller() -> None:
    def failing() -> Iterator[pa.RecordBatch]:
        yield batch("a")
        raise OSError("the disk is gone")

    with Pool("functions:act", {}, workers=1) as pool, pytest.raises(OSError, match="the disk is gone"):
        list(pool.map(failing(), mourn))


def test_an_exception_of_lost_reaches_the_caller() -> None:
    def refuse(row: pa.RecordBatch, lost: Lost) -> pa.RecordBatch:
        raise OSError(lost.kind)

    with Pool("functions:act", {}, workers=1) as pool, pytest.raises(OSError, match="crashed"):
        list(pool.map([batch("kill")], refuse))


def test_lost_must_answer_with_one_row() -> None:
    with Pool("functions:act", {}, workers=1) as pool, pytest.raises(ValueError, match="one row for each"):
        list(pool.map([batch("a", "kill")], lambda row, lost: pa.record_batch({"said": [], "pid": []}, schema=ANSWER)))


def test_leaving_early_ends_rows_that_would_never_end() -> None:
    with Pool("functions:act", {}, workers=2) as pool:
        for _ in pool.map([batch("a"), batch("hang"), batch("hang"), batch("hang")], mourn):
            break
    assert psutil.Process().children(recursive=True) == []


def test_processes_stay_for_the_next_map() -> None:
    with Pool("functions:act", {}, workers=1) as pool:
        first, second = ([row["pid"][0].as_py() for row in pool.map([batch("a")], mourn)] for _ in range(2))
    assert first == second


def test_a_closed_pool_takes_no_batches() -> None:
    pool = Pool("functions:act", {}, workers=1)
    pool.close()
    pool.close()
    with pytest.raises(RuntimeError, match="closed"):
        said(pool, batch("a"))


def test_a_pool_closed_in_between_raises() -> None:
    with Pool("functions:act", {}, workers=1) as pool:
        answers = pool.map([batch("a"), batch("hang"), batch("b")], mourn)
        next(answers)
        pool.close()
        with pytest.raises(RuntimeError, match="closed"):
            next(answers)


SCRIPT = """
import sys
sys.path.insert(0, {here!r})
import pyarrow as pa
from trainset.engine.pool import Pool
print("once")
pool = Pool("functions:act", {{}}, workers=2, seconds=300)
for answer in pool.map([pa.record_batch({{"what": [word]}}) for word in {words!r}], None):
    print(answer["said"].to_pylist(), answer["pid"].to_pylist(), flush=True)
"""


def script(folder: Path, *words: str, ending: str = "pool.close()") -> list[str]:
    text = SCRIPT.format(here=str(Path(__file__).parent), words=words) + textwrap.dedent(ending) + "\n"
    path = folder / "script.py"
    path.write_text(text, "utf-8")
    return [sys.executable, "-X", "dev", "-W", "error", str(path)]


@pytest.mark.parametrize("ending", ["pool.close()", ""])
def test_a_script_needs_no_main_guard_and_is_run_once(tmp_path: Path, ending: str) -> None:
    command = script(tmp_path, "a", "b", ending=ending)
    run = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    assert run.stdout.count("once") == 1
    assert run.stdout.count("['a']") == run.stdout.count("['b']") == 1
    if ending:
        assert run.stderr == ""


@pytest.mark.parametrize("words", [("a", "b"), ("a", "hang", "hang")])
def test_workers_end_when_their_parent_is_killed(tmp_path: Path, words: tuple[str, ...]) -> None:
    command = script(tmp_path, *words, ending="import time; time.sleep(600)")
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        while not parent.stdout.readline().startswith("['a']"):
            pass
        workers = psutil.Process(parent.pid).children(recursive=True)
        assert workers
        os.kill(parent.pid, signal.SIGKILL)
        parent.wait()
        _, alive = psutil.wait_procs(workers, timeout=20)
    assert alive == []


def test_ctrl_c_ends_the_parent_and_its_workers(tmp_path: Path) -> None:
    command = script(tmp_path, "a", "hang")
    # as a user would write it: the pool in a with statement
    path = Path(command[-1])
    text = (
        path.read_text("utf-8")
        .replace("for answer", "with pool:\n  for answer")
        .replace("    print(answer", "      print(answer")
    )
    path.write_text(text, "utf-8")
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        while not parent.stdout.readline().startswith("['a']"):
            pass
        workers = psutil.Process(parent.pid).children(recursive=True)
        time.sleep(0.2)
        os.kill(parent.pid, signal.SIGINT)
        _, errors = parent.communicate(timeout=60)
        _, alive = psutil.wait_procs(workers, timeout=20)
    assert alive == []
    assert "KeyboardInterrupt" in errors
    assert "ResourceWarning" not in errors
