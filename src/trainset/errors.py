"""Every exception a user can meet: what went wrong, where, what was expected, what was found, what to do next."""

from __future__ import annotations


class TrainsetError(Exception):
    """A mistake or an obstacle that the user can do something about; printed as one clean message, never as a traceback.

    Anything that is not a `TrainsetError` is a bug of ours and keeps its traceback.
    """

    exit_code = 2

    def __init__(self, what: str, *, where: str = "", expected: str = "", got: str = "", next: str = "") -> None:
        super().__init__(what)
        self.what, self.where, self.expected, self.got, self.next = what, where, expected, got, next

    @property
    def detail(self) -> str:
        """What was expected and what was found, in one sentence; empty when there is nothing to add."""
        parts = [f"expected {self.expected}" if self.expected else "", f"got {self.got}" if self.got else ""]
        return ", ".join(part for part in parts if part)

    def as_dict(self) -> dict[str, str]:
        """The one JSON shape of an error, on the command line and over HTTP."""
        return {"error": self.what, "detail": self.detail, "where": self.where, "next": self.next}

    def __str__(self) -> str:
        lines = [self.what, f"  where: {self.where}", f"  {self.detail}", f"  next: {self.next}"]
        keep = (True, bool(self.where), bool(self.detail), bool(self.next))
        return "\n".join(line for line, wanted in zip(lines, keep, strict=True) if wanted)


class NotADataset(TrainsetError):
    """The folder holds no dataset, or none can be found from here."""


class DamagedDataset(TrainsetError):
    """A file of the dataset does not say what it must say: damaged, forged, or made by a newer version."""


class BadSource(TrainsetError):
    """What is to be imported cannot be read as any known layout, or it is not clear which one is meant."""


class BadFilter(TrainsetError):
    """A filter that is not one expression over the columns of the dataset."""


class UnknownName(TrainsetError):
    """A sample, class, version, source or plug-in that does not exist; the message lists what does."""


class BadValue(TrainsetError):
    """An argument or a setting outside what is allowed."""


class UndoRefused(TrainsetError):
    """Undoing would take away what someone else did since; the message names those actions."""


class Unsafe(TrainsetError):
    """A path, link, device or address that reaches out of the folder it must stay in."""


class TargetExists(TrainsetError):
    """An export would write over something that is already there."""


class StorageFull(TrainsetError):
    """The disk is full or the quota is reached; nothing half-written is left behind."""


class PluginError(TrainsetError):
    """A plug-in whose declaration does not fit its kind."""


class MissingPackage(TrainsetError):
    """An optional package is needed; the message gives the pip command."""

    def __init__(self, feature: str, package: str, *, install: str = "") -> None:
        """install: what brings the package, where that is not its own name, such as an extra of ours."""
        wanted = install or package
        super().__init__(
            f"{feature} needs the package {package!r}",
            next=f"pip install {wanted!r}" if "[" in wanted else f"pip install {wanted}",
        )


class DamagedModel(TrainsetError):
    """A model file is not what it must be: another hash, damaged, or asking for more than numbers."""


class Gone(TrainsetError):
    """The bytes of a sample are no longer there, or no longer what they were, and no copy is kept."""


class Offline(TrainsetError):
    """Something had to be fetched because it was asked for, and the network or the server did not give it."""
