"""Arrays of NumPy files (.npy, .npz) that anybody may have written: what a header declares is held against the file before anything is read."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.lib import format as header
from numpy.typing import NDArray

from trainset.formats._lines import NotATable
from trainset.model import Outcome

MAGIC = b"\x93NUMPY"
ZIP = b"PK\x03\x04"
_LONGEST_HEADER = 10_000  # bytes; NumPy's own limit
_MOST_MEMBERS = 100
_AT_ONCE = 2**30
"""Bytes of an array that is read as a whole, at most."""
_BATCH = 16 * 2**20  # bytes
_PICKLE = "it holds Python objects, which only unpickling reads, and that runs whatever code the file says"


@dataclass(frozen=True)
class Stored:
    """An array in a file, of which the header is read and held against the size. dtype: of numbers or texts."""

    name: str
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    fortran: bool
    _start: int = field(repr=False)
    _opened: Callable[[], IO[bytes]] = field(repr=False)

    @property
    def numeric(self) -> bool:
        """Whether it holds whole numbers or fractions, and no texts."""
        return self.dtype.kind in "fiu"

    def batches(self) -> Iterator[NDArray[Any]]:
        """A table row by row, some at a time."""
        width = max(1, int(np.prod(self.shape[1:], dtype=np.int64)) * self.dtype.itemsize)
        if self.fortran and len(self.shape) > 1:
            whole = self.whole()
            rows = max(1, _BATCH // width)
            yield from (whole[start : start + rows] for start in range(0, len(whole), rows))
            return
        with self._data() as file:
            left, most = self.shape[0], max(1, _BATCH // width)
            while left:
                rows = min(left, most)
                yield self._array(file, (rows, *self.shape[1:]))
                left -= rows

    def whole(self) -> NDArray[Any]:
        """All of it. Raises `NotATable` for one of more than a gigabyte."""
        count = 1
        for length in self.shape:
            count *= length
        if count * self.dtype.itemsize > _AT_ONCE:
            raise NotATable(
                Outcome.TOO_LARGE,
                f"{self.name} takes {count * self.dtype.itemsize:,} bytes at once, the limit is {_AT_ONCE:,}",
            )
        with self._data() as file:
            flat = self._array(file, (count,))
        return flat.reshape(self.shape, order="F" if self.fortran else "C")

    @contextmanager
    def _data(self) -> Iterator[IO[bytes]]:
        with self._opened() as file:
            file.read(self._start)
            yield file

    def _array(self, file: IO[bytes], shape: tuple[int, ...]) -> NDArray[Any]:
        size = int(np.prod(shape, dtype=np.int64)) * self.dtype.itemsize
        try:
            data = file.read(size)
        except (OSError, EOFError, zipfile.BadZipFile, zipfile.zlib.error) as error:  # type: ignore[attr-defined]
            raise NotATable(Outcome.UNREADABLE, f"{self.name} is damaged: {error}") from None
        if len(data) != size:
            raise NotATable(Outcome.TRUNCATED, f"{self.name} ends before its values do")
        return np.frombuffer(data, self.dtype).reshape(shape)


def arrays(path: Path) -> dict[str, Stored]:
    """The arrays of a file, by name; that of a .npy has the name ``. Raises `NotATable` for what is none, and for Python objects."""
    size = path.stat().st_size
    with path.open("rb") as file:
        start = file.read(len(MAGIC))
    if start == MAGIC:
        return {"": _read("the array", lambda: path.open("rb"), size)}
    try:
        archive = zipfile.ZipFile(path)
        members = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise NotATable(Outcome.UNREADABLE, f"this is no .npz: {error}") from None
    if len(members) > _MOST_MEMBERS:
        raise NotATable(Outcome.TOO_LARGE, f"it holds {len(members):,} arrays, the limit is {_MOST_MEMBERS}")
    found = {}
    for member in members:
        if member.flag_bits & 1 or member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise NotATable(
                Outcome.UNSUPPORTED, f"{member.filename[:80]!r} in it is encrypted or packed in an unknown way"
            )
        name = member.filename.removesuffix(".npy")
        if name in found:
            raise NotATable(Outcome.UNREADABLE, f"it holds two arrays of the name {name[:80]!r}")

        def opened(member: zipfile.ZipInfo = member) -> IO[bytes]:
            try:
                return archive.open(member)
            except (zipfile.BadZipFile, OSError, RuntimeError, NotImplementedError) as error:
                raise NotATable(Outcome.UNREADABLE, f"{member.filename[:80]!r} in it cannot be read: {error}") from None

        found[name] = _read(f"the array {name[:80]!r}", opened, member.file_size)
    return found


def _read(name: str, opened: Callable[[], IO[bytes]], size: int) -> Stored:
    with opened() as file:
        try:
            head = file.read(len(MAGIC) + 2)
            wide = 2 if head[-2:] == b"\x01\x00" else 4
            if head[:-2] != MAGIC or head[-2:] not in (b"\x01\x00", b"\x02\x00"):
                raise ValueError("it does not begin as one of version 1 or 2")
            size_of = file.read(wide)
            if len(size_of) != wide or int.from_bytes(size_of, "little") > _LONGEST_HEADER:
                raise ValueError("its header is cut off, or too long")
            text = file.read(int.from_bytes(size_of, "little"))
            read = header.read_array_header_1_0 if wide == 2 else header.read_array_header_2_0
            shape, fortran, dtype = read(io.BytesIO(size_of + text), max_header_size=_LONGEST_HEADER)
        except (
            ValueError,
            TypeError,
            SyntaxError,
            RecursionError,
            MemoryError,
            OSError,
            Warning,
            zipfile.BadZipFile,
        ) as error:
            raise NotATable(Outcome.UNREADABLE, f"{name} is no array: {str(error)[:200]}") from None
    if dtype.hasobject:
        raise NotATable(
            Outcome.UNSAFE, f"{name} is refused: {_PICKLE}; save it as numbers or texts, such as array.astype(str)"
        )
    if dtype.kind not in "fiuUS" or dtype.subdtype is not None or not 0 < dtype.itemsize <= 2**16:
        raise NotATable(Outcome.UNSUPPORTED, f"{name} holds {str(dtype)[:80]}, expected numbers or texts")
    if any(type(length) is not int or length < 0 for length in shape):
        raise NotATable(Outcome.UNREADABLE, f"{name} declares an impossible shape {str(shape)[:80]}")
    start = len(MAGIC) + 2 + wide + len(text)
    wanted = dtype.itemsize
    for length in shape:
        wanted *= length
    if wanted != size - start:
        short = wanted > size - start
        raise NotATable(
            Outcome.TRUNCATED if short else Outcome.UNREADABLE,
            f"{name} declares {' x '.join(f'{length:,}' for length in shape) or 'one'} values of {dtype.itemsize} bytes, {wanted:,} bytes, and "
            f"{size - start:,} follow" + (": the file is cut off, or made to look large" if short else ""),
        )  # fmt: skip
    return Stored(name, shape, dtype, fortran, start, opened)
