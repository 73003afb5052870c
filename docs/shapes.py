"""What the commands print with `--json`, and what the fields mean: the texts of `reference/json.md`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

from trainset.model import Action, ClassInfo, Entry, Note, Version
from trainset.recipe import Recipe
from trainset.work.apply import Applied
from trainset.work.embed import EmbedReport
from trainset.work.embedders import Listed
from trainset.work.export import ExportReport
from trainset.work.extract_loudest import LoudestReport
from trainset.work.fix import Change
from trainset.work.import_report import ImportReport
from trainset.work.import_reports import ReportsImported
from trainset.work.measure import MeasureReport
from trainset.work.status import OnDisk, Status


@dataclass(frozen=True)
class Shape:
    """The document of some commands: `form` says whether it is one object or a list, `names` are its fields in order."""

    commands: tuple[str, ...]
    form: str
    names: tuple[str, ...]


def _of(
    kind: type, *, before: tuple[str, ...] = (), after: tuple[str, ...] = (), without: tuple[str, ...] = ()
) -> tuple[str, ...]:
    return (*before, *(field.name for field in fields(kind) if field.name not in without), *after)


SAMPLE = (
    "id",
    "source",
    "path",
    "text",
    "label",
    "source_label",
    "split",
    "contributor",
    "excluded",
    "meta",
    "content",
    "remarks",
)
"""The fields of one sample, before its measures."""

CHECK = (
    "check",
    "title",
    "matters",
    "flagged",
    "samples",
    "findings",
    "about",
    "why",
    "next",
    "dismissed",
    "skipped",
    "bad",
    "bad_count",
)
"""The fields of what one check found."""

RUN = (
    "run", "accuracy", "interval", "balanced_accuracy", "samples", "groups", "in_sample", "gap", "reliability", "floors", "labels",
    "matrix", "per_class", "grouped", "beneath", "validation", "test", "unlabelled", "recipe", "hash", "at", "version", "made",
    "packages", "remarks",
)  # fmt: skip
"""The fields of a run; what is scored in it is what was held out."""

SHAPES: tuple[Shape, ...] = (
    Shape(("init",), "an object", ("dataset", "medium")),
    Shape(("import",), "an object", _of(ImportReport, before=("dataset",), after=("nothing",))),
    Shape(("look",), "an object", ("total", "samples", "saved", "not_saved")),
    Shape(("status",), "an object", _of(Status)),
    Shape(("measure",), "an object", _of(MeasureReport)),
    Shape(("embed",), "an object", _of(EmbedReport)),
    Shape(("embedders",), "a list of objects", _of(Listed)),
    Shape(("audit",), "a list of objects", CHECK),
    Shape(("checks",), "a list of objects", ("check", "title", "matters", "about", "why", "next", "settings")),
    Shape(("recipe",), "an object", ("name", "action", "hash", "recipe")),
    Shape(("recipes",), "a list of objects", ("name", "action", "hash", "recipe")),
    Shape(("train", "confusion"), "an object", RUN),
    Shape(("runs",), "a list of objects", RUN),
    Shape(("dismiss",), "an object", ("action", "changed")),
    Shape(("sources",), "a list of objects", ("name", "root", "format", "samples", "allowed")),
    Shape(("label", "exclude", "restore", "move-split"), "an object", _of(Change)),
    Shape(("apply",), "an object", _of(Applied)),
    Shape(("import-reports",), "an object", _of(ReportsImported)),
    Shape(("extract-loudest",), "an object", _of(LoudestReport)),
    Shape(("version",), "an object", ("name", "seq", "samples", "digest", "keeps_media")),
    Shape(("versions",), "a list of objects", _of(Version)),
    Shape(("diff",), "an object", ("a", "b", "counts", "groups", "changes")),
    Shape(("export",), "an object", _of(ExportReport)),
    Shape(("note",), "an object", ("action",)),
    Shape(("notes",), "a list of objects", ("action", "at", "person", "sample", "class", "text")),
    Shape(("log",), "a list of objects", _of(Action)),
    Shape(("log ACTION",), "a list of objects", _of(Entry)),
    Shape(("undo",), "an object", ("action", "undone")),
    Shape(("classes",), "a list of objects", _of(ClassInfo)),
    Shape(
        ("classes add", "classes define", "classes rename", "classes merge", "classes split"),
        "an object",
        ("action", "done"),
    ),
)
"""Every command that prints JSON."""

INNER: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("a sample, in `look`; its measures follow as fields of their names", SAMPLE),
    ("one of `bad`, in `import`", ("kind", "name", "row", "outcome", "reason")),
    ("one of `bad`, in `audit`", ("source", "kind", "name", "row", "outcome", "reason")),
    ("one of `named`, in `embed`", ("sample", "path", "reason")),
    (
        "`test` and `validation`, in `train`; null without one",
        ("accuracy", "interval", "balanced_accuracy", "samples", "matrix", "per_class", "shared"),
    ),
    (
        "one of `per_class`, in `train`",
        (
            "class",
            "samples",
            "precision",
            "recall",
            "f1",
            "precision_interval",
            "recall_interval",
            "f1_interval",
            "true_positives",
            "false_positives",
            "false_negatives",
            "true_negatives",
        ),
    ),
    ("one of `grouped`, in `train`", ("class", "samples", "labels", "contributors")),
    ("`floors`, in `train`", ("majority", "shuffled", "measures")),
    ("a recipe", tuple(field.name for field in fields(Recipe))),
    (
        "one of `samples`, in `confusion` with --cell, --row or --column, besides those of `look`",
        ("predicted", "confidence"),
    ),
    ("one of `on_disk`, in `status`", _of(OnDisk)),
    ("one of `notes`, in `status`", _of(Note)),
    ("one of `groups`, in `diff`", ("kind", "before", "after", "action", "samples", "person", "at", "reason", "verb")),
    ("one of `changes`, in `diff`", ("kind", "id", "path", "label", "before", "after", "action")),
    ("one of `refused`, in `apply` and `import-reports`", ("row", "why")),
    ("an error, of any command", ("error", "detail", "where", "next")),
)
"""The objects inside, and the one shape of an error."""

MEANINGS: Mapping[str, str] = {
    "refused": "rows that could not be used, the first 20",
    "refused_count": "how many there are",
    "unanswered": "rows without a label, which change nothing",
    "a": "the first version, as asked for",
    "accuracy": "the share predicted right, 0 to 1",
    "balanced_accuracy": "the mean recall of the classes",
    "beneath": "label -> the class that the recipe makes of it",
    "confidence": "the probability of the class predicted",
    "contributors": "how many different ones",
    "epochs": "of the logistic head, at most",
    "f1": "of precision and recall; null where there is nothing to divide by",
    "f1_interval": "at 95 %",
    "false_negatives": "of the class, predicted as another",
    "false_positives": "of another class, predicted as this one",
    "floors": "what guessing reaches",
    "folds": "of the logistic head",
    "gap": "accuracy in training minus held out",
    "grouped": "what each class is made of",
    "hash": "of the recipe, in hex",
    "head": "ridge or logistic",
    "in_sample": "accuracy on what was trained on",
    "interval": "of accuracy, at 95 %",
    "labels": "of a run its classes, in the order of rows and columns; of a class how many labels it is made of",
    "made": "when, in ISO 8601",
    "majority": "accuracy of always saying the largest class",
    "matrix": "counts, labels on rows, predictions on columns",
    "measures": "accuracy held out of a ridge head on the measures alone; null without any",
    "packages": "package -> version it was trained with",
    "penalty": "of the ridge head; null when it is chosen",
    "per_class": "one object per class",
    "precision": "of what was predicted as the class, the share that is of it",
    "precision_interval": "at 95 %",
    "predicted": "the class predicted",
    "recall": "of what is of the class, the share predicted so",
    "recall_interval": "at 95 %",
    "recipe": "all of it",
    "reliability": "expected calibration error: how far confidence is off on average, 0 is best",
    "resample": "none, over, under or smote",
    "run": "its id",
    "seed": "of folds and draws",
    "shared": "how many have a sample of their contributor, or a near duplicate, among those trained on",
    "shuffled": "accuracy held out of a ridge head on shuffled labels",
    "strength": "of the logistic head",
    "test": "the scores of the test split",
    "true_negatives": "of another class, and not predicted as this one",
    "true_positives": "of the class, and predicted so",
    "validation": "the scores of the validation split",
    "weights": "of the classes, none or balanced",
    "about": "remarks on the source, or on the set, as a whole; in `checks` what it finds, in `embedders` what it sees",
    "action": "position of the action; null when nothing had to change",
    "actions": "how many actions the log has up to there",
    "after": "what it is in `b`",
    "added": "reports kept",
    "allowed": "whether you have allowed the dataset to read there",
    "at": "time in ISO 8601; in `status` and `export` the position",
    "b": "the second version, as asked for",
    "bad": "files and rows that are no samples, the first 1,000",
    "bad_count": "how many there are",
    "before": "what it was in `a`",
    "borderline": "ids of borderline examples",
    "changed": "samples changed; in `on_disk`: files whose bytes changed",
    "changes": "one object per changed sample and kind",
    "class": "the class a note is about; empty when none",
    "classes": "every class, as `classes` prints them; of a recipe class -> the labels it stands for",
    "columns": "what was read -> the column of the list it was read from",
    "compared": "files looked at",
    "computed": "measure -> rows on disk",
    "content": "content hash, in hex",
    "contributor": "who made it; null when unknown",
    "counts": "how many: in `status` label -> split -> samples (an empty name: none), in `diff` kind -> samples",
    "cut": "recordings whose loudest stretch is a new sample",
    "dataset": "the dataset's folder",
    "definition": "what belongs to the class",
    "detail": "what was expected and what was found",
    "digest": "of the version, in hex",
    "done": "what was done, as a sentence",
    "duplicates": "samples that are exact copies of others in this source",
    "entries": "how many entries the action has",
    "error": "what went wrong",
    "excluded": "whether it is excluded; in `status`: how many are",
    "failed": "samples whose media are gone or changed, or cannot be decoded, the first 20",
    "failed_count": "how many there are",
    "files": "outcome -> files; the sum is the number of files seen",
    "folder": "the dataset's folder",
    "format": "how it is read, or was written",
    "good": "ids of good examples",
    "groups": "changes by kind, before, after and action; of a run or recipe what is held out together",
    "id": "of the sample, in hex: 32 digits in `look`, else the first 12",
    "imbalance": "samples of the largest class for one of the smallest; null below two classes",
    "keeps_media": "whether the bytes were copied",
    "kind": "file or row; in `log` the kind of entry; in `diff` what changed",
    "label": "its class; null for none",
    "lost": "what the format could not hold, as sentences",
    "medium": "image, audio, text, or empty",
    "message": "what the version is for",
    "meta": "metadata, an object; null for none",
    "default": "whether it is the one that is used when none is named",
    "dim": "how many numbers it gives for a sample",
    "embedded": "contents embedded now",
    "embedder": "name of the embedder",
    "left_out": "why contents could not be embedded -> how many",
    "named": "the first 1,000 of them, with `sample`, `path` and `reason`",
    "needs": "the pip command for what it lacks; empty when it can be used",
    "check": "name of the check",
    "title": "what it is called",
    "matters": "3 spoils what is measured, 2 harms learning, 1 is worth a look",
    "flagged": "samples that it flags, dismissed ones not counted",
    "findings": "of the same samples, worst first: `id`, `severity` (0..1, 1 is worst) and `because`, a sentence",
    "whole": "recordings that are no longer than what was asked for",
    "noise": "recordings of background noise, left as they are",
    "why": "why it matters",
    "dismissed": "findings that somebody dismissed",
    "skipped": "why the check did not run; empty when it did",
    "settings": "setting -> default; in `embed` and in recipes those used that change the numbers",
    "measured": "contents measured now",
    "present": "contents that had all measures, or their embedding; reports that were kept before",
    "unmeasured": "why contents could not be measured -> how many",
    "missing": "samples, or files, no longer in the source",
    "missing_names": "the first of them",
    "name": "its name; in `bad` the path, or the list of a row",
    "names": "the first that no longer match",
    "new_classes": "classes that this import, or this list, added",
    "next": "what to do",
    "not_saved": "what could not be saved, as sentences",
    "note": "why something was not compared",
    "notes": "all notes",
    "nothing": "whether not one sample of the source is in the dataset",
    "on_disk": "one object per source that has files; empty with --no-disk",
    "outcome": "its outcome",
    "path": "relative to the source; null for a row without a file",
    "person": "who",
    "proposed_split": "whether splits are proposed, because the source has none",
    "quiet": "recordings excluded because they are too quiet",
    "reason": "why",
    "remarks": "what was noticed; in `import` remark -> how often",
    "replaced": "recordings excluded because their loudest stretch stands for them",
    "root": "the source's folder",
    "row": "of a list, from 1 without the header; null for a file",
    "rows": "outcome -> rows of lists; the sum is the number of rows seen",
    "sample": "id of the sample; empty or null when it is about none",
    "samples": "how many, excluded ones not counted; in `audit` the ids flagged, worst first; in `look` the samples, after fixing their ids (the first 1,000)",
    "saved": "the folder of --save; null without",
    "seconds": "how long it took",
    "selected": "samples asked for",
    "seq": "position in the log",
    "source": "name of the source",
    "source_label": "what the source says",
    "sources": "one object per source, as `sources` prints them",
    "split": "its split; null for none",
    "subject": "source, part or class an entry is about; null for none",
    "target": "where it was written",
    "text": "of the note; of a sample without a file its text",
    "total": "samples in the selection, of which these are some",
    "unchanged": "samples that were so already",
    "undoes": "position of the action that this one takes back; null for others",
    "undone": "whether it is taken back; of `undo` the action taken back",
    "unlabelled": "samples without label",
    "value": "the entry's value; null for none",
    "values": "what the ridge head learns from: plain, root or auto",
    "verb": "the command",
    "version": "name of the version that stands at `at`; empty when none; of an embedder the one its vectors are kept under",
    "versions": "the versions up to there",
    "warnings": "what was written whole and may surprise, as sentences",
    "where": "the file, folder or text in question",
}  # fmt: skip
"""Field -> what it says; a field of one name means one thing."""
