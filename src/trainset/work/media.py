"""The bytes of samples, from wherever they are allowed to come from, and only if they still are what they were."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from trainset.errors import Gone, Unsafe
from trainset.media.limits import Limits
from trainset.model import Source
from trainset.store import blobs, home, ids, paths
from trainset.store.dataset import Dataset


def read_media(dataset: Dataset, sources: Mapping[str, Source], source: str, path: str, content: bytes) -> bytes:
    """The bytes of a file whose content hash is `content`: from its source, else as the dataset keeps them.

    Every test of the path runs again at this opening. Raises `Unsafe` for a place the dataset may not read, `Gone` when the
    file is missing or has changed and no copy is kept.
    """
    reason = "the file is no longer there"
    try:
        if source not in sources:
            raise Unsafe("the sample names a source that the log does not know", where=repr(source))
        root = sources[source].root
        home.require_root(dataset.folder, source, root)
        allowed = [place for place in sources[source].allowed if home.is_allowed(dataset.folder, place)]
        with paths.open_media(Path(root), path, allowed) as file:
            data = file.read(Limits().bytes + 1)  # an import takes no more, so a larger file is another one
        if ids.content_hash(data) == content:
            return data
        reason = "the file has changed since"
    except FileNotFoundError:
        pass
    except OSError as error:
        reason = f"the file cannot be read: {error.strerror or error}"
    except Unsafe:
        if (kept := blobs.get(dataset, content)) is not None:
            return kept
        raise
    if (kept := blobs.get(dataset, content)) is not None:
        return kept
    raise Gone(
        reason,
        where=f"{source}: {path}",
        next=f"if the folder was moved: trainset sources {source!r} --root DIR; if files changed, import it again; "
        "versions made with --keep-media keep copies",
    )
