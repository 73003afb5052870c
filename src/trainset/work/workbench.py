"""The dataset as Python sees it: an open dataset with the verbs as its methods."""

from __future__ import annotations

import os
from pathlib import Path

from trainset.store import dataset as store
from trainset.work import apply as of_apply
from trainset.work import audit as of_audit
from trainset.work import audit_page, fix, history
from trainset.work import classes as of_classes
from trainset.work import diff as of_diff
from trainset.work import embed as of_embed
from trainset.work import export as of_export
from trainset.work import extract_loudest as of_loudest
from trainset.work import import_ as of_import
from trainset.work import import_reports as of_reports
from trainset.work import look as of_look
from trainset.work import measure as of_measure
from trainset.work import near as of_near
from trainset.work import recipe as of_recipe
from trainset.work import runs as of_runs
from trainset.work import sources as of_sources
from trainset.work import status as of_status
from trainset.work import train as of_train
from trainset.work import version as of_version


class Workbench(store.Dataset):
    """A dataset and every verb of `trainset.work`, each the same function as behind the command line."""

    import_ = of_import.import_
    look = of_look.look
    status = of_status.status
    measure = of_measure.measure
    checks = of_audit.checks
    audit = of_audit.audit
    compare = of_near.compare
    embed = of_embed.embed
    embeddings = of_embed.embeddings
    embedders = of_embed.embedders
    recipe = of_recipe.recipe
    recipes = of_recipe.recipes
    train = of_train.train
    runs = of_runs.runs
    run = of_runs.run
    predictions = of_runs.predictions
    confused = of_runs.confused
    flagged = of_audit.flagged
    dismiss = of_audit.dismiss
    dismissals = of_audit.dismissals
    save_audit = audit_page.save_audit
    label = fix.label
    exclude = fix.exclude
    restore = fix.restore
    move_split = fix.move_split
    apply = of_apply.apply
    import_reports = of_reports.import_reports
    extract_loudest = of_loudest.extract_loudest
    classes = of_classes.classes
    add_class = of_classes.add_class
    define_class = of_classes.define_class
    rename_class = of_classes.rename_class
    merge_classes = of_classes.merge_classes
    split_class = of_classes.split_class
    undo = history.undo
    log = history.log
    entries = history.entries
    note = history.note
    notes = history.notes
    version = of_version.version
    versions = of_version.versions
    diff = of_diff.diff
    export = of_export.export
    sources = of_sources.sources
    point_source = of_sources.point_source

    def _repr_html_(self) -> str:
        from trainset.work.show import status_html

        return status_html(of_status.status(self, disk=False))


def open(folder: str | os.PathLike[str] | None = None) -> Workbench:
    """Opens the dataset in `folder`, or the one that the current folder stands in. Raises `NotADataset`, `DamagedDataset`."""
    return Workbench(Path(folder) if folder is not None else store.find(Path.cwd()))


def init(folder: str | os.PathLike[str], medium: str = "") -> Workbench:
    """Makes an empty dataset in `folder` (or opens the one that is there). The first import decides the medium."""
    store.create(Path(folder), medium)
    return Workbench(Path(folder))
