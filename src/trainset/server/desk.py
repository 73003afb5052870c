"""What the routes share: the open dataset, the table kept of it, its name in the browser, and who is told of changes."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, cast

from fastapi import Depends, Request

from trainset.engine.pool import Pool
from trainset.errors import BadSource, TrainsetError, UnknownName, Unsafe
from trainset.server.events import Events
from trainset.server.findings import Findings
from trainset.server.jobs import Jobs
from trainset.server.roles import Visitor
from trainset.store import paths
from trainset.store.kept import KeptTable
from trainset.work.map_view import MapView
from trainset.work.runs_read import RunsRead
from trainset.work.shown import FUNCTION
from trainset.work.uploads import Uploads
from trainset.work.workbench import Workbench


class Desk:
    """One dataset at work. Close it when the server ends."""

    def __init__(self, dataset: Workbench, roots: Sequence[Path] = ()) -> None:
        """roots: the folders that may be imported from by name."""
        self.dataset = dataset
        self.roots = tuple(root.resolve() for root in roots)
        self.events = Events(dataset)
        self.findings = Findings(dataset, self.events)
        self.jobs = Jobs(dataset, self.events)
        self.maps = MapView(dataset)
        self.runs = RunsRead(dataset)
        self.uploads = Uploads(dataset)
        self._opening = threading.Lock()
        self._warming: threading.Thread | None = None
        self._pool: Pool | None = None

    @contextlib.contextmanager
    def table(self) -> Iterator[KeptTable]:
        """The samples as they are now. It is made when first asked for, and anew when a first import has decided the medium."""
        with self._opening:
            if self.dataset.kept is None:
                self.dataset.kept = KeptTable(self.dataset)
            kept = self.dataset.kept
        with kept:
            yield kept

    def warm(self) -> None:
        """Makes in the background what the first questions need, for they come as soon as a browser has opened. What cannot be made says so
        to whoever asks for it."""

        def made() -> None:
            with contextlib.suppress(TrainsetError), self.table():
                pass
            with contextlib.suppress(TrainsetError), self.table() as table:  # there may be no map yet
                self.maps.rows(table)

        self._warming = threading.Thread(target=made, name="warm")
        self._warming.start()

    def warmed(self) -> None:
        """Waits until `warm` has ended."""
        if self._warming is not None:
            self._warming.join()

    @property
    def pool(self) -> Pool:
        """A worker process that decodes what browsers do not know."""
        with self._opening:
            if self._pool is None:
                self._pool = Pool(FUNCTION, {}, workers=1)
            return self._pool

    def inside(self, place: str, root: int = 0) -> Path:
        """A file or folder below one of the roots, by its path from that root on (or, below any of them, its whole path). Raises
        `Unsafe`, `BadSource`."""
        if not place or "\0" in place or not self.roots:
            raise BadSource(
                "say what to import", expected="a file or folder below a folder that the server was started for"
            )
        if not 0 <= root < len(self.roots):
            raise UnknownName(f"there is no folder {root}", expected=", ".join(root.name for root in self.roots))
        path = (self.roots[root] / paths.local(place)).resolve()
        if not self.is_open(path) or path.is_relative_to("/proc") or path.is_relative_to("/sys"):
            raise Unsafe(
                "this place is not open to the page", where=path.name, expected="below " + " or ".join(root.name for root in self.roots),
                next="trainset serve --allow-root DIR opens another folder",
            )  # fmt: skip
        if not (path.is_dir() or path.is_file()):  # a pipe would be waited for
            raise BadSource("there is no such file or folder", where=path.name)
        return path

    def is_open(self, path: Path) -> bool:
        """Whether a place lies below one of the roots, links followed."""
        real = path.resolve()
        return any(real == root or root in real.parents for root in self.roots)

    def source(self, upload: str, path: str, root: int = 0) -> Path:
        """What to import: an upload by its name, else a place below a root. Raises `Unsafe`, `BadSource`, `BadValue`."""
        return self.uploads.source(upload) if upload else self.inside(path, root)

    def close(self) -> None:
        """Ends its processes and threads, and frees the table."""
        self.warmed()
        self.jobs.close()
        self.findings.close()
        self.events.close()
        if self._pool is not None:
            self._pool.close()
        kept, self.dataset.kept = self.dataset.kept, None
        if kept is not None:
            kept.end()


def desk(request: Request) -> Desk:
    """The desk of the app that a request came to. The first import, a job of its own, decides the medium."""
    found = cast("Desk", request.app.state.desk)
    if not found.dataset.medium:
        found.dataset.reread()
    return found


def visitor(request: Request) -> Visitor:
    """Who asks; the route's role has been checked."""
    return cast("Visitor", request.state.visitor)


AtDesk = Annotated[Desk, Depends(desk)]
By = Annotated[Visitor, Depends(visitor)]
