"""Archives: what is whole is unpacked, what is hostile is named, and nothing is written anywhere else."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import random
import shutil
import stat
import struct
import tarfile
import zipfile
from pathlib import Path

import pytest

from tests.formats.archives import MODES, pack, unpack
from tests.formats.outcomes import Remembered
from trainset.errors import BadSource, TrainsetError
from trainset.formats._room import Room, TooMuch
from trainset.formats.archive import Archive
from trainset.model import Outcome

SUFFIXES = (".zip", *MODES)
LEAVING = [
    "/absolute-of-trainset.txt", "../outside.txt", "a/../../outside.txt", "~/home.txt", "..\\windows.txt", "a\\b.txt", "C:/drive.txt", "C:\\drive.txt",
    "\\\\server\\share.txt", "a/..",
]  # fmt: skip


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_members_come_out_as_they_went_in(suffix: str, tmp_path: Path) -> None:
    members = {"cat/1.png": b"one", "dog/ü 2.png": b"two" * 100_000, "dog/empty.png": b"", "./dog//3.png": b"three"}
    _, outcomes, files = unpack(pack(tmp_path / f"x{suffix}", members), tmp_path / "out")
    assert files == {**dict(list(members.items())[:3]), "dog/3.png": b"three"}
    assert not outcomes.files


@pytest.mark.parametrize("suffix", [".zip", ".tar"])
@pytest.mark.parametrize("name", LEAVING)
def test_a_name_that_leaves_the_folder_is_unsafe_and_the_others_are_unpacked(
    name: str, suffix: str, tmp_path: Path
) -> None:
    box = tmp_path / "box"
    box.mkdir()
    source = pack(box / f"x{suffix}", [("a/1.png", b"1"), (name, b"bad"), ("a/2.png", b"2")])
    _, outcomes, files = unpack(source, box / "out")
    assert files == {"a/1.png": b"1", "a/2.png": b"2"}
    assert {outcome for outcome, _, _ in outcomes.files.values()} == {Outcome.UNSAFE}
    assert list(outcomes.files) == [name]
    assert not Path("/absolute-of-trainset.txt").exists()


def test_a_name_with_a_nul_is_unsafe_whatever_is_before_it(tmp_path: Path) -> None:
    source = tmp_path / "x.zip"
    with zipfile.ZipFile(source, "w") as archive:
        archive.writestr("a/1.png", b"1")
        archive.writestr("a/2.pngX.txt", b"2")
    source.write_bytes(source.read_bytes().replace(b"2.pngX.txt", b"2.png\0.txt"))
    _, outcomes, files = unpack(source, tmp_path / "out")
    assert files == {"a/1.png": b"1"}
    assert {name: found[0] for name, found in outcomes.files.items()} == {"a/2.png\0.txt": Outcome.UNSAFE}


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE])
def test_links_devices_and_pipes_of_a_tar_are_unsafe(kind: bytes, tmp_path: Path) -> None:
    source = tmp_path / "x.tar"
    with tarfile.open(source, "w") as tar:
        entry = tarfile.TarInfo("a/1.png")
        entry.type, entry.linkname = kind, "/etc/passwd"
        tar.addfile(entry)
        entry = tarfile.TarInfo("a/1.png/../2.png")  # what a followed link would have written through
        tar.addfile(entry)
        entry = tarfile.TarInfo("a/3.png")
        entry.size = 1
        tar.addfile(entry, io.BytesIO(b"3"))
    _, outcomes, files = unpack(source, tmp_path / "out")
    assert files == {"a/3.png": b"3"}
    assert [found[0] for found in outcomes.files.values()] == [Outcome.UNSAFE, Outcome.UNSAFE]


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFCHR, stat.S_IFBLK, stat.S_IFIFO, stat.S_IFSOCK])
def test_links_devices_and_pipes_of_a_zip_are_unsafe(kind: int, tmp_path: Path) -> None:
    source = tmp_path / "x.zip"
    with zipfile.ZipFile(source, "w") as archive:
        entry = zipfile.ZipInfo("a/link")
        entry.external_attr = (kind | 0o777) << 16
        archive.writestr(entry, "/etc")
        archive.writestr("a/link/passwd", b"written through")
    _, outcomes, files = unpack(source, tmp_path / "out")
    assert files == {"a/link/passwd": b"written through"}
    assert {name: found[0] for name, found in outcomes.files.items()} == {"a/link": Outcome.UNSAFE}


@pytest.mark.parametrize("suffix", [".zip", ".tar"])
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_of_equal_names_the_first_counts_and_case_makes_none(suffix: str, tmp_path: Path) -> None:
    members = [
        ("a/x.png", b"1"),
        ("a/x.png", b"2"),
        ("a/X.PNG", b"3"),
        ("a/y.png", b"4"),
        ("a/y.png/z.png", b"5"),
        ("a", b"6"),
    ]
    _, outcomes, files = unpack(pack(tmp_path / f"x{suffix}", members), tmp_path / "out")
    assert files == {"a/x.png": b"1", "a/y.png": b"4"}
    assert [outcomes.files[f"a/{name} (member {n} of that name)"][0] for name, n in (("x.png", 2), ("X.PNG", 3))] == [
        Outcome.UNSAFE
    ] * 2
    assert {"a/y.png/z.png", "a"} <= outcomes.files.keys()


def test_names_of_any_bytes_are_kept(tmp_path: Path) -> None:
    source = tmp_path / "x.tar"
    with tarfile.open(source, "w", format=tarfile.GNU_FORMAT, encoding="utf-8", errors="surrogateescape") as tar:
        for name in (b"a/\xff\xfe.png", *(f"a/{name}".encode() for name in ("caf\u00e9.png", "cafe\u0301.png"))):
            entry = tarfile.TarInfo(os.fsdecode(name))
            tar.addfile(entry)
    unpack(source, tmp_path / "out")
    assert sorted(os.listdir(os.fsencode(tmp_path / "out" / "a"))) == [
        "cafe\u0301.png".encode(), "caf\u00e9.png".encode(), b"\xff\xfe.png",
    ]  # fmt: skip


def test_a_zip_name_without_a_mark_is_utf8_where_it_can_be(tmp_path: Path) -> None:
    source = tmp_path / "x.zip"
    with zipfile.ZipFile(source, "w") as archive:
        archive.writestr("abcd.png", b"1")
        archive.writestr("wxyz.png", b"2")
    data = source.read_bytes().replace(b"abcd.png", "éé.png".encode()).replace(b"wxyz.png", b"caf\x82.png"[-8:])
    source.write_bytes(data)
    assert set(unpack(source, tmp_path / "out")[2]) == {"éé.png", "café.png"}


def test_a_name_that_is_marked_as_utf8_and_is_none_costs_that_member(tmp_path: Path) -> None:
    source = pack(tmp_path / "x.zip", {"a/ü.png": b"1", "a/öö.png": b"2", "a/3.png": b"3"})
    source.write_bytes(source.read_bytes().replace("ü".encode(), b"\xff\xfe"))
    _, outcomes, files = unpack(source, tmp_path / "out")
    assert files == {"a/öö.png": b"2", "a/3.png": b"3"}
    (outcome, reason, _), *others = outcomes.files.values()
    assert (outcome, others) == (Outcome.UNREADABLE, [])
    assert "UTF-8" in reason
    assert outcomes.members == 3


def test_a_wrong_checksum_costs_that_member(tmp_path: Path) -> None:
    source = tmp_path / "x.zip"
    with zipfile.ZipFile(source, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("a/1.png", b"ONE" * 100)
        archive.writestr("a/2.png", b"TWO" * 100)
    source.write_bytes(source.read_bytes().replace(b"ONEONE", b"ONEXNE", 1))
    _, outcomes, files = unpack(source, tmp_path / "out")
    assert files == {"a/2.png": b"TWO" * 100}
    assert outcomes.files["a/1.png"][0] is Outcome.UNREADABLE
    assert "CRC" in outcomes.files["a/1.png"][1]


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_every_way_to_pack_a_zip_is_read_and_checked(method: int, tmp_path: Path) -> None:
    noise = random.Random(0).randbytes(50_000)
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        for number in range(2):
            archive.writestr(f"a/{number}.png", noise, method)
        archive.writestr("a/bomb.png", bytes(90_000_000), method if method else zipfile.ZIP_BZIP2)
    data = bytearray((tmp_path / "x.zip").read_bytes())
    data[data.index(b"a/1.png") + 20_000] ^= 255
    (tmp_path / "x.zip").write_bytes(data)
    _, outcomes, files = unpack(tmp_path / "x.zip", tmp_path / "out")
    assert files == {"a/0.png": noise}
    assert outcomes.files["a/1.png"][0] in (Outcome.UNREADABLE, Outcome.TRUNCATED)
    assert outcomes.files["a/bomb.png"][0] is Outcome.TOO_LARGE


def test_an_encrypted_member_is_named(tmp_path: Path) -> None:
    source = pack(tmp_path / "x.zip", {"a/1.png": b"1", "a/2.png": b"2"})
    data = bytearray(source.read_bytes())
    for magic, place in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        data[data.index(magic) + place] |= 1
    source.write_bytes(data)
    _, outcomes, files = unpack(source, tmp_path / "out")
    assert files == {"a/2.png": b"2"}
    assert outcomes.files["a/1.png"][0] is Outcome.UNSUPPORTED
    assert "encrypted" in outcomes.files["a/1.png"][1]


@pytest.mark.parametrize("suffix", [".tar", ".tar.gz", ".tar.bz2", ".tar.xz"])
def test_of_a_cut_tar_what_is_whole_is_unpacked_and_the_cut_is_named(suffix: str, tmp_path: Path) -> None:
    noise = random.Random(0).randbytes
    members = {f"a/{n}.png": noise(300_000) for n in range(8)}
    source = pack(tmp_path / f"x{suffix}", members)
    source.write_bytes(source.read_bytes()[: source.stat().st_size // 2])
    _, outcomes, files = unpack(source, tmp_path / "out")
    assert all(members[name] == data for name, data in files.items())
    assert suffix == ".tar.bz2" or 0 < len(files) < 8
    assert [found[0] for found in outcomes.files.values()][-1] is Outcome.TRUNCATED


def test_a_tar_cut_between_members_or_with_a_bad_header_is_not_taken_for_whole(tmp_path: Path) -> None:
    source = pack(tmp_path / "x.tar", {"a/1.png": b"1", "a/2.png": b"2"})
    whole = source.read_bytes()
    source.write_bytes(whole[:1024])
    _, outcomes, files = unpack(source, tmp_path / "out")
    assert (set(files), outcomes.files["x.tar"][0]) == ({"a/1.png"}, Outcome.TRUNCATED)
    source.write_bytes(whole[:1024] + b"?" * 512 + whole[1536:])
    shutil.rmtree(tmp_path / "out")
    _, outcomes, files = unpack(source, tmp_path / "out")
    assert (set(files), outcomes.files["x.tar"][0]) == ({"a/1.png"}, Outcome.UNREADABLE)


@pytest.mark.parametrize("suffix", [".zip", ".tar", ".tar.gz"])
def test_an_archive_of_nothing_is_an_error(suffix: str, tmp_path: Path) -> None:
    with pytest.raises(BadSource, match="empty"):
        unpack(pack(tmp_path / f"x{suffix}", {}), tmp_path / "out")


@pytest.mark.parametrize("suffix", [".zip", ".tar.gz", ".csv.gz", ".tar", ".xz"])
@pytest.mark.parametrize("data", [b"", b"no archive at all", b"PK\3\4" + b"\0" * 40, b"\x1f\x8b\x08" + b"\xff" * 60])
def test_what_is_no_archive_is_one_bad_file(suffix: str, data: bytes, tmp_path: Path) -> None:
    (tmp_path / f"x{suffix}").write_bytes(data)
    _, outcomes, files = unpack(tmp_path / f"x{suffix}", tmp_path / "out")
    assert not files
    ((outcome, reason, _),) = outcomes.files.values()
    assert outcome in (Outcome.UNREADABLE, Outcome.TRUNCATED)
    assert reason


@pytest.mark.parametrize("suffix", [".zip", ".tar.gz", ".tar.bz2", ".tar.xz"])
def test_a_bomb_among_good_members_costs_itself(suffix: str, tmp_path: Path) -> None:
    noise = random.Random(0).randbytes(5_000)
    source = pack(tmp_path / f"x{suffix}", {"a/1.png": noise, "a/bomb.csv": bytes(60_000_000), "a/2.png": noise})
    _, outcomes, files = unpack(source, tmp_path / "out")
    assert set(files) == {"a/1.png", "a/2.png"}
    assert outcomes.files["a/bomb.csv"][0] is Outcome.TOO_LARGE


@pytest.mark.parametrize("pack_one", [gzip.compress, bz2.compress, lzma.compress])
def test_a_list_that_is_a_bomb_is_too_large(pack_one: object, tmp_path: Path) -> None:
    suffix = {gzip.compress: "gz", bz2.compress: "bz2"}.get(pack_one, "xz")  # type: ignore[call-overload]
    source = tmp_path / f"x.csv.{suffix}"
    source.write_bytes(pack_one(b"text\n" + b"a\n" * 8_000_000))  # type: ignore[operator]
    _, outcomes, files = unpack(source, tmp_path / "out")
    assert (files, outcomes.files["x.csv"][0]) == ({}, Outcome.TOO_LARGE)
    (tmp_path / "out").rmdir()
    assert (
        len(unpack(source, tmp_path / "out", most_bytes=20_000_000)[2]["x.csv"]) == 16_000_005
    )  # the owner's word counts


@pytest.mark.parametrize("suffix", [".zip", ".tar", ".tar.gz"])
def test_more_bytes_or_members_than_allowed_leave_nothing(suffix: str, tmp_path: Path) -> None:
    noise = random.Random(0).randbytes
    source = pack(tmp_path / f"x{suffix}", {f"a/{n}.png": noise(1_000) for n in range(100)})
    for setting in ({"most_bytes": 50_000}, {"most_members": 50}):
        said, outcomes, files = unpack(source, tmp_path / "out", **setting)
        assert (said.path, files, outcomes.files[source.name][0]) == ("", {}, Outcome.TOO_LARGE)
        assert f"archive.{next(iter(setting))}" in outcomes.files[source.name][1]
        (tmp_path / "out").rmdir()


def test_thousands_of_empty_members_each_have_an_outcome_or_a_file(tmp_path: Path) -> None:
    source = pack(tmp_path / "x.tar.gz", [(f"a/{n}.png", b"" if n % 1000 else b"1") for n in range(3_000)])
    _, outcomes, files = unpack(source, tmp_path / "out")
    assert len(files) + len(outcomes.files) == 3_000
    assert {outcome for outcome, _, _ in outcomes.files.values()} == {Outcome.EMPTY}
    assert {name for name, data in files.items() if data} == {f"a/{n}.png" for n in (0, 1000, 2000)}


def test_empty_members_of_a_zip_are_not_opened_and_count_as_empty(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = pack(tmp_path / "x.zip", [(f"a/{n}.png", b"" if n % 1000 else b"1") for n in range(3_000)])
    opened = []
    plainly = zipfile.ZipFile.open

    def counted(self: zipfile.ZipFile, entry: zipfile.ZipInfo) -> object:
        opened.append(entry.filename)
        return plainly(self, entry)

    monkeypatch.setattr(zipfile.ZipFile, "open", counted)
    _, outcomes, files = unpack(source, tmp_path / "out")
    assert opened == ["a/0.png", "a/1000.png", "a/2000.png"]
    assert len(files) + len(outcomes.files) == outcomes.members == 3_000
    assert {outcome for outcome, _, _ in outcomes.files.values()} == {Outcome.EMPTY}


def test_an_archive_may_have_as_many_members_as_speech_commands_and_no_quarter_million() -> None:
    room = Room(2**30, "archive")
    room.count(105_829 + 36 * 6)  # files, and folders, which are members and are made
    with pytest.raises(TooMuch, match=r"archive\.most_members"):
        room.count(100_000)
    Room(2**30, "archive", members=250_000).count(250_000)


def test_members_of_a_zip_that_share_their_bytes_are_counted_each(tmp_path: Path) -> None:
    """The bomb of overlapping members: one stream of packed zeros behind a thousand names."""
    source = tmp_path / "x.zip"
    with zipfile.ZipFile(source, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("name.bin", bytes(50_000_000))
    data = source.read_bytes()
    start = data.index(b"PK\1\2")
    entry, end = data[start : start + 46 + len("name.bin")], bytearray(data[-22:])
    struct.pack_into("<HHLL", end, 8, 1000, 1000, 1000 * len(entry), start)
    source.write_bytes(data[:start] + entry * 1000 + end)
    _, outcomes, files = unpack(source, tmp_path / "out")
    assert sum(map(len, files.values())) <= 50_000_000
    assert all(found[0] in (Outcome.UNSAFE, Outcome.TOO_LARGE) for found in outcomes.files.values())


@pytest.mark.parametrize("kind", [tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK])
def test_a_header_of_a_gigabyte_is_not_read(kind: bytes, tmp_path: Path) -> None:
    entry = tarfile.TarInfo("x")
    entry.type, entry.size = kind, 2**30
    with gzip.open(tmp_path / "x.tar.gz", "wb", compresslevel=1) as file:
        file.write(entry.tobuf(tarfile.GNU_FORMAT))
        for _ in range(64):
            file.write(bytes(2**20))
    _, outcomes, files = unpack(tmp_path / "x.tar.gz", tmp_path / "out")
    assert (files, outcomes.files["x.tar.gz"][0]) == ({}, Outcome.TOO_LARGE)


def test_a_size_below_zero_does_not_go_round_for_ever(tmp_path: Path) -> None:
    entry = tarfile.TarInfo("x")
    header = bytearray(entry.tobuf(tarfile.GNU_FORMAT))
    header[124:136] = b"\xff" * 4 + struct.pack(">q", -1024)
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    (tmp_path / "x.tar").write_bytes(bytes(header) * 3 + bytes(1024))
    _, outcomes, files = unpack(tmp_path / "x.tar", tmp_path / "out")
    assert not files
    assert outcomes.files


@pytest.mark.parametrize(
    ("names", "inner"),
    [
        (["photos/cat/1.png", "photos/dog/1.png"], "photos"), (["pets/cat/1.png", "pets/dog/1.png"], "pets"), (["photos/1.png", "photos/2.png"], "photos"),
        (["cat/1.png", "cat/2.png"], ""), (["train/cat/1.png"], ""), (["cat/1.png", "dog/1.png"], ""), (["pets/train/cat/1.png"], "pets"),
        (["photos/photos/cat/1.png", "photos/photos/dog/1.png"], "photos/photos"), (["pets/1.png", "pets/metadata.csv"], "pets"),
        (["pets/cat/1.png", "pets/dog/1.png", "readme.txt"], ""), (["1.png"], ""),
    ],
)  # fmt: skip
def test_one_folder_that_holds_everything_is_entered_unless_it_says_something(
    names: list[str], inner: str, tmp_path: Path
) -> None:
    members = [(name, name.encode()) for name in [*names, "__MACOSX/._x", ".DS_Store"]]
    said, outcomes, _ = unpack(pack(tmp_path / "photos.zip", members), tmp_path / "out")
    assert said.path == inner
    beside = {"__MACOSX": "a system folder", ".DS_Store": "a system file"} if inner else {}
    assert {name: found[1] for name, found in outcomes.files.items()} == beside


def test_a_packed_list_may_have_several_streams_and_padding(tmp_path: Path) -> None:
    (tmp_path / "x.csv.gz").write_bytes(gzip.compress(b"text,label\n") + gzip.compress(b"a,b\n") + bytes(100))
    said, outcomes, files = unpack(tmp_path / "x.csv.gz", tmp_path / "out")
    assert (said.path, files, outcomes.files) == ("x.csv", {"x.csv": b"text,label\na,b\n"}, {})


@pytest.mark.parametrize("suffix", [".zip", ".tar", ".tar.gz", ".csv.xz", ".csv.bz2"])
def test_mutated_archives_raise_nothing_but_our_errors(suffix: str, tmp_path: Path) -> None:
    draw = random.Random(suffix)
    source = tmp_path / f"x{suffix}"
    if suffix in (".csv.xz", ".csv.bz2"):
        source.write_bytes((lzma.compress if suffix == ".csv.xz" else bz2.compress)(b"text\nhello\n" * 50))
    else:
        pack(source, {f"a/{n}.png": draw.randbytes(40) * n for n in range(6)})
    good, unpacked = source.read_bytes(), 0
    for number in range(400):
        data = bytearray(good)
        for _ in range(draw.choice((1, 1, 2, 8, 30))):
            where = draw.randrange(len(data))
            match draw.randrange(4):
                case 0:
                    data[where] = draw.randrange(256)
                case 1:
                    del data[where : where + draw.randrange(1, 40)]
                case 2:
                    data[where:where] = draw.randbytes(draw.randrange(1, 20))
                case _:
                    data[where : where + 8] = draw.choice((b"\xff" * 8, bytes(8), b"\x80" + bytes(7), b"77777777"))
            data = data or bytearray(b"?")
        source.write_bytes(data)
        target = tmp_path / f"out{number}"
        target.mkdir()
        try:
            Archive().unpack(source, target, outcomes := Remembered())
        except TrainsetError:
            continue
        unpacked += any(target.rglob("*.png")) or any(target.rglob("*.csv"))
        assert outcomes.files or any(target.iterdir())
    assert unpacked > (50 if suffix in (".zip", ".tar") else -1)  # where a checksum is over all, hardly one is left
