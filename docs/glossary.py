"""The words of the project and what each of them means: the texts of `reference/words.md`."""

from __future__ import annotations

from collections.abc import Mapping

TERMS: tuple[tuple[str, str, str], ...] = (
    (
        "dataset",
        "the folder that holds one training set and all that is known about it",
        "project, workspace, collection",
    ),
    ("source", "a named place samples were imported from", "origin, connector"),
    ("medium", "image, audio or text; a dataset holds one", "modality, type"),
    ("sample", "one example", "item, row, record, datapoint"),
    (
        "id",
        "what makes a sample this sample: 32 hex digits, of which 12 are printed; any beginning of 4 or more that is unique will do",
        "",
    ),
    ("content hash", "what makes its bytes, or its text, these: BLAKE2b-128", "checksum"),
    ("label", "the class a sample is said to have; may be empty", "tag, annotation, target"),
    ("class", "one of the names a label can be, with its definition and examples", "category"),
    ("split", "train, validation, test or production; may be empty", "subset"),
    (
        "contributor",
        "who made a sample: the speaker, the writer; samples of one contributor get one proposed split",
        "author, client",
    ),
    ("metadata", "every other column of a list, as `meta.<field>` in filters", "attributes"),
    ("list", "a table or text file whose rows are samples, or name the files that are", "manifest, index"),
    ("format", "a layout on disk that can be read, written or both", "loader, exporter"),
    ("outcome", "what became of one file, or of one row of a list, in an import: exactly one", "status, result"),
    ("remark", "what an import noticed of a file, a row or a source that is in the dataset all the same", "warning"),
    ("action", "one undoable change by one person or process: who, when, why, entries", "event, commit, edit"),
    ("entry", "one change inside an action", "operation"),
    ("log", "all actions, in order; only ever appended to", "history, journal"),
    (
        "position",
        "a place in the log: `#12` is after action 12, `start` before the first, `now` after the last",
        "revision",
    ),
    ("version", "a name for a position in the log", "snapshot"),
    (
        "digest",
        "SHA-256 over id, content, label and split of every sample of a version that is not excluded",
        "fingerprint",
    ),
    (
        "test set",
        "a list of samples that recipes are scored on: a lock, or the test split of a version",
        "benchmark, holdout",
    ),
    ("lock", "a named test set that must not change; whatever happens to it is an alarm", "freeze, protected set"),
    (
        "alarm",
        "something that happened to a lock, said by every command until somebody acknowledges it with a reason",
        "alert, warning",
    ),
    (
        "queue",
        "an ordered list of samples for people to look at; its order says what for, and it keeps what was expected",
        "batch, worklist",
    ),
    ("question", "what people are asked: wording, choices and their definitions; it has versions", "task, template"),
    (
        "rating",
        "one person's answer to one question about one sample; it may be that they cannot tell",
        "vote, judgement",
    ),
    (
        "suggestion",
        "a label that a run or an outsider proposes; it becomes a label by nobody but a person",
        "weak label",
    ),
    (
        "labelling rule",
        "a filter, pattern or function that says of some samples which class they are; it suggests, and labels nothing",
        "labelling function, heuristic",
    ),
    (
        "label model",
        "what rules say together of a sample, by how right each is and how far they repeat one another",
        "",
    ),
    ("note", "a remark a person leaves on a sample, a class or the dataset", "comment, tag"),
    ("report", "what somebody outside says is wrong with a sample; its label is a suggestion", "issue, flag"),
    ("filter", "one expression that holds for some samples: `label = 'cat' and width < 32`", "query"),
    (
        "selection",
        "a filter, or a list of sample ids; saved under a name it is a filter, `selection.NAME`",
        "view, slice, query",
    ),
    ("measure", "a number computed from one sample by itself: width, loudness", "metric, signal, feature"),
    ("embedding", "the vector of a sample: numbers that are near to those of samples like it", "features"),
    (
        "layer",
        "what a part of a model of one's own gives for a sample; once logged it is an embedding",
        "activation, feature map",
    ),
    (
        "map",
        "a place in the plane for every sample, near to those like it; what is on it stays where it is when the dataset changes",
        "projection, scatter plot",
    ),
    (
        "cluster",
        "a part that a class falls into by an embedding: its samples are like one another and apart from the rest of the class",
        "subclass, mode",
    ),
    ("landmark", "a sample that the map is laid out by; all others are placed among landmarks", "anchor"),
    ("region", "a hill of the map: samples that lie together, named by what they have more of than the rest", "area"),
    ("embedder", "what makes embeddings: a model, or a way to count", "encoder, feature extractor"),
    (
        "data card",
        "what a version is, where it came from, how its labels were made and what is wrong with it",
        "datasheet, dataset card",
    ),
    (
        "cost",
        "how much it hurts to take a sample of one class for another; 1 where none is set, 0 for what is right",
        "loss, penalty",
    ),
    ("harm", "counts of mistakes times what each costs; lower is better", "risk, expected loss"),
    ("price", "what a rating or a new sample takes, in money or in time", "rate, fee"),
    (
        "learning curve",
        "the share of errors held out by how many samples are trained on",
        "scaling law",
    ),
    ("quiz", "a fair draw of samples that a person labels blind; it changes no label", "test, exam"),
    (
        "forecast",
        "what a learning curve says more samples will bring, with its interval; kept, and compared later",
        "projection",
    ),
    (
        "trait",
        "what samples have in common against the rest of their class: a sentence with its effect and interval",
        "pattern, insight",
    ),
    (
        "recipe",
        "the frozen way to train: embedder, head and its settings, classes, groups, seed; its hash says whether two are the same",
        "config, pipeline",
    ),
    ("head", "what learns classes from embeddings: `ridge` or `logistic`", "classifier, top"),
    ("run", "one execution of a recipe on one version: predictions and scores", "experiment"),
    (
        "test set",
        "the samples that versions are compared on, with the labels they have there: the test split of a version, or a lock",
        "benchmark, holdout",
    ),
    (
        "draw",
        "the training samples of a version as chance might have brought them otherwise, contributors whole: how far a comparison can be believed",
        "bootstrap sample",
    ),
    ("gate", "what lets a version pass, or stops a build with exit code 4, by a comparison", "quality gate"),
    (
        "held out",
        "predicted by a model that was trained without the sample, and without all that is grouped with it",
        "out-of-fold, cross-validated",
    ),
    (
        "group",
        "samples that are held out together: of one contributor, near duplicates, or of one value of a field",
        "cluster",
    ),
    ("label beneath", "the label of a sample, below the class that a recipe groups it into", "sublabel"),
    ("plug-in", "a measure, format, check or embedder: one file that is found by being there", "extension, module"),
    ("part", "one immutable Parquet file of the dataset's folder", "shard, chunk"),
    ("person", "someone known to the dataset, by name", "user, annotator"),
)
"""Term, meaning, words that are not used for it."""

OUTCOMES: Mapping[str, str] = {
    "added": "a new sample",
    "already present": "a sample that is as it was at an earlier import",
    "changed": "a known sample with other content, or of which the source now says something else",
    "moved": "a known sample whose file is at another path now; it keeps its id",
    "unreadable": "no sample: damaged, missing, not what its medium needs, or its decoder crashed or hung",
    "truncated": "no sample: too much of it is cut off",
    "empty": "no sample: 0 bytes, no samples of sound, a row without path or text",
    "unsupported": "no sample: recognised as something that is not decoded, such as a film in a folder of pictures",
    "too large": "no sample: beyond the limits on bytes, pixels, seconds, characters or memory",
    "unsafe": "no sample: a path, link or device that leads out of the source",
    "ignored": "no sample and none expected: a system file, a list, another dataset, a path listed twice",
}
"""What each outcome means."""

ENTRIES: Mapping[str, tuple[str, str]] = {
    "source": ("source", "where it is and how it is read"),
    "import": ("part", "its source, its rows, how many replace earlier ones, whether its proposed splits count"),
    "label": ("sample", "the class; empty for no label"),
    "exclude": ("sample", "empty, the reason is the action's; or the reason for this one"),
    "restore": ("sample", "empty"),
    "split": ("sample", "the split; empty for none"),
    "class added": ("class", "empty"),
    "class renamed": ("class", "its new name"),
    "class merged": ("class", "the class it goes into"),
    "class defined": ("class", "definition, good and borderline examples"),
    "dismissed": (
        "sample, and the check whose finding is no problem",
        "empty; or the other sample, where only that pair is no problem",
    ),
    "recipe": ("recipe", "the recipe, as JSON"),
    "card": ("the field of the data card", "the text, null to take it away"),
    "cost": (
        "the class of the label, or `*`",
        "the class predicted, or `*`, and the cost, null for none any more, as JSON",
    ),
    "rule": (
        "labelling rule",
        "its class, and its filter or the source of its function, as JSON; empty when it is taken away",
    ),
    "selection": (
        "saved selection",
        "its filter, its order, its draw, and how many samples it held for, as JSON, or its new name; empty when it is taken away",
    ),
    "picked": ("what a filter calls a pick", "ids of its samples, packed: a saved selection speaks of it"),
    "lock": (
        "lock",
        "position, filter, how many samples and their digest, as JSON; where a position does not tell the samples, further entries with their ids, packed",
    ),
    "acknowledged": (
        "lock",
        "the lock's action, the kind of alarm, the action that caused it, as JSON; of files and copies the samples too",
    ),
    "price": ("rating or new-sample", "the unit and the amount, null for none any more, as JSON"),
    "note": ("sample, class or dataset", "the text"),
}
"""What each kind of entry is about, and what its value is."""

EXIT_CODES: tuple[tuple[str, str], ...] = (
    ("0", "done; for an import also when some files were bad: they are named"),
    ("1", "a bug of ours, with a traceback, or a question answered with no"),
    ("2", "a mistake or an obstacle that you can do something about; one message, nothing was changed"),
    (
        "3",
        "an import after which not one sample of the source is in the dataset, an export that could write none, or a list of which no row could be used",
    ),
    ("4", "`compare --gate`: the version did not pass; nothing went wrong"),
    ("130", "interrupted by Ctrl-C; what was acknowledged is kept"),
    ("141", "nobody read on, as in `trainset log | head`"),
)
"""Exit codes of the command line."""
