"""The map as a file: a page of HTML that stands by itself, a picture, or a table of places."""

from __future__ import annotations

import base64
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from trainset import __version__
from trainset.errors import BadValue, TargetExists
from trainset.store import ids
from trainset.store.dataset import Dataset
from trainset.store.durable import storage_full_is_clear, whole_file
from trainset.work import page
from trainset.work.embedded import Embedded, embedded
from trainset.work.look import Samples
from trainset.work.map_ import Map, Region
from trainset.work.map_ import map as map_of
from trainset.work.map_picture import colours, png

KINDS = (".html", ".png", ".csv")
_MEDIA = 4_000_000
_BEGINS = {".html": page.BEGIN.encode(), ".png": b"\x89PNG\r\n\x1a\n", ".csv": b"id,label,x,y,region\n"}


def save_map(dataset: Dataset, target: str | os.PathLike[str], found: Map | None = None, *, dark: bool = False) -> Path:
    """Writes a map (by default the present one) by the suffix of the target: .html, .png (`dark`: for dark pages) or .csv.

    It takes the place of an earlier file of its kind; raises `TargetExists` when anything else is there, `BadValue` for another suffix.
    """
    place = Path(target).expanduser().resolve()
    check_target(place)
    found = found or map_of(dataset)
    if place.suffix.lower() == ".html":
        data = page.document(f"Map of {_title(dataset)}", "\n".join(_body(dataset, found))).encode()
    elif place.suffix.lower() == ".png":
        data = png(found, dark=dark)
    else:
        data = _csv(found)
    with whole_file(place) as file:
        file.write(data)
    return place


def check_target(place: Path) -> None:
    """Raises unless a map may be written there: before it is computed."""
    suffix = place.suffix.lower()
    if suffix not in KINDS:
        raise BadValue(
            "a map is written as a page, a picture or a table",
            where=str(place),
            expected=" or ".join(KINDS),
            got=suffix or "no suffix",
        )
    if not place.exists():
        return
    begin, known = b"", _BEGINS[suffix]
    if place.is_file():
        with storage_full_is_clear(place), place.open("rb") as file:
            begin = file.read(len(known))
    if begin != known:
        raise TargetExists(
            "there is something else than an earlier map at this place", where=str(place), next="name another file"
        )


def _csv(found: Map) -> bytes:
    import io

    from pyarrow import csv

    names = found.table["label"].fill_null("")
    hexed = pa.array([one.hex() for one in found.table["id"].to_pylist()], pa.string())
    table = pa.table({"id": hexed, "label": names, **{name: found.table[name] for name in ("x", "y", "region")}})
    sink = io.BytesIO()
    csv.write_csv(table, sink, csv.WriteOptions(include_header=False, quoting_style="needed"))
    return _BEGINS[".csv"] + sink.getvalue()


def _body(dataset: Dataset, found: Map) -> Iterator[str]:
    legend, _ = colours(found)
    named = pa.array([bytes.fromhex(one) for region in found.regions for one in _whole(found, region)], pa.binary(16))
    samples = Samples.of(dataset, named, found.at) if len(named) else None
    rows = {bytes.fromhex(row["id"]): row for row in samples.rows(measures=False)} if samples else {}
    media = embedded(samples, _MEDIA) if samples else {}
    yield '<a class="skip" href="#regions">Skip to the regions</a>'
    yield f"<header><h1>Map of {page.name(_title(dataset))}</h1>"
    yield (
        f"<p>{found.table.num_rows:,} samples by {page.name(found.embedder)}, at position #{found.at}: what lies together is alike to it. "
        "Distances between regions mean little.</p></header>"
    )
    said = page.attribute(f"map of {found.table.num_rows:,} samples in {len(found.regions)} regions, described below")
    light, dark = (base64.b64encode(png(found, dark=mode)).decode() for mode in (False, True))
    yield f'<picture><source media="(prefers-color-scheme: dark)" srcset="data:image/png;base64,{dark}">'
    yield f'<img alt="{said}" width="1000" height="1000" src="data:image/png;base64,{light}"></picture>'
    yield '<h2>Colours</h2><ul class="many">'
    for label, colour, count in legend:
        swatch = f'<svg width="14" height="14" aria-hidden="true"><circle cx="7" cy="7" r="6" fill="{colour}"/></svg>'
        yield f'<li>{swatch} {page.name(label)} <span class="mut">{count:,}</span></li>'
    yield f'</ul><main id="regions" tabindex="-1" class="{dataset.medium}">'
    for region in found.regions:
        yield f'<section id="region-{region.number}"><h2>{region.number}. {page.text(region.name)}</h2>'
        yield f'<p class="mut">{region.samples:,} samples</p>'
        if region.traits:
            yield "<p>More than elsewhere, or otherwise: " + page.text("; ".join(region.traits), 600) + "</p>"
        cards = [
            _card(dataset.medium, rows[one], media) for one in map(bytes.fromhex, _whole(found, region)) if one in rows
        ]
        yield f'<p class="mut">From its middle:</p><ul class="grid">{"".join(cards)}</ul></section>'
    yield "</main><footer>"
    yield from (f"<p>{page.text(remark)}</p>" for remark in found.remarks)
    yield f"<p>Made by trainset {__version__}. This page loads nothing and runs nothing.</p></footer>"


def _whole(found: Map, region: Region) -> list[str]:
    """The ids of its typical samples in full."""
    mine = found.table.filter(pc.equal(found.table["region"], region.number))["id"].to_pylist()
    known = {ids.shown(one): one.hex() for one in mine}
    return [known[one] for one in region.typical if one in known]


def _card(medium: str, row: dict[str, Any], media: dict[bytes, Embedded]) -> str:
    shown = media.get(bytes.fromhex(row["content"]), Embedded())
    label = page.name(row["label"]) if row["label"] else '<span class="mut">no label</span>'
    code = f"<p>{label} <code>{row['id'][: ids.SHOWN]}</code></p>"
    if medium == "text":
        return f"<li><blockquote>{page.text(row['text'] or '', 300)}</blockquote>{code}</li>"
    if not shown.uri:
        return f'<li><p class="mut">{page.text(shown.reason or "there is nothing to show")}</p>{code}</li>'
    if medium == "image":
        small = " pixels" if max(shown.width, shown.height) <= 64 else ""
        alt = page.attribute(f"picture of {row['label'] or 'no label'}")
        return f'<li><img class="shot{small}" alt="{alt}" width="{shown.width}" height="{shown.height}" src="{shown.uri}">{code}</li>'
    outline = f'<img class="outline" alt="" width="240" height="48" src="{shown.outline}">'
    said = page.attribute(f"recording of {row['label'] or 'no label'}")
    return f'<li>{outline}<audio controls preload="none" aria-label="{said}" src="{shown.uri}"></audio>{code}</li>'


def _title(dataset: Dataset) -> str:
    return dataset.folder.name.removesuffix(".trainset")
