"""What every test may use: the shared data, a person's settings folder of its own, a count of what was skipped."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

if (
    signal.getsignal(signal.SIGINT) is signal.SIG_IGN
):  # started in the background by a shell: Ctrl-C would end no program that a test starts
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def data_folder() -> Path:
    """The folder of real test data: `$TRAINSET_DATA`, else beside the clone. A failure in CI, a skip elsewhere."""
    folder = Path(os.environ.get("TRAINSET_DATA") or Path(__file__).parents[2] / "shared" / "data")
    if folder.is_dir():
        return folder
    if os.environ.get("CI"):
        pytest.fail(f"no test data at {folder}")
    pytest.skip(
        f"no test data at {folder}: set TRAINSET_DATA (docs/how-to/test-data.md says where each set comes from)"
    )


@pytest.fixture(autouse=True)
def own_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Settings outside datasets go to a folder of the test's own, and every test acts as the same person."""
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("TRAINSET_HOME", str(home))
    monkeypatch.setenv("TRAINSET_PERSON", "ada")
    yield home


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Prints the tables that tests recorded with `record_property("table", ...)`, also those of other processes."""
    reports = [report for kind in ("passed", "failed") for report in terminalreporter.stats.get(kind, [])]
    lines = [str(value) for report in reports for name, value in report.user_properties if name == "table"]
    if lines:
        terminalreporter.section("what the tests tell")
        terminalreporter.write_line("\n".join(sorted(set(lines))))
