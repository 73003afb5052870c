"""The dataset as Python sees it: an open dataset with the verbs as its methods."""

from __future__ import annotations

import importlib
import os
import threading
from collections.abc import Callable
from pathlib import Path
from types import MethodType
from typing import Any, Concatenate, Generic, ParamSpec, TypeVar, cast

from trainset.lean import run_when_used
from trainset.store import dataset as store

with run_when_used("trainset.work"):
    from trainset.work import answer as of_answer
    from trainset.work import apply as of_apply
    from trainset.work import audit as of_audit
    from trainset.work import audit_page, fix, history, map_page
    from trainset.work import card as of_card
    from trainset.work import ceiling as of_ceiling
    from trainset.work import check_curve as of_check
    from trainset.work import classes as of_classes
    from trainset.work import clusters as of_clusters
    from trainset.work import clusters_apply as of_clusters_apply
    from trainset.work import clusters_list as of_clusters_list
    from trainset.work import common as of_common
    from trainset.work import compare as of_compare
    from trainset.work import costs as of_costs
    from trainset.work import curve as of_curve
    from trainset.work import cut_windows as of_windows
    from trainset.work import diff as of_diff
    from trainset.work import dismissed as of_dismissed
    from trainset.work import embed as of_embed
    from trainset.work import export as of_export
    from trainset.work import extract_loudest as of_loudest
    from trainset.work import forecasts as of_forecasts
    from trainset.work import forms as of_forms
    from trainset.work import harm as of_harm
    from trainset.work import import_ as of_import
    from trainset.work import import_outcomes as of_outcomes
    from trainset.work import import_predictions as of_predictions
    from trainset.work import import_reports as of_reports
    from trainset.work import locks as of_locks
    from trainset.work import log_run as of_log_run
    from trainset.work import look as of_look
    from trainset.work import map_ as of_map
    from trainset.work import measure as of_measure
    from trainset.work import near as of_near
    from trainset.work import neighbours as of_neighbours
    from trainset.work import pairs as of_pairs
    from trainset.work import preview as of_preview
    from trainset.work import prices as of_prices
    from trainset.work import queue as of_queue
    from trainset.work import queues as of_queues
    from trainset.work import quiz as of_quiz
    from trainset.work import recipe as of_recipe
    from trainset.work import review as of_review
    from trainset.work import review_list as of_list
    from trainset.work import runs as of_runs
    from trainset.work import saved as of_saved
    from trainset.work import sheet as of_sheet
    from trainset.work import sources as of_sources
    from trainset.work import status as of_status
    from trainset.work import train as of_train
    from trainset.work import version as of_version
    from trainset.work import weak as of_weak

P = ParamSpec("P")
R = TypeVar("R", covariant=True)
_ONE_AT_A_TIME = threading.RLock()


class verb(Generic[P, R]):
    """A function of `trainset.work` as a method: its module runs when the verb is first asked for, and no command waits for the others."""

    def __init__(self, find: Callable[[], Callable[Concatenate[Any, P], R]]) -> None:
        self._find = find

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, instance: object, owner: type) -> Callable[P, R]:
        with _ONE_AT_A_TIME:  # two threads that ask at once must not run a module twice
            function = self._find()
        setattr(owner, self._name, function)
        method: Any = function if instance is None else MethodType(function, instance)
        return cast("Callable[P, R]", method)


class Workbench(store.Dataset):
    """A dataset and every verb of `trainset.work`, each the same function as behind the command line."""

    import_ = verb(lambda: of_import.import_)
    look = verb(lambda: of_look.look)
    status = verb(lambda: of_status.status)
    measure = verb(lambda: of_measure.measure)
    checks = verb(lambda: of_audit.checks)
    page = verb(lambda: of_sheet.page)
    pages = verb(lambda: of_sheet.pages)
    audit = verb(lambda: of_audit.audit)
    find_near = verb(lambda: of_near.find_near)
    embed = verb(lambda: of_embed.embed)
    embeddings = verb(lambda: of_embed.embeddings)
    embedders = verb(lambda: of_embed.embedders)
    neighbours = verb(lambda: of_neighbours.neighbours)
    clusters = verb(lambda: of_clusters.clusters)
    save_clusters = verb(lambda: of_clusters_list.save_clusters)
    apply_clusters = verb(lambda: of_clusters_apply.apply_clusters)
    map = verb(lambda: of_map.map)
    save_map = verb(lambda: map_page.save_map)
    recipe = verb(lambda: of_recipe.recipe)
    recipes = verb(lambda: of_recipe.recipes)
    train = verb(lambda: of_train.train)
    compare = verb(lambda: of_compare.compare)
    log_run = verb(lambda: of_log_run.log_run)
    import_predictions = verb(lambda: of_predictions.import_predictions)
    runs = verb(lambda: of_runs.runs)
    run = verb(lambda: of_runs.run)
    predictions = verb(lambda: of_runs.predictions)
    confused = verb(lambda: of_runs.confused)
    common = verb(lambda: of_common.common)
    queue = verb(lambda: of_queue.queue)
    queues = verb(lambda: of_queues.queues)
    waiting = verb(lambda: of_queues.waiting)
    review = verb(lambda: of_review.review)
    write_review = verb(lambda: of_list.write_review)
    answer = verb(lambda: of_answer.answer)
    answers = verb(lambda: of_list.answers)
    undo_answer = verb(lambda: of_answer.undo_answer)
    ratings = verb(lambda: of_answer.ratings)
    harm = verb(lambda: of_harm.harm)
    card = verb(lambda: of_card.card)
    card_texts = verb(lambda: of_card.card_texts)
    set_card = verb(lambda: of_card.set_card)
    save_card = verb(lambda: of_card.save_card)
    costs = verb(lambda: of_costs.costs)
    set_cost = verb(lambda: of_costs.set_cost)
    unset_cost = verb(lambda: of_costs.unset_cost)
    curve = verb(lambda: of_curve.curve)
    quiz = verb(lambda: of_quiz.quiz)
    quiz_result = verb(lambda: of_quiz.quiz_result)
    ceiling = verb(lambda: of_ceiling.ceiling)
    check_curve = verb(lambda: of_check.check_curve)
    forecasts = verb(lambda: of_forecasts.forecasts)
    forms = verb(lambda: of_forms.forms)
    prices = verb(lambda: of_prices.prices)
    set_price = verb(lambda: of_prices.set_price)
    unset_price = verb(lambda: of_prices.unset_price)
    flagged = verb(lambda: of_audit.flagged)
    dismiss = verb(lambda: of_audit.dismiss)
    dismiss_pair = verb(lambda: of_audit.dismiss_pair)
    dismissals = verb(lambda: of_dismissed.dismissals)
    pairs = verb(lambda: of_pairs.pairs)
    preview = verb(lambda: of_preview.preview)
    imports = verb(lambda: of_outcomes.imports)
    import_outcomes = verb(lambda: of_outcomes.import_outcomes)
    save_audit = verb(lambda: audit_page.save_audit)
    label = verb(lambda: fix.label)
    exclude = verb(lambda: fix.exclude)
    restore = verb(lambda: fix.restore)
    move_split = verb(lambda: fix.move_split)
    apply = verb(lambda: of_apply.apply)
    import_reports = verb(lambda: of_reports.import_reports)
    extract_loudest = verb(lambda: of_loudest.extract_loudest)
    cut_windows = verb(lambda: of_windows.cut_windows)
    classes = verb(lambda: of_classes.classes)
    add_class = verb(lambda: of_classes.add_class)
    define_class = verb(lambda: of_classes.define_class)
    rename_class = verb(lambda: of_classes.rename_class)
    merge_classes = verb(lambda: of_classes.merge_classes)
    split_class = verb(lambda: of_classes.split_class)
    undo = verb(lambda: history.undo)
    log = verb(lambda: history.log)
    entries = verb(lambda: history.entries)
    note = verb(lambda: history.note)
    notes = verb(lambda: history.notes)
    version = verb(lambda: of_version.version)
    versions = verb(lambda: of_version.versions)
    save_selection = verb(lambda: of_saved.save_selection)
    selections = verb(lambda: of_saved.selections)
    rename_selection = verb(lambda: of_saved.rename_selection)
    remove_selection = verb(lambda: of_saved.remove_selection)
    lock = verb(lambda: of_locks.lock)
    locks = verb(lambda: of_locks.locks)
    locked = verb(lambda: of_locks.locked)
    alarms = verb(lambda: of_locks.alarms)
    unlooked = verb(lambda: of_locks.unlooked)
    acknowledge = verb(lambda: of_locks.acknowledge)
    add_rule = verb(lambda: of_weak.add_rule)
    remove_rule = verb(lambda: of_weak.remove_rule)
    rules = verb(lambda: of_weak.rules)
    weak = verb(lambda: of_weak.weak)
    apply_weak = verb(lambda: of_weak.apply_weak)
    diff = verb(lambda: of_diff.diff)
    export = verb(lambda: of_export.export)
    sources = verb(lambda: of_sources.sources)
    point_source = verb(lambda: of_sources.point_source)

    def show(self, **how: Any) -> Any:
        """Opens the workbench inline in a notebook; see `trainset.server.notebook.show`. The core knows no web: the server is looked up by
        name, when somebody asks for it."""
        return importlib.import_module("trainset.server.notebook").show(self, **how)

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
