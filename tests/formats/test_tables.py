"""Reading lists: what CSV and JSON lines have in common."""

from __future__ import annotations

import csv
import json
import tracemalloc
from pathlib import Path

import pytest

from tests.formats.outcomes import Remembered, read, read_text
from trainset.errors import BadSource, BadValue
from trainset.formats import _lines
from trainset.formats._columns import parse_mapping
from trainset.formats._tables import open_table
from trainset.model import Outcome


def test_columns_are_found_by_name_and_the_rest_is_metadata(tmp_path: Path) -> None:
    content = 'domain,Sentence,class,SPLIT,speaker,n\nbank,"hello, you",greet,dev,ada,007\nbank,bye,,,,\n'
    found = read_text(tmp_path, "a.csv", content)
    assert found.column("text") == ["hello, you", "bye"]
    assert found.column("label") == ["greet", None]
    assert found.column("split") == ["dev", None]
    assert found.column("contributor") == ["ada", None]
    assert found.column("meta") == ['{"domain":"bank","n":"007"}', '{"domain":"bank","n":""}']
    assert found.column("list") == ["a.csv", "a.csv"]
    assert found.outcomes.files["a.csv"][0] is Outcome.IGNORED
    assert found.outcomes.remarks == [
        "columns: text = Sentence, label = class, split = SPLIT, contributor = speaker; kept as metadata: domain, n"
    ]


def test_a_mapping_wins_over_the_names(tmp_path: Path) -> None:
    content = "text,utterance,label,intent\na,b,c,d\n"
    found = read_text(tmp_path, "a.csv", content, map="text=utterance, label=intent")
    assert (found.column("text"), found.column("label"), found.column("meta")) == (
        ["b"],
        ["d"],
        ['{"text":"a","label":"c"}'],
    )


def test_where_no_column_is_the_label_it_is_said_how_to_name_one(tmp_path: Path) -> None:
    assert "--map label=COLUMN" in read_text(tmp_path, "a.csv", "text,word\na,b\n").outcomes.remarks[-1]
    for content, settings in (
        ("text,word\na,b\n", {"map": "label=word"}),
        ("text\na\n", {}),
        ("text,word\na,b\n", {"map": "label="}),
    ):
        assert not any("--map" in one for one in read_text(tmp_path, "b.csv", content, **settings).outcomes.remarks)


def test_a_mapping_to_nothing_leaves_a_column_alone(tmp_path: Path) -> None:
    found = read_text(tmp_path, "a.csv", "text,label\na,b\n", map="label=")
    assert (found.column("label"), found.column("meta")) == ([None], ['{"label":"b"}'])


def test_a_mapping_to_a_column_that_does_not_exist_is_answered_with_those_that_do(tmp_path: Path) -> None:
    with pytest.raises(BadSource, match="no column 'intent'") as caught:
        read_text(tmp_path, "a.csv", "text,label\na,b\n", map="label=intent")
    assert "text, label" in caught.value.expected
    with pytest.raises(BadValue, match="maps no column"):
        parse_mapping("lable=intent")


def test_a_name_with_a_comma_can_be_mapped_in_quotes() -> None:
    assert parse_mapping('"text=what, exactly",label=l') == {"text": "what, exactly", "label": "l"}


def test_rows_with_a_path_are_files_and_their_transcript_is_metadata(tmp_path: Path) -> None:
    content = "client_id,path,sentence,id\nx,clips/a.mp3,hello,7\ny,,bye,8\n"
    found = read_text(tmp_path, "a.csv", content)
    assert found.samples[0]["path"] == "clips/a.mp3"
    assert found.column("text") == [None]
    assert json.loads(found.samples[0]["meta"]) == {"sentence": "hello", "id": "7"}
    assert found.outcomes.rows[2][0] is Outcome.EMPTY
    assert any("--map text=sentence" in remark for remark in found.remarks)


def test_the_texts_of_a_table_with_paths_are_there_for_the_asking(tmp_path: Path) -> None:
    found = read_text(tmp_path, "a.csv", "file,text\na.txt,hello\n", map="text=text")
    assert (found.column("path"), found.column("text"), found.column("meta")) == (
        [None],
        ["hello"],
        ['{"file":"a.txt"}'],
    )


def test_an_id_is_the_key_of_its_row_and_stays_in_the_metadata(tmp_path: Path) -> None:
    found = read_text(tmp_path, "a.csv", "uid,text\nx1,a\n,b\n")
    assert found.column("key") == [b"x1", None]
    assert found.column("meta") == ['{"uid":"x1"}', '{"uid":""}']
    assert "rows without an id, known by their texts: 1" in found.remarks


def test_the_second_row_of_an_id_is_left_out_by_name(tmp_path: Path) -> None:
    found = read_text(tmp_path, "a.csv", "id,text\n1,a\n2,b\n1,c\n3,d\n4,e\n")
    assert found.column("text") == ["a", "b", "d", "e"]
    assert found.outcomes.rows == {3: (Outcome.UNREADABLE, "id '1' is also row 1's: give each row an id of its own")}


def test_a_column_that_repeats_itself_is_no_id(tmp_path: Path) -> None:
    rows = "".join(f"session{n % 3},text {n}\n" for n in range(30))
    found = read_text(tmp_path, "a.csv", "id,text\n" + rows)
    assert len(found.samples) == 30
    assert found.column("key") == [None] * 30
    assert any("too often to be an id" in remark for remark in found.remarks)


def test_labels_stay_exactly_as_they_are(tmp_path: Path) -> None:
    labels = ["1", "01", "1.0", "true", "nan", "NA", " cat", "-0", "1e5", "café", "cafe\u0301", "x\u200b"]
    content = "text,label\n" + "".join(f"t{n},{label}\n" for n, label in enumerate(labels))
    found = read_text(tmp_path, "a.csv", content)
    assert found.column("label") == labels
    assert found.samples[6]["remarks"] == ["unusual label: ' cat' has blanks at an end"]
    assert found.samples[11]["remarks"] == ["unusual label: 'x\\u200b' has invisible characters"]
    assert found.samples[0]["remarks"] is None
    assert any("kept as text: -0, 01, 1, 1.0, 1e5, NA, nan, true" in remark for remark in found.remarks)


def test_a_few_bad_rows_are_named_and_the_others_are_added(tmp_path: Path) -> None:
    rows = [f"text {n},x\n" for n in range(300)]
    rows[100] = "oops\n"
    found = read_text(tmp_path, "a.csv", "text,label\n" + "".join(rows))
    assert len(found.samples) == 299
    outcome, reason = found.outcomes.rows[101]
    assert outcome is Outcome.UNREADABLE
    assert reason.startswith("row 101 (line 102) has 1 field, the header has 2 (text, label): 'oops'")
    assert found.remarks == ("1 of 300 rows are bad and left out",)


def test_more_than_one_bad_row_in_a_hundred_is_a_bad_table(tmp_path: Path) -> None:
    content = "text,label\na,x\n\nb\nc,x\n"
    found = read_text(tmp_path, "a.csv", content)
    assert found.samples == []
    assert found.outcome is Outcome.UNREADABLE
    assert "row 2 (line 4) has 1 field" in found.reason
    assert "--set csv.keep_good_rows=true" in found.reason
    kept = read_text(tmp_path, "b.csv", content, keep_good_rows=True)
    assert (kept.column("text"), kept.column("row")) == (["a", "c"], [1, 3])


def test_blank_texts_are_empty_and_do_not_condemn_the_table(tmp_path: Path) -> None:
    found = read_text(tmp_path, "a.csv", 'text,label\n"  ",x\n,y\n\u00a0,z\ngood,x\n')
    assert found.column("text") == ["good"]
    assert [outcome for outcome, _ in found.outcomes.rows.values()] == [Outcome.EMPTY] * 3


def test_bad_rows_after_a_quoted_text_of_many_lines_name_their_line(tmp_path: Path) -> None:
    content = 'text,label\n"one\ntwo\r\nthree",x\nbad\n"a\nb"c,d\n'
    found = read_text(tmp_path, "a.csv", content, keep_good_rows=True)
    assert found.column("text") == ["one\ntwo\r\nthree"]
    assert found.outcomes.rows[2][1].startswith("row 2 (line 5) has 1 field")
    assert found.outcomes.rows[3][1].startswith("row 3 (line 6) has something between a closing quote")


def test_metadata_holds_quotes_backslashes_and_control_characters(tmp_path: Path) -> None:
    values = ['a"b', "c\\d", "e\nf\tg", "\x01", "é😀", ""]
    with (tmp_path / "a.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["text", 'odd "name"\\'])
        writer.writerows(["t", value] for value in values)
    found = read(tmp_path / "a.csv")
    assert [json.loads(meta) for meta in found.column("meta")] == [{'odd "name"\\': value} for value in values]


def test_columns_of_an_export_that_clashed_get_their_names_back(tmp_path: Path) -> None:
    found = read_text(tmp_path, "a.csv", "text,label,meta.label,meta.meta.x, b \na,b,c,d,e\n")
    assert json.loads(found.samples[0]["meta"]) == {"label": "c", "meta.x": "d", "b": "e"}


def test_a_column_without_a_name_is_kept(tmp_path: Path) -> None:
    found = read_text(tmp_path, "a.csv", ",text\n0,a\n")
    assert found.column("meta") == ['{"column 1":"0"}']


def test_json_keeps_types_and_takes_numbers_as_labels(tmp_path: Path) -> None:
    content = (
        '{"text": "a", "label": 3, "n": 12345678901234567890, "x": [1.5, null, {"k": true}]}\n\n'
        ' {"label": false, "text": "b"} \n{"text": "c", "label": null, "split": "test"}\n'
    )
    found = read_text(tmp_path, "a.jsonl", content)
    assert found.column("label") == ["3", "false", None]
    assert found.column("split") == [None, None, "test"]
    assert found.column("meta") == ['{"n":12345678901234567890,"x":[1.5,null,{"k":true}]}', None, None]
    assert "2 labels are numbers or truth values: kept as text" in found.remarks
    assert "1 blank line skipped" in found.remarks


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ('{"text": 5}', "has a number as 'text', expected a string"),
        ('{"text": "a", "label": ["x"]}', "has a list as 'label', expected a string"),
        ('["a", "x"]', "is a list, expected an object"),
        ("null", "is null, expected an object"),
        ('{"text": "a", "label": "x\\u0000"}', "has a NUL character in 'label'"),
        ('{"text": "a"', "is no JSON: Expecting ',' delimiter at character 13"),
        ('{"text": "a"} {}', "is no JSON: there is more behind its end"),
        ('{"text": "a", "x": ' + "[" * 50_000 + "]" * 50_000 + "}", "is no JSON: it is nested too deeply"),
        ('{"text": "a", "x": ' + "[" * 100 + "]" * 100 + "}", "is no JSON: it is nested more than 100 deep"),
    ],
)
def test_a_bad_json_line_is_named(tmp_path: Path, line: str, why: str) -> None:
    good = '{"text": "a", "label": "x"}\n' * 100
    found = read_text(tmp_path, "a.jsonl", good + line + "\n")
    assert len(found.samples) == 100
    assert why in found.outcomes.rows[101][1]


def test_what_python_reads_and_json_forbids_is_kept_as_text_with_a_remark(tmp_path: Path) -> None:
    content = (
        '{"text": "a", "x": [NaN, -Infinity, 1e999], "y": {"k": 1, "k": 2}, "z": ' + "9" * 5000 + ', "h": "\\ud800"}\n'
    )
    found = read_text(tmp_path, "a.jsonl", content)
    meta = json.loads(found.samples[0]["meta"])
    assert meta == {"x": ["NaN", "-Infinity", "Infinity"], "y": {"k": 2}, "z": "9" * 5000, "h": "\ufffd"}
    assert len(found.samples[0]["remarks"]) == 6


def test_a_nul_that_json_escapes_stays_in_its_text(tmp_path: Path) -> None:
    assert read_text(tmp_path, "a.jsonl", '{"text": "a\\u0000b"}\n').column("text") == ["a\0b"]


@pytest.mark.parametrize("content", ["[\n]", '[{"text": "a"}]', '{\n"text": "a"\n}', "[" * 100_000])
def test_a_json_document_is_refused_with_advice(tmp_path: Path, content: str) -> None:
    found = read_text(tmp_path, "a.json", content)
    assert found.outcome is Outcome.UNSUPPORTED
    assert "write one object per line" in found.reason


def test_json_lines_in_a_json_file_are_read(tmp_path: Path) -> None:
    assert read_text(tmp_path, "a.json", '{"text": "a"}\n{"text": "b"}\n').column("text") == ["a", "b"]


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl", "a.txt"])
@pytest.mark.parametrize("content", [b"", b"\n\n", b"\xef\xbb\xbf", b"\xef\xbb\xbf\n"])
def test_a_file_with_nothing_in_it_is_empty(tmp_path: Path, name: str, content: bytes) -> None:
    assert read_text(tmp_path, name, content).outcome is Outcome.EMPTY


def test_a_header_without_rows_is_empty(tmp_path: Path) -> None:
    assert read_text(tmp_path, "a.csv", "text,label\n\n").outcome is Outcome.EMPTY


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
@pytest.mark.parametrize("name", ["a.csv", "a.jsonl", "a.txt"])
def test_a_byte_order_mark_tells_the_encoding(tmp_path: Path, encoding: str, name: str) -> None:
    content = {"a.csv": "text\ncafé 😀\n", "a.jsonl": '{"text": "café 😀"}\n', "a.txt": "café 😀"}[name]
    found = read_text(tmp_path, name, content.encode(encoding))
    assert found.column("text") == ["café 😀"]
    assert found.remarks == (() if encoding == "utf-8-sig" else (f"not UTF-8: read as {encoding.upper()}",))


def test_an_encoding_that_is_named_is_used(tmp_path: Path) -> None:
    content = "text,label\n20 € für Grüße,x\n".encode("cp1252")
    assert "--set csv.encoding=cp1252" in read_text(tmp_path, "a.csv", content).reason
    assert read_text(tmp_path, "b.csv", content, encoding="cp1252").column("text") == ["20 € für Grüße"]
    with pytest.raises(BadValue, match="no such text encoding"):
        read_text(tmp_path, "c.csv", content, encoding="klingon")
    with pytest.raises(BadValue, match="no such text encoding"):
        read_text(tmp_path, "d.csv", content, encoding="hex")


def test_a_wrong_byte_is_named_with_its_place(tmp_path: Path) -> None:
    good = b"text,label\n" + b"caf\xc3\xa9 text,x\n" * 200_000
    found = read_text(tmp_path, "a.csv", good + b"bad \xff,x\n")
    assert f"byte {len(good) + 4:,} (line 200,002) is no UTF-8: 0xff" in found.reason
    assert "these bytes are damaged" in found.reason


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends_at_the_edge_of_a_block_are_one_line_end(
    tmp_path: Path, end: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for size in (5, 7, 11, 16):
        monkeypatch.setattr(_lines, "_BLOCK", size)
        content = end.join(["text,label", 'aé😀,"x\r\ny"', "b,z", "c,w"])
        found = read_text(tmp_path, "a.csv", content)
        assert list(zip(found.column("text"), found.column("label"), strict=True)) == [
            ("aé😀", "x\r\ny"),
            ("b", "z"),
            ("c", "w"),
        ]
        assert found.remarks == ()


@pytest.mark.parametrize(("name", "head"), [("a.csv", "text,label\n"), ("a.jsonl", '{"text": "'), ("a.txt", "")])
def test_an_endless_line_is_refused_and_never_held(
    tmp_path: Path, name: str, head: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_lines, "LONGEST", 3_000_000)
    with (tmp_path / name).open("w") as file:
        file.write(head)
        for _ in range(60):
            file.write("x" * 1_000_000)
    tracemalloc.start()
    found = read(tmp_path / name)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found.outcome is Outcome.TOO_LARGE
    assert peak < 50_000_000


def test_a_quote_that_is_never_closed_ends_at_the_limit(tmp_path: Path) -> None:
    content = 'text,label\n"never closed,x\n' + "a line of some length,x\n" * 600_000
    found = read_text(tmp_path, "a.csv", content)
    assert found.outcome is Outcome.TOO_LARGE
    assert "the row that begins in line 2 is longer than 10,000,000 characters" in found.reason


def test_a_long_field_is_read_and_the_csv_module_is_as_it_was(tmp_path: Path) -> None:
    before = csv.field_size_limit()
    found = read_text(tmp_path, "a.csv", f"text,label\n{'x' * 9_000_000},y\n")
    assert len(found.samples[0]["text"]) == 9_000_000
    assert csv.field_size_limit() == before


def test_too_many_columns_are_refused(tmp_path: Path) -> None:
    header = ",".join(f"c{n}" for n in range(5_001))
    assert read_text(tmp_path, "a.csv", f"{header}\n").outcome is Outcome.TOO_LARGE
    row = json.dumps({"text": "a"} | {f"c{n}": n for n in range(5_001)})
    assert read_text(tmp_path, "a.jsonl", row).outcome is Outcome.TOO_LARGE


def test_a_delimiter_can_be_named(tmp_path: Path) -> None:
    assert read_text(tmp_path, "a.csv", "text;label\na;b\n", delimiter=";").column("label") == ["b"]
    assert read_text(tmp_path, "b.csv", "text\tlabel\na,c\tb\n", delimiter="tab").column("text") == ["a,c"]
    assert read_text(tmp_path, "c.tsv", "text\tlabel\na,c\tb\n").column("text") == ["a,c"]
    with pytest.raises(BadValue, match="one character"):
        read_text(tmp_path, "d.csv", "text;label\na;b\n", delimiter=";;")


def test_what_is_no_regular_file_is_not_opened(tmp_path: Path) -> None:
    (tmp_path / "a.csv").mkdir()
    assert read(tmp_path / "a.csv").outcome is Outcome.UNSAFE
    assert read(tmp_path / "b.csv").outcome is Outcome.UNREADABLE


def test_a_wide_table_comes_in_small_batches(tmp_path: Path) -> None:
    header = ",".join(["text", *(f"c{n}" for n in range(2_999))])
    found = read_text(tmp_path, "a.csv", header + "\n" + ("x," + ",".join("1" * 2_999) + "\n") * 1_000)
    assert len(found.samples) == 1_000
    assert found.batches == 4
    assert len(json.loads(found.samples[0]["meta"])) == 2_999


def test_two_readings_of_a_table_are_the_same_and_do_not_disturb_each_other(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("text,label\n" + "".join(f"t{n},x\n" for n in range(25_000)))
    table = open_table(tmp_path / "a.csv", "a.csv", mapping={})
    assert (table.rows, table.mapped, table.other) == (25_000, {"text": "text", "label": "label"}, ())
    for one, other in zip(table.batches(Remembered()), table.batches(Remembered()), strict=True):
        assert one.equals(other)


def test_a_long_table_streams(tmp_path: Path) -> None:
    def peak(rows: int) -> int:
        path = tmp_path / f"{rows}.csv"
        with path.open("w") as file:
            file.write("id,text,label,note\n")
            file.writelines(f"{n},a text of some length {n},class {n % 7},note {n}\n" for n in range(rows))
        outcomes, count = Remembered(), 0
        table = open_table(path, path.name, mapping={})
        tracemalloc.start()
        for batch in table.batches(outcomes):
            count += batch.num_rows
        used = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert count == rows
        return used

    assert peak(200_000) < 2 * peak(20_000)


@pytest.mark.parametrize(
    ("name", "settings", "samples", "labels"),
    [
        ("text_banking77/train.csv", {}, 10_003, 77),
        ("text_banking77/test.csv", {}, 3_080, 77),
        ("text_clinc150/clinc150.csv", {}, 23_700, 151),
        ("text_clinc150/train_imbalanced.csv", {}, 10_625, 151),
        ("text_sms_spam/sms_spam.csv", {}, 5_574, 2),
        ("text_sentiment_mturk/items.csv", {"map": "label=majority_label,id=item"}, 2_000, 2),
    ],
)
def test_real_tables_are_read_to_the_last_row(
    data_folder: Path, name: str, settings: dict[str, str], samples: int, labels: int
) -> None:
    found = read(data_folder / name, **settings)
    assert len(found.samples) == samples
    assert len({*found.column("label")}) == labels
    assert found.outcomes.rows == {}
    with (data_folder / name).open(newline="", encoding="utf-8") as file:
        expected = [row["text"] for row in csv.DictReader(file)]
    assert found.column("text") == expected
