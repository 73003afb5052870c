"""Audit: what was planted is found, what is clean is not, and findings lead to their samples."""

from __future__ import annotations

import csv
import json
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
from PIL import Image
from tests.helpers import pictures, run, run_json, texts

import trainset
from trainset.errors import BadValue, UnknownName
from trainset.work.decode import FILES


def paths_of(dataset: trainset.Workbench, check: str) -> set[str]:
    return {row["path"] for row in dataset.look(check=check, n=1000).rows()}


def save(folder: Path, name: str, pixels: np.ndarray) -> None:
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels.astype(np.uint8)).save(folder / name)


@pytest.fixture(scope="module")
def damaged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sixty smooth pictures of two classes with texture, and one of each damage."""
    source = tmp_path_factory.mktemp("damaged") / "in"
    draw = np.random.default_rng(0)
    y, x = np.mgrid[0:60, 0:80]
    for number in range(60):
        waves = 110 + 60 * np.sin(x / (4 + number % 5)) * np.cos(y / (5 + number % 3))
        colour = np.array([1.0, 0.7 + 0.01 * (number % 20), 0.5])
        save(
            source,
            f"{'cat' if number % 2 else 'dog'}/{number:02}.png",
            np.clip(waves[..., None] * colour + draw.normal(0, 8, (60, 80, 3)), 0, 255),
        )
    usual = np.asarray(Image.open(source / "cat" / "01.png")).astype(np.float32)
    save(source, "cat/dark.png", usual * 0.03)
    save(source, "cat/bright.png", 245 + usual * 0.03)
    save(source, "dog/blank.png", np.full((60, 80, 3), 120))
    wide = np.asarray(Image.open(source / "cat" / "03.png").resize((8, 6)).resize((80, 60), Image.Resampling.BICUBIC))
    save(source, "dog/blurry.png", wide)
    save(source, "dog/strip.png", np.tile(usual[:15], (1, 6, 1)))
    save(source, "dog/tiny.png", usual[:6, :8])
    save(source, "cat/grey.png", np.repeat(usual.mean(axis=2, keepdims=True), 3, axis=2))
    (source / "dog" / "named.jpg").write_bytes(_png(usual[::-1]))
    (source / "dog" / "copy.png").write_bytes((source / "dog" / "02.png").read_bytes())
    (source / "cat" / "conflict.png").write_bytes((source / "dog" / "04.png").read_bytes())
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(usual[:, ::-1].astype(np.uint8)).save(source / "cat" / "turned.jpg", exif=exif, quality=95)
    return source


def _png(pixels: np.ndarray) -> bytes:
    import io

    target = io.BytesIO()
    Image.fromarray(pixels.astype(np.uint8)).save(target, "PNG")
    return target.getvalue()


@pytest.fixture(scope="module")
def images(damaged: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[trainset.Workbench]:
    with trainset.init(tmp_path_factory.mktemp("audit") / "set") as dataset:
        dataset.import_(damaged)
        yield dataset


PLANTED = {
    "dark": "cat/dark.png", "bright": "cat/bright.png", "low_information": "dog/blank.png", "blurry": "dog/blurry.png", "odd_aspect": "dog/strip.png",
    "odd_size": "dog/tiny.png", "wrong_extension": "dog/named.jpg", "orientation_flag": "cat/turned.jpg",
}  # fmt: skip


@pytest.mark.parametrize("check", PLANTED)
def test_a_planted_picture_is_found_and_hardly_another(check: str, images: trainset.Workbench) -> None:
    result = images.audit(only=[check])[check]
    names = {row["id"]: row["path"] for row in images.look(n=1000).rows()}
    found = [names[identifier.hex()] for identifier in result.ids.to_pylist()]
    assert PLANTED[check] in found
    assert len(found) <= 3, found


def test_grey_pictures_among_coloured_ones_are_found(images: trainset.Workbench) -> None:
    names = {row["id"]: row["path"] for row in images.look(n=1000).rows()}
    result = images.audit(only=["grayscale"])["grayscale"]
    assert "cat/grey.png" in {names[identifier.hex()] for identifier in result.ids.to_pylist()}


def test_copies_say_where_they_lie_and_under_which_label(images: trainset.Workbench) -> None:
    result = images.audit(only=["exact_duplicates", "label_conflicts", "split_leak"])
    assert result["exact_duplicates"].flagged == 2
    assert result["exact_duplicates"].about == ("2 copies of 2 samples; 1 under another label",)
    assert result["label_conflicts"].flagged == 2
    assert result["split_leak"].flagged == 0  # a proposed split keeps exact copies together


def test_findings_open_their_samples_are_excluded_and_dismissed(damaged: Path, tmp_path: Path) -> None:
    with trainset.init(tmp_path / "set") as dataset:
        dataset.import_(damaged)
        assert paths_of(dataset, "wrong_extension") == {"dog/named.jpg"}
        with pytest.raises(BadValue, match="say why"):
            dataset.dismiss("wrong_extension", reason=" ")
        action, number = dataset.dismiss("wrong_extension", reason="our loader looks at the bytes")
        assert number == 1
        result = dataset.audit(only=["wrong_extension"])["wrong_extension"]
        assert (result.flagged, result.dismissed) == (0, 1)
        dataset.undo(action)
        assert dataset.audit(only=["wrong_extension"])["wrong_extension"].flagged == 1
        change = dataset.exclude(check="exact_duplicates")
        assert (change.changed, dataset.log()[-1].reason) == (2, "flagged by exact_duplicates")
        assert dataset.audit(only=["exact_duplicates"])["exact_duplicates"].flagged == 0
        assert dataset.audit(only=["exact_duplicates"], at=1)["exact_duplicates"].flagged == 2


def test_another_threshold_decodes_nothing(images: trainset.Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trainset.engine.pool.Pool.__init__", lambda *_, **__: pytest.fail(f"{FILES} was started"))
    strict = images.audit(only=["dark"], settings={"dark": {"below": "0.5"}})["dark"].flagged
    assert strict > images.audit(only=["dark"])["dark"].flagged


def test_unknown_checks_and_settings_are_answered_with_those_that_exist(images: trainset.Workbench) -> None:
    with pytest.raises(UnknownName, match="no check 'drak'") as unknown:
        images.audit(only=["drak"])
    assert "dark" in unknown.value.expected
    with pytest.raises(UnknownName, match="no setting 'above'") as unknown:
        images.audit(settings={"dark": {"above": 1}})
    assert "below" in unknown.value.expected
    with pytest.raises(BadValue, match="takes a number"):
        images.audit(settings={"dark": {"below": "much"}})
    with pytest.raises(UnknownName, match="near_silent"):
        images.look(check="near_silent")


def test_an_empty_dataset_has_nothing_wrong(tmp_path: Path) -> None:
    with trainset.init(tmp_path / "set", "image") as dataset:
        result = dataset.audit()
        assert (result.samples, result.found) == (0, ())


def test_recordings_with_planted_faults_are_found(tmp_path: Path) -> None:
    draw, rate = np.random.default_rng(0), 16_000
    source = tmp_path / "in"

    def write(name: str, signal: np.ndarray, at: int = rate) -> None:
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(source / name, np.clip(signal, -1, 1), at)

    def word(seconds: float = 0.8) -> np.ndarray:
        count = int(seconds * rate)
        inside = np.hanning(count) * draw.normal(0, 0.2, count)
        return np.concatenate([draw.normal(0, 2e-4, 1600), inside, draw.normal(0, 2e-4, 1600)])

    for number in range(40):
        write(f"{'yes' if number % 2 else 'no'}/{number:02}.wav", word(0.7 + 0.01 * (number % 20)))
    write("yes/silent.wav", draw.normal(0, 1e-5, rate))
    write("yes/clipped.wav", 8 * word())
    write("no/offset.wav", word() + 0.2)
    write("no/cut.wav", word()[8000:])
    write("no/rate.wav", word(), 8_000)
    write("no/long.wav", np.concatenate([word() for _ in range(20)]))
    write("yes/padded.wav", np.concatenate([np.zeros(6 * rate), word()]))
    spectrum = np.fft.rfft(word(2.0))
    spectrum[len(spectrum) // 3 :] = 0
    write("yes/narrow.wav", np.fft.irfft(spectrum))
    planted = {
        "near_silent": "yes/silent.wav", "clipped": "yes/clipped.wav", "dc_offset": "no/offset.wav", "cut_off": "no/cut.wav", "mixed_rates": "no/rate.wav",
        "odd_duration": "no/long.wav", "mostly_silence": "yes/padded.wav", "narrow_band": "yes/narrow.wav",
    }  # fmt: skip
    with trainset.init(tmp_path / "set") as dataset:
        dataset.import_(source)
        for check, path in planted.items():
            found = paths_of(dataset, check)
            assert path in found, check
            assert len(found) <= 5, (check, found)  # some faults are two: padded is long as well


def test_texts_with_planted_faults_are_found(tmp_path: Path) -> None:
    clean = [f"please tell me how I can change the delivery address of my order, it is number {n}" for n in range(60)]
    footer = "This message is confidential and meant for the person named above only."
    rows = [{"text": text, "label": "order" if n % 2 else "address"} for n, text in enumerate(clean)]
    faults = {
        "empty_text": "n/a", "mojibake": "das ist schÃ¶n und grÃ¼n, sagt der BÃ¤cker", "markup": "see <b>this</b> &amp; that, please",
        "wrong_language": "Ich möchte bitte wissen, wann meine neue Karte endlich bei mir zu Hause ankommt und was sie kostet", "odd_length": "word " * 900,
        "personal_data": "write to me at jane.doe@example.org or pay with 4111 1111 1111 1111",
    }  # fmt: skip
    rows += [{"text": text, "label": "order"} for text in faults.values()]
    rows += [{"text": f"question {n}\n{footer}", "label": "address"} for n in range(8)]
    rows += [{"text": "an odd one out, please", "label": "Order"}]
    (tmp_path / "t.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    with trainset.init(tmp_path / "set") as dataset:
        dataset.import_(tmp_path / "t.jsonl")
        for check, text in faults.items():
            found = {row["text"] for row in dataset.look(check=check, n=100).rows()}
            assert text in found, check
            assert len(found) <= 3, (check, found)
        assert dataset.look(check="boilerplate", n=100).total == 8
        variants = dataset.audit(only=["label_variants"])["label_variants"]
        assert (variants.flagged, variants.next) == (1, "trainset classes merge 'Order' 'order'")


def test_a_source_that_changes_its_mind_after_people_labelled_is_a_finding(tmp_path: Path) -> None:
    def again(*labels: str) -> Path:
        rows = zip(("one", "two", "three", "four", "five"), labels, strict=True)
        return texts(tmp_path / "t.csv", list(rows))

    with trainset.init(tmp_path / "set") as dataset:
        dataset.import_(again("a", "a", "a", "a", ""))
        for name in ("b", "c", "d"):
            dataset.add_class(name)
        dataset.label("b", where="text in ('one', 'two', 'three')", person="grace")
        dataset.label("d", where="text = 'five'", person="grace")
        assert dataset.audit(only=["source_disagrees"])["source_disagrees"].flagged == 0  # a correction is none
        # one: others than the person; two: comes to agree; three: as before; four: nobody labelled it; five: had no label
        dataset.import_(again("c", "b", "a", "c", "c"))
        result = dataset.audit(only=["source_disagrees"])["source_disagrees"]
        texts_of = {row["id"]: row["text"] for row in dataset.look(n=10).rows()}
        found = {texts_of[i.hex()]: b for i, b in zip(result.ids.to_pylist(), result.because, strict=True)}
        day = rf"{dataset.log()[0].at:%Y-%m-%d} \d\d:\d\d UTC"
        assert found.keys() == {"one", "five"}
        assert re.fullmatch(f"labelled 'b' by grace on {day}, 'c' by the source, which said 'a' then", found["one"])
        assert re.fullmatch(
            f"labelled 'd' by grace on {day}, 'c' by the source, which said nothing then", found["five"]
        )
        dataset.merge_classes("c", "b")  # the source's word for it means what the person says
        assert dataset.flagged("source_disagrees").to_pylist() == [
            identifier for identifier in result.ids.to_pylist() if texts_of[identifier.hex()] == "five"
        ]
        dataset.label("b", where="text = 'five'", person="grace")  # labelled since: they have seen what the source says
        assert dataset.audit(only=["source_disagrees"])["source_disagrees"].flagged == 0


def test_files_that_could_not_be_taken_are_a_finding_without_samples(tmp_path: Path) -> None:
    pictures(tmp_path / "in", each=3)
    (tmp_path / "in" / "cat" / "empty.png").write_bytes(b"")
    (tmp_path / "in" / "dog" / "broken.png").write_bytes(b"no picture")
    data = (tmp_path / "in" / "cat" / "0.png").read_bytes()
    (tmp_path / "in" / "dog" / "cut.png").write_bytes(data[: len(data) // 2])
    with trainset.init(tmp_path / "set") as dataset:
        dataset.import_(tmp_path / "in")
        result = dataset.audit(only=["unreadable"])
        one = result["unreadable"]
        assert (one.flagged, one.bad_count) == (0, 3)
        assert [item["name"] for item in one.bad.to_pylist()] == ["dog/broken.png", "dog/cut.png", "cat/empty.png"]
        assert one.about == ("3 files could not be taken: 1 unreadable, 1 truncated, 1 empty",)
        assert result.found == (one,)
        assert dataset.look(check="unreadable").total == 0
        (path,) = (dataset.folder / "outcomes").iterdir()
        path.write_bytes(b"damaged")
        skipped = dataset.audit()["unreadable"].skipped  # a cache: the other checks run all the same
        assert skipped.startswith("a part of the dataset cannot be read: ")
        path.unlink()
        assert dataset.audit(only=["unreadable"]).found == ()
    assert run("import", tmp_path / "in", "-d", "other", cwd=tmp_path).returncode == 0
    printed = run("audit", "-d", "other", cwd=tmp_path, COLUMNS="200").stdout
    assert "3 bad" in printed
    assert "dog/broken.png" in printed
    document = run_json("audit", "-d", "other", "--only", "unreadable", cwd=tmp_path)[0]
    assert (document["flagged"], document["bad_count"]) == (0, 3)
    assert document["bad"][0] == {
        "source": "in", "kind": "file", "name": "dog/broken.png", "row": None, "outcome": "unreadable", "reason": "this is plain text, not a picture",
    }  # fmt: skip


def test_what_is_wrong_with_the_set_as_a_whole_is_said(tmp_path: Path) -> None:
    draw = np.random.default_rng(0)
    with (tmp_path / "t.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["text", "label", "split", "speaker", "device"])
        for n in range(600):
            label = "rare" if n < 12 else ("short", "long")[n % 2]
            words = 3 if label == "short" else 30
            text = " ".join(f"w{draw.integers(1000)}" for _ in range(words)) + f" {n}"
            speaker = "ann" if label == "short" and n % 10 else f"s{n % 7}"
            writer.writerow([text, label, "train" if n < 12 or n % 5 else "test", speaker, f"phone {label}"])
    with trainset.init(tmp_path / "set") as dataset:
        dataset.import_(tmp_path / "t.csv")
        result = dataset.audit()
    assert any("'rare' 12" in text for text in result["class_imbalance"].about)
    assert any("'rare' has 12 samples" in text for text in result["too_few"].about)
    assert any("test has no sample of 'rare'" in text for text in result["missing_class"].about)
    assert any("'ann' gave" in text for text in result["contributor_share"].about)
    assert result["contributor_leak"].flagged > 0
    assert any(text.startswith("words tells the label") for text in result["betraying_measure"].about)
    assert any(text.startswith("meta.device tells the label") for text in result["betraying_metadata"].about)
    matters = [r.matters for r in result.found]
    assert matters == sorted(matters, reverse=True)


def test_a_class_that_looks_different_in_test_is_said(tmp_path: Path) -> None:
    draw = np.random.default_rng(0)
    for split, light in (("train", 100), ("test", 180)):
        for n in range(40):
            save(tmp_path / "in", f"{split}/a/{n}.png", np.clip(draw.normal(light, 20, (12, 12, 3)), 0, 255))
            save(tmp_path / "in", f"{split}/b/{n}.png", np.clip(draw.normal(120, 20, (12, 12, 3)), 0, 255))
    with trainset.init(tmp_path / "set") as dataset:
        dataset.import_(tmp_path / "in")
        about = dataset.audit(only=["shifted_class"])["shifted_class"].about
    assert any(text.startswith("brightness of 'a'") for text in about)
    assert not any("of 'b'" in text for text in about)


def test_the_command_prints_one_table_and_json(damaged: Path, tmp_path: Path) -> None:
    assert run("import", damaged, "-d", "set", cwd=tmp_path).returncode == 0
    printed = run("audit", "-d", "set", cwd=tmp_path)
    assert printed.returncode == 0
    assert "exact_duplicates" in printed.stdout
    assert "next: trainset look --check" in printed.stdout
    document = run_json("audit", "-d", "set", "--only", "dark,bright", "--set", "dark.below=0.5", cwd=tmp_path)
    assert {one["check"] for one in document} == {"dark", "bright"}
    dark = next(one for one in document if one["check"] == "dark")
    assert dark["flagged"] == len(dark["samples"]) > 1
    assert {"why", "next"} <= dark.keys()
    assert run_json("look", "--check", "dark", "-d", "set", cwd=tmp_path)["total"] >= 1
    assert run_json("exclude", "--check", "dark", "-d", "set", cwd=tmp_path)["changed"] >= 1
    assert "below=0.06" in run("checks", "-d", "set", cwd=tmp_path).stdout
    assert run("audit", "--only", "nothing", "-d", "set", cwd=tmp_path).returncode == 2


def test_the_known_flaws_of_real_sets_are_found(data_folder: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(data_folder / "images_roman" / "v1.zip") as packed:
        packed.extractall(tmp_path / "roman")
    with trainset.init(tmp_path / "numerals") as dataset:
        dataset.import_(tmp_path / "roman")
        result = dataset.audit()
        assert (result["exact_duplicates"].flagged, result["split_leak"].flagged) == (20, 20)
        assert_few(result)
    with trainset.init(tmp_path / "intents") as dataset:
        dataset.import_(data_folder / "text_clinc150" / "clinc150.csv")
        result = dataset.audit()
        assert (
            result["exact_duplicates"].flagged,
            result["split_leak"].flagged,
            result["label_conflicts"].flagged,
        ) == (5, 5, 8)
        assert_few(result, but=("near_duplicates",))
        assert (
            result["near_duplicates"].flagged < 0.05 * result.samples
        )  # written to templates: one word of eight differs
    with trainset.init(tmp_path / "spam") as dataset:
        dataset.import_(data_folder / "text_sms_spam" / "sms_spam.csv")
        assert dataset.audit(only=["exact_duplicates"])["exact_duplicates"].flagged == 403
    with trainset.init(tmp_path / "digits") as dataset:
        dataset.import_(data_folder / "audio_fsdd")
        result = dataset.audit()
        assert "6 of 6 contributors" in result["contributor_leak"].about[0]
        assert_few(result, but=("contributor_leak",))  # every speaker is on both sides, by design
    with trainset.init(tmp_path / "flowers") as dataset:
        dataset.import_(data_folder / "images_flowers")
        assert_few(dataset.audit(), most=0.03)  # 140 pictures: two grey ones


def assert_few(result: trainset.work.audit.Audit, most: float = 0.02, but: tuple[str, ...] = ()) -> None:
    flagged = {one.check: one.flagged / result.samples for one in result.results if one.check not in but}
    assert max(flagged.values()) <= most, flagged


def test_what_only_seems_another_language_is_none(tmp_path: Path) -> None:
    clean = [f"please tell me how I can change the delivery address of my order, it is number {n}" for n in range(60)]
    seeming = (
        "THATS ALRITE GIRL, U KNOW GAIL IS NEVA WRONG!!TAKE CARE SWEET AND DONT WORRY.C U L8TR HUN!LOVE Yaxxx",
        "Okies I will go yan jiu too. We can skip ard oso, go cine den go mrt one, blah blah blah",
        "is it safe to travel to rio de janeiro (is rio de janeiro safe)",
        "are barcelona plugs compatible",
        "can i substitute ginger for garlic",
    )
    with trainset.init(tmp_path / "set") as dataset:
        dataset.import_(texts(tmp_path / "t.csv", [(text.replace(",", ""), "a") for text in (*clean, *seeming)]))
        assert dataset.audit(only=["wrong_language"])["wrong_language"].flagged == 0


def test_short_texts_in_another_language_are_found(tmp_path: Path) -> None:
    """Also where nearly all texts are short, and the longest one is foreign."""
    clean = [f"how can I change address number {n}" for n in range(60)]
    foreign = (
        "Spiel bitte das nächste Lied von meiner Liste", "Joue la prochaine chanson de ma liste", "Ontem perdi a minha carteira no comboio",
        "Quisiera reservar una mesa para cuatro personas esta noche, y por favor que sea cerca de la ventana",
    )  # fmt: skip
    with trainset.init(tmp_path / "set") as dataset:
        dataset.import_(texts(tmp_path / "t.csv", [(text.replace(",", ""), "a") for text in (*clean, *foreign)]))
        result = dataset.audit(only=["wrong_language"])["wrong_language"]
        found = {row["text"] for row in dataset.look(check="wrong_language").rows()}
        assert found == {text.replace(",", "") for text in foreign}
        assert "looks like pt, the set is en" in result.because
        strict = dataset.audit(only=["wrong_language"], settings={"wrong_language": {"least_lead": 1000}})
        assert strict["wrong_language"].flagged == 1  # a long one needs no lead


def test_an_orientation_without_meaning_is_no_finding(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for orientation in (1, 3, 99):
        exif = Image.Exif()
        exif[0x0112] = orientation
        pixels = np.random.default_rng(orientation).integers(0, 256, (20, 30, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(tmp_path / "in" / f"{orientation}.jpg", exif=exif)
    with trainset.init(tmp_path / "set") as dataset:
        dataset.import_(tmp_path / "in")
        assert paths_of(dataset, "orientation_flag") == {"3.jpg"}


def test_an_upright_picture_among_lying_ones_is_no_odd_shape(tmp_path: Path) -> None:
    draw = np.random.default_rng(0)
    shapes = {**{f"{n}.png": (30, 40) for n in range(20)}, "upright.png": (50, 28), "strip.png": (10, 60)}
    for name, size in shapes.items():
        save(tmp_path / "in", name, draw.integers(0, 256, (*size, 3)))
    with trainset.init(tmp_path / "set") as dataset:
        dataset.import_(tmp_path / "in")
        assert paths_of(dataset, "odd_aspect") == {"strip.png"}


def test_something_lit_before_a_black_background_is_not_dark(tmp_path: Path) -> None:
    draw = np.random.default_rng(5)
    for n in range(30):
        save(tmp_path / "in", f"frog/{n}.png", draw.integers(60, 200, (32, 32, 3)))
    lit = np.zeros((32, 32, 3))
    lit[20:26, 10:18] = 150
    save(tmp_path / "in", "frog/lit.png", lit)
    save(tmp_path / "in", "frog/night.png", lit / 5)
    with trainset.init(tmp_path / "set") as dataset:
        dataset.import_(tmp_path / "in")
        assert paths_of(dataset, "dark") == {"frog/night.png"}
        assert dataset.audit(only=["dark"], settings={"dark": {"below": "0.15"}})["dark"].flagged == 2


def test_the_end_of_one_sentence_and_the_begin_of_the_next_is_no_address(tmp_path: Path) -> None:
    said = {
        "msg ticket@kiosk.Valid today": False, "T@KIOSK.Valid until": False, "write to ann@site.org.Thanks": True, "ANN@SITE.CO.UK": True,
        "ann@Site.Com": True, "ann@mail.comHello": True, "meet @kiosk. Reply": False,
    }  # fmt: skip
    with (tmp_path / "said.csv").open("w", newline="") as file:
        csv.writer(file).writerows([["text", "label"], *([text, "a"] for text in said)])
    with trainset.init(tmp_path / "set") as dataset:
        dataset.import_(tmp_path / "said.csv")
        flagged = {
            identifier.hex() for identifier in dataset.audit(only=["personal_data"])["personal_data"].ids.to_pylist()
        }
        assert {row["text"]: row["id"] in flagged for row in dataset.look(n=100).rows()} == said


def test_the_text_that_another_copies_is_named_by_its_id(tmp_path: Path) -> None:
    texts(tmp_path / "said.csv", [("hello there", "a"), ("goodbye then", "b"), ("hello there", "a")])
    with trainset.init(tmp_path / "set") as dataset:
        dataset.import_(tmp_path / "said.csv")
        found = dataset.audit(only=["exact_duplicates"])["exact_duplicates"]
        named = re.fullmatch(r"a copy of ([0-9a-f]{12}) \(\w+, a\)", found.because[0])
        assert named is not None
        other = dataset.look([named[1]]).rows()[0]
        assert other["text"] == "hello there"
        assert bytes.fromhex(other["id"]) != found.ids[0].as_py()


def test_a_sentence_about_a_class_with_an_endless_name_ends(tmp_path: Path) -> None:
    texts(tmp_path / "said.csv", [(f"text {n}", "c" * 300 if n else "d") for n in range(30)])
    with trainset.init(tmp_path / "set") as dataset:
        dataset.import_(tmp_path / "said.csv")
        (said,) = dataset.audit(only=["class_imbalance"])["class_imbalance"].about
        assert said.endswith(", has 29 samples; the smallest: 'd' 1, " + repr("c" * 40 + "…" + "c" * 19) + " 29")
        assert "'d' has 1 sample" in dataset.audit(only=["too_few"])["too_few"].about


def test_the_next_step_of_an_audit_can_be_copied(damaged: Path, tmp_path: Path) -> None:
    assert run("import", damaged, "-d", "set", cwd=tmp_path).returncode == 0
    lines = run("audit", "--only", "dark", "-d", "set", cwd=tmp_path).stdout.splitlines()
    assert lines[-4:] == [
        "next: trainset look --check dark -d set", "  one by one: trainset queue --check dark -d set", "  all: trainset exclude --check dark -d set", "  or: trainset dismiss dark --why TEXT -d set",
    ]  # fmt: skip
    said = run("look", "--check", "too_few", "-d", "set", cwd=tmp_path).stdout
    assert said.splitlines() == [
        "too_few is about the set as a whole, and flags none",
        "next: trainset audit --only too_few -d set",
    ]
    said = run("dismiss", "too_few", "--why", "it will grow", "-d", "set", cwd=tmp_path).stdout
    assert "about the set as a whole" in said
    done = run("audit", "--set", "dark=0.1", "-d", "set", cwd=tmp_path)
    assert done.returncode == 2
    assert "expected CHECK.SETTING=VALUE" in done.stderr
    assert "1 finding of dark dismissed" in run("dismiss", "dark", "--why", "night", "-d", "set", cwd=tmp_path).stdout
    for verb in ("look", "exclude"):
        said = run(verb, "--check", "dark", "-d", "set", cwd=tmp_path).stdout
        assert said.splitlines() == ["dark flags none but what was dismissed (1)", "next: trainset log -d set"]
        assert "about the set as a whole" in run(verb, "--check", "too_few", "-d", "set", cwd=tmp_path).stdout
