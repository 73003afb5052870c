"""One contributor in two splits."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from trainset.checks._flagged import flag
from trainset.checks._groups import codes
from trainset.checks._quoted import quoted
from trainset.contracts import Findings, check


@check("One contributor in two splits", matters=3)
def contributor_leak(contributor: pa.Array, split: pa.Array) -> Findings:
    """Test and validation samples by somebody who also contributed to training.

    ## Why it matters
    A voice, a camera or a hand that is known already makes the test easier than a stranger will be.

    ## What to do
    Keep each contributor on one side: `trainset move-split`, or let `import` propose splits, which it does by contributor.
    """
    people, names = codes(contributor)
    train = pc.equal(split, "train").fill_null(False).to_numpy(zero_copy_only=False)
    tested = pc.is_in(split, value_set=pa.array(["test", "validation"])).to_numpy(zero_copy_only=False)
    known = np.bincount(people[(people >= 0) & train], minlength=len(names)) > 0
    flagged = tested & (people >= 0) & (known[people] if len(names) else False)
    both = len(np.unique(people[flagged]))
    about = [f"{both:,} of {len(names):,} contributors are in training and in test or validation"] if both else []
    return flag(
        flagged,
        np.full(len(people), 0.7),
        lambda row: f"{quoted(names[people[row]])} is in training as well",
        about=about,
    )
