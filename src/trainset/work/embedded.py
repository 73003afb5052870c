"""Embedded media: pictures and players of samples as data URIs, for a page that must stand by itself."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from trainset.engine.pool import Pool
from trainset.errors import Unsafe
from trainset.media.preview import read_thumbnail, read_waveform
from trainset.media.undecodable import Undecodable
from trainset.store import blobs, home
from trainset.work import excerpt

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from trainset.engine.lost import Lost
    from trainset.work.look import Samples

_TOGETHER = 8  # files of one batch
_SECONDS, _MEMORY = 20.0, 450 * 2**20  # what an import allows one file


@dataclass(frozen=True)
class Embedded:
    """One picture or player. uri: of the picture or the sound; outline: of the picture of a recording; both empty when there is none,
    with the reason. width, height: of the picture. seconds: of the whole recording; cut: of its beginning that is here, None for all."""

    uri: str = ""
    outline: str = ""
    width: int = 0
    height: int = 0
    seconds: float = 0.0
    cut: float | None = None
    reason: str = ""

    def __len__(self) -> int:
        return len(self.uri) + len(self.outline)


def embedded(samples: Samples, most: int) -> dict[bytes, Embedded]:
    """By content hash, in the order of the samples, until their URIs have about `most` characters together; texts have none.

    Thumbnails come from the cache, and are made again from the files when they are not there, as players are: decoded in worker
    processes, from places the dataset may read, and only if the bytes still are what they were.
    """
    found: dict[bytes, Embedded] = {}
    room = most
    previews = samples.previews() if samples.dataset.medium == "image" else {}
    wanted = {row["content"]: row for row in reversed(samples.table.select(["source", "path", "content"]).to_pylist())}
    order = [content for content in dict.fromkeys(samples.table["content"].to_pylist()) if wanted[content]["path"]]
    for content in order if samples.dataset.medium != "text" else ():
        if content in previews and room > 0 and (one := _picture(previews[content])):
            found[content], room = one, room - len(one)
    missing = [wanted[content] for content in order if content not in found]
    for content, one in _made(samples, missing) if samples.dataset.medium != "text" and room > 0 else ():
        found[content], room = one, room - len(one)
        if room <= 0:
            break
    return found


def _picture(data: bytes) -> Embedded | None:
    """A thumbnail from disk, which may hold anything, decoded and encoded anew; None when it is none."""
    from PIL import Image

    try:
        pixels = read_thumbnail(data)
    except Undecodable:
        return None
    target = io.BytesIO()
    Image.fromarray(pixels).save(target, "JPEG", quality=85)
    return Embedded(_uri("image/jpeg", target.getvalue()), width=pixels.shape[1], height=pixels.shape[0])


def _made(samples: Samples, rows: Sequence[Mapping[str, Any]]) -> Iterator[tuple[bytes, Embedded]]:
    """Made from the files where they were imported from, else from the copies that the dataset keeps."""
    dataset, failed = samples.dataset, dict[bytes, str]()
    for source in dict.fromkeys(row["source"] for row in rows):
        mine = {row["path"]: row["content"] for row in rows if row["source"] == source}
        known = samples.sources.get(source)
        try:
            if known is None:
                raise Unsafe("the log does not know its source")
            home.require_root(dataset.folder, source, known.root)
        except Unsafe as refused:
            failed |= dict.fromkeys(mine.values(), refused.what)
            continue
        allowed = [place for place in known.allowed if home.is_allowed(dataset.folder, place)]
        for content, one in _decoded(known.root, allowed, mine, dataset.medium):
            if one.reason:
                failed[content] = one.reason
            else:
                yield content, one
    kept = {f"{c.hex()[:2]}/{c.hex()[2:]}": c for c in failed if blobs.has(dataset, c)}
    made = dict(_decoded(str(dataset.place("blobs")), (), kept, dataset.medium)) if kept else {}
    for content, reason in failed.items():
        yield content, made.get(content, Embedded(reason=reason))


def _decoded(
    root: str, allowed: Sequence[str], files: Mapping[str, bytes], medium: str
) -> Iterator[tuple[bytes, Embedded]]:
    settings = {"root": root, "allowed": [*allowed], "medium": medium}
    paths = [*files]

    def lost(_: pa.RecordBatch, why: Lost) -> pa.RecordBatch:
        return excerpt.lost(why.reason)

    starts = range(0, len(paths), _TOGETHER)
    batches = (pa.record_batch({"path": pa.array(paths[at : at + _TOGETHER], pa.string())}) for at in starts)
    with Pool(excerpt.EXCERPTS, settings, seconds=_SECONDS, memory=_MEMORY) as pool:
        rows = (row for answer in pool.map(batches, lost) for row in answer.to_pylist())
        for path, row in zip(paths, rows, strict=False):
            yield files[path], _embedded(row, files[path])


def _embedded(row: Mapping[str, Any], content: bytes) -> Embedded:
    if row["data"] is None:
        return Embedded(reason=row["reason"])
    if row["content"] != content:
        return Embedded(reason="the file has changed since")
    if row["kind"] == "image/jpeg":
        return _picture(row["data"]) or Embedded(reason="no preview could be made")
    drawn = _uri("image/png", _drawn(read_waveform(row["outline"])))
    return Embedded(_uri(row["kind"], row["data"]), drawn, seconds=row["seconds"], cut=row["cut"])


def _drawn(extremes: NDArray[np.float32], height: int = 48) -> bytes:
    """A PNG of (bins, 2) minima and maxima in -1..1: grey on nothing, so that it is seen on light and on dark."""
    import numpy as np
    from PIL import Image

    middle = (height - 1) / 2
    line = np.arange(height)[:, None]
    top, bottom = np.floor(middle - extremes[:, 1] * middle), np.ceil(middle - extremes[:, 0] * middle)
    pixels = np.where((line >= top) & (line <= bottom), np.uint8(1), np.uint8(0))
    picture = Image.fromarray(pixels, "P")
    picture.putpalette([0, 0, 0, 120, 130, 150])
    target = io.BytesIO()
    picture.save(target, "PNG", transparency=0, optimize=True)
    return target.getvalue()


def _uri(kind: str, data: bytes) -> str:
    return f"data:{kind};base64,{base64.b64encode(data).decode()}"
