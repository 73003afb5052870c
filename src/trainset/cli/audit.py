"""measure: what is computed from media."""

from __future__ import annotations

from trainset.cli import output
from trainset.cli.options import AsJson, DatasetDir, opened


def measure(dataset: DatasetDir = None, json: AsJson = False) -> None:
    """Compute measures that are missing; an import computes them all, so this is for datasets of an older trainset."""
    with opened(dataset) as found:
        with output.progress("measure", quiet=json) as count:
            result = found.measure(progress=count)
        if json:
            output.document(result.as_dict())
            return
        output.line(f"{result.measured:,} contents measured in {result.seconds:.1f} s, {result.present:,} had been")
        for reason, number in sorted(result.unmeasured.items(), key=lambda pair: -pair[1]):
            output.line(f"  {number:,} could not be: {output.safe(reason, 300)}", style="yellow")


COMMANDS = (measure,)
