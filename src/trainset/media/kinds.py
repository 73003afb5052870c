"""Which kind of file some bytes are, by their first bytes, and which kinds a name suggests."""

from __future__ import annotations

from dataclasses import dataclass
from posixpath import splitext


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of file; `phrase` is its name in a sentence. `medium` is empty for kinds recognised only to name them."""

    name: str
    medium: str
    suffixes: tuple[str, ...]
    phrase: str


HEAD = 4096
"""How many bytes `sniff` looks at; more are ignored."""

KINDS = {
    kind.name: kind
    for kind in (
        Kind("JPEG", "image", (".jpg", ".jpeg", ".jpe", ".jfif"), "a JPEG picture"),
        Kind("PNG", "image", (".png", ".apng"), "a PNG picture"),
        Kind("GIF", "image", (".gif",), "a GIF picture"),
        Kind("BMP", "image", (".bmp", ".dib"), "a BMP picture"),
        Kind("TIFF", "image", (".tif", ".tiff"), "a TIFF picture"),
        Kind("WEBP", "image", (".webp",), "a WebP picture"),
        Kind("WAV", "audio", (".wav", ".wave"), "a WAV recording"),
        Kind("FLAC", "audio", (".flac",), "a FLAC recording"),
        Kind("OGG", "audio", (".ogg", ".oga", ".opus"), "an Ogg recording"),
        Kind("MP3", "audio", (".mp3",), "an MP3 recording"),
        Kind("AIFF", "audio", (".aif", ".aiff", ".aifc"), "an AIFF recording"),
        Kind("AU", "audio", (".au", ".snd"), "an AU recording"),
        Kind("text", "text", (".txt", ".text", ".md"), "plain text"),
    )
}
"""The kinds that can be decoded, by name."""


def sniff(head: bytes) -> Kind | None:
    """The kind of a file by its first bytes (4 KB are enough); None when they are nothing known, as for plain text."""
    head = head[:HEAD]
    for magic, kind in _PREFIXES:
        if head.startswith(magic):
            return kind
    return _by_structure(head)


def medium_of(name: str) -> str:
    """The medium that the suffix of a file name promises; empty when it promises none."""
    return _MEDIUM_BY_SUFFIX.get(splitext(name)[1].lower(), "")


def suffix_fits(name: str, kind: Kind) -> bool:
    """Whether the suffix of a file name is one of the kind's. A name without a suffix fits every kind."""
    suffix = splitext(name)[1].lower()
    return suffix in ("", ".") or suffix in kind.suffixes


def _intruder(name: str, phrase: str, *suffixes: str) -> Kind:
    return Kind(name, "", suffixes, phrase)


HTML = _intruder("HTML", "an HTML page", ".html", ".htm")
XML = _intruder("XML", "an XML file", ".xml")
SVG = _intruder("SVG", "an SVG drawing", ".svg")
_QUICKTIME = _intruder("MP4", "an MP4 or QuickTime film", ".mp4", ".mov", ".m4a", ".m4v")
_HEIC = _intruder("HEIC", "a HEIC picture", ".heic", ".heif")
_AVIF = _intruder("AVIF", "an AVIF picture", ".avif")
_JP2 = _intruder("JPEG 2000", "a JPEG 2000 picture", ".jp2", ".j2k")
_PICKLE = _intruder("pickle", "a Python pickle", ".pkl", ".pickle")
_FILM = _intruder("film", "a film", ".mkv", ".webm", ".avi")

_MEDIUM_BY_SUFFIX = {suffix: kind.medium for kind in KINDS.values() for suffix in kind.suffixes}

_PREFIXES: tuple[tuple[bytes, Kind], ...] = (
    (b"\xff\xd8\xff", KINDS["JPEG"]),
    (b"\x89PNG\r\n\x1a\n", KINDS["PNG"]),
    (b"GIF87a", KINDS["GIF"]),
    (b"GIF89a", KINDS["GIF"]),
    (b"II*\0", KINDS["TIFF"]),
    (b"MM\0*", KINDS["TIFF"]),
    (b"II+\0\x08\0\0\0", KINDS["TIFF"]),
    (b"MM\0+\0\x08\0\0", KINDS["TIFF"]),
    (b"fLaC", KINDS["FLAC"]),
    (b"OggS\0", KINDS["OGG"]),
    (b".snd\0\0\0", KINDS["AU"]),
    (b"%PDF-", _intruder("PDF", "a PDF document", ".pdf")),
    (b"%!PS-Adobe", _intruder("EPS", "a PostScript drawing", ".eps", ".ps")),
    (b"\xc5\xd0\xd3\xc6", _intruder("EPS", "a PostScript drawing", ".eps", ".ps")),
    (b"PK\x03\x04", _intruder("ZIP", "a ZIP archive", ".zip", ".npz", ".docx", ".xlsx")),
    (b"PK\x05\x06", _intruder("ZIP", "an empty ZIP archive", ".zip")),
    (b"\x1f\x8b\x08", _intruder("gzip", "a gzip archive", ".gz", ".tgz")),
    (b"BZh", _intruder("bzip2", "a bzip2 archive", ".bz2")),
    (b"\xfd7zXZ\0", _intruder("xz", "an xz archive", ".xz")),
    (b"\x28\xb5\x2f\xfd", _intruder("zstd", "a Zstandard archive", ".zst")),
    (b"7z\xbc\xaf\x27\x1c", _intruder("7z", "a 7z archive", ".7z")),
    (b"Rar!\x1a\x07", _intruder("RAR", "a RAR archive", ".rar")),
    (b"PAR1", _intruder("Parquet", "a Parquet table", ".parquet")),
    (b"\x93NUMPY", _intruder("NumPy", "a NumPy array", ".npy")),
    (b"\x89HDF\r\n\x1a\n", _intruder("HDF5", "an HDF5 file", ".h5", ".hdf5")),
    (b"SQLite format 3\0", _intruder("SQLite", "an SQLite database", ".db", ".sqlite")),
    (b"8BPS\0", _intruder("PSD", "a Photoshop picture", ".psd")),
    (b"\0\0\x01\0", _intruder("ICO", "an icon", ".ico")),
    (b"\0\0\0\x0cjP  ", _JP2),
    (b"\xff\x4f\xff\x51", _JP2),
    (b"\x1a\x45\xdf\xa3", _FILM),
    (b"\0\x05\x16\x07", _intruder("AppleDouble", "macOS file attributes (AppleDouble)")),
    (b"\0\0\0\x01Bud1", _intruder("DS_Store", "macOS folder settings (.DS_Store)")),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", _intruder("OLE", "a Windows compound file (Thumbs.db, .doc)", ".db", ".doc")),
    (b"MZ\x90\0", _intruder("EXE", "a Windows program", ".exe", ".dll")),
    (b"\x7fELF", _intruder("ELF", "a Linux program", ".so")),
)
"""Magic bytes that no text begins with, and no other kind."""

_HTML_TAGS = (b"<!doctype html", b"<html", b"<head", b"<body", b"<script", b"<title")


def _by_structure(head: bytes) -> Kind | None:
    """Kinds whose first bytes alone prove too little: further bytes must fit as well."""
    if head[:3] == b"ID3" and head[3:4] in (b"\2", b"\3", b"\4") and head[4:5] == b"\0":
        return _behind_tag(head)
    container, form = head[:4], head[8:12]
    if container in (b"RIFF", b"RIFX", b"RF64") and form == b"WAVE":
        return KINDS["WAV"]
    if container == b"RIFF" and form == b"WEBP":
        return KINDS["WEBP"]
    if container == b"RIFF" and form == b"AVI ":
        return _FILM
    if container == b"FORM" and form in (b"AIFF", b"AIFC"):
        return KINDS["AIFF"]
    if head.startswith(b"BM") and head[6:10] == b"\0\0\0\0" and head[14:18] in _BMP_HEADERS:
        return KINDS["BMP"]
    if head[4:8] == b"ftyp":
        return _HEIC if form in (b"heic", b"heix", b"mif1", b"heim") else _AVIF if form[:3] == b"avi" else _QUICKTIME
    if head[4:8] in (b"moov", b"mdat") and head[0] == 0:
        return _QUICKTIME
    if len(head) > 2 and head[0] == 0x80 and head[1] in (2, 3, 4, 5) and head[2:3] in b"\x95c}](K":
        return _PICKLE
    if _starts_with_mp3_frames(head):
        return KINDS["MP3"]
    return _markup(head)


def _behind_tag(head: bytes) -> Kind:
    """What follows an ID3 tag: MP3, or FLAC, which some programs tag so (ID3v2.4, 3.1: seven bits a byte)."""
    size = sum((byte & 127) << shift for byte, shift in zip(head[6:10], (21, 14, 7, 0), strict=False))
    return KINDS["FLAC"] if head[10 + size : 14 + size] == b"fLaC" else KINDS["MP3"]


_BMP_HEADERS = tuple(size.to_bytes(4, "little") for size in (12, 40, 52, 56, 64, 108, 124))


def _markup(head: bytes) -> Kind | None:
    head = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if not head.startswith(b"<"):
        return None
    if b"<svg" in head:
        return SVG
    if any(tag in head for tag in _HTML_TAGS):
        return HTML
    return XML if head.startswith((b"<?xml", b"<!doctype")) else None


def _starts_with_mp3_frames(head: bytes) -> bool:
    """Two MPEG layer III frames in a row: eleven set bits alone are too common."""
    length = _mp3_frame(head)
    return length > 0 and (len(head) < length + 4 or _mp3_frame(head[length : length + 4]) > 0)


def _mp3_frame(head: bytes) -> int:
    """Length in bytes of the layer III frame that begins here; 0 when none does (ISO 11172-3, 2.4.1.3)."""
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE6 != 0xE2 or head[1] & 0x18 == 0x08:
        return 0
    bitrate, rate, padding = head[2] >> 4, head[2] >> 2 & 3, head[2] >> 1 & 1
    if bitrate in (0, 15) or rate == 3:
        return 0
    version1 = head[1] & 0x18 == 0x18
    hertz = (44100, 48000, 32000)[rate] // (1 if version1 else 2 if head[1] & 0x18 == 0x10 else 4)
    return (144 if version1 else 72) * _KILOBITS[version1][bitrate] * 1000 // hertz + padding


_KILOBITS = {
    True: (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    False: (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
