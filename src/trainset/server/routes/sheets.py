"""Pages that are plug-ins: which there are, and what one says of a selection."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import BaseModel

from trainset.server.desk import AtDesk
from trainset.server.roles import Guarded, Role, allow
from trainset.server.routes.samples import Picked, Where, words_of
from trainset.work.sheet import pages

router = APIRouter(route_class=Guarded, tags=["pages"])


class PageTold(BaseModel):
    """A page. name: in its address; title: in the bar of pages; summary: a line on what it shows."""

    name: str
    title: str
    summary: str


class TableTold(BaseModel):
    """A table. shares: columns from 0 to 1, shown as per cent. where: of each row the filter for its samples, or nothing."""

    title: str
    columns: list[str]
    rows: list[list[str | float | bool | None]]
    shares: list[str]
    where: list[str]
    about: str


class SheetTold(BaseModel):
    """What a page says: sentences, then tables."""

    page: PageTold
    says: list[str]
    tables: list[TableTold]


@router.get("/api/pages")
@allow(Role.REVIEWER)
def every(desk: AtDesk) -> list[PageTold]:
    """The pages that plug-ins bring for this medium."""
    return [
        PageTold(name=name, title=one.title, summary=one.summary)
        for name, one in sorted(pages(desk.dataset).items(), key=lambda item: item[1].title.casefold())
    ]


@router.get("/api/pages/{name}")
@allow(Role.REVIEWER)
def one(desk: AtDesk, name: str, where: Where = [], picked: Picked = "") -> SheetTold:  # noqa: B006
    """What a page says of the samples of a selection. One that fails says so, with the place."""
    sheet = desk.dataset.page(name, where=words_of(where, picked))
    known = pages(desk.dataset)[name.replace("-", "_")]
    return SheetTold(
        page=PageTold(name=known.name, title=known.title, summary=known.summary),
        says=[*sheet.says],
        tables=[
            TableTold(
                title=table.title, columns=[*table.columns], rows=[[*row] for row in table.rows], shares=[*table.shares], where=[*table.where],
                about=table.about,
            )
            for table in sheet.tables
        ],
    )  # fmt: skip
