"""curve: how errors fall as samples are added, what to collect next, and whether an earlier forecast came true."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from trainset.cli import output, reports
from trainset.cli.embed import Embedder
from trainset.cli.options import AsJson, DatasetDir, opened, pairs
from trainset.cli.train import Classes, Groups, Seed, Settings, Values, Weights
from trainset.errors import BadValue

if TYPE_CHECKING:
    from trainset.work.check_curve import CurveCheck
    from trainset.work.forecasts import Forecast, Offer
    from trainset.work.prices import Prices

_BAR = 24


def curve(
    recipe: Annotated[
        str, typer.Option(metavar="NAME", help="A recipe of `trainset recipes`; by default that of the latest run.")
    ] = "",
    version: Annotated[
        str | None, typer.Option("--version", metavar="VERSION", help="Of a version, or at '#12' in the log.")
    ] = None,
    more: Annotated[
        int | None, typer.Option("-n", metavar="N", help="Samples of a class; by default half of a middling class.")
    ] = None,
    of: Annotated[
        list[str] | None,
        typer.Option(
            "--of",
            metavar="CLASS",
            help="A class to forecast, again for more; by default the ten of which most is wrong.",
        ),
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Compare the latest forecast with what arrived since, and forecast nothing.")
    ] = False,
    forecast: Annotated[int | None, typer.Option(metavar="N", min=1, help="With --check: another forecast.")] = None,
    embedder: Embedder = "",
    settings: Settings = None,
    groups: Groups = None,
    classes: Classes = None,
    values: Values = None,
    weights: Weights = None,
    seed: Seed = None,
    dataset: DatasetDir = None,
    json: AsJson = False,
) -> None:
    """Draw learning curves, and say what to collect next: what more samples of each class would bring, with intervals."""
    if forecast is not None and not check:
        raise BadValue("--forecast names one to compare", next=f"trainset curve --check --forecast {forecast}")
    changes = {
        "embedder": embedder or None, "settings": pairs(settings, "--set") or None, "groups": groups, "classes": classes,
        "values": values, "weights": weights, "seed": seed,
    }  # fmt: skip
    with opened(dataset) as found:
        with output.stages("embed", "train on parts", quiet=json) as (embedded, trained):
            if check:
                compared = found.check_curve(forecast, embed_progress=embedded, progress=trained)
            else:
                made = found.curve(
                    recipe, version=version, more=more, of=tuple(of or ()), embed_progress=embedded, progress=trained,
                    **changes,
                )  # fmt: skip
        known, place = found.prices(), reports.where_flag(found)
    if check:
        output.document(compared.as_dict()) if json else _compare(compared, place)
    elif json:
        output.document(made.as_dict(known))
    else:
        _tell(made, known, place)


COMMANDS = (curve,)


def _tell(made: Forecast, known: Prices, place: str) -> None:
    output.line(f"forecast {made.number}: {made.samples:,} samples at #{made.at}, held out {_by(made)}", "bold")
    rows = made.as_dict()["curve"]
    cells = [
        [
            f"{row['samples']:,}", output.bar(row["right"], _BAR), f"{100 * row['right']:.1f} %",
            f"{100 * row['low']:.1f} to {100 * row['high']:.1f}", "forecast" if row["forecast"] else "",
        ]
        for row in rows
    ]  # fmt: skip
    output.show(output.table(["samples", "", "right", "interval", ""], cells, right=(0, 2)))
    if made.by_class:
        _classes(made)
    output.line()
    _offers(made)
    _ranking(made, known)
    for remark in made.remarks:
        output.line(f"  {output.safe(remark)}")
    if not known.prices:
        output.line(f"next: trainset prices set new-sample 0.40 --unit EUR{place}")
        output.line("  ranks by money, --unit minutes by time")
    output.line(f"when more samples are there: trainset curve --check{place}")


def _by(made: Forecast) -> str:
    return "one by one" if made.by == "none" else f"by {made.by.replace(',', ' and ')}"


def _classes(made: Forecast) -> None:
    """The recall of each class while all of them grow."""
    some = list(made.by_class)
    sizes = made.whole.sizes[-4:]
    names = ["recall by samples of all", *(f"{size:,}" for size in sizes), "twice", "interval"]
    rows = []
    for name in some:
        one = made.by_class[name]
        then = one.then(int(one.sizes[-1]))
        own = [f"{100 * (1 - error):.0f}" for error in one.error[-4:]]
        rows.append(
            [output.safe(name, 24), *own, f"{100 * then.value:.0f}", f"{100 * then.low:.0f} to {100 * then.high:.0f}"]
        )
    output.line()
    output.show(output.table(names, rows, right=range(1, 2 + len(sizes))))


def _offers(made: Forecast) -> None:
    """A sentence for all that can be told, and one for classes of which nothing can."""
    vague = [one for one in made.offers if one.kind == "class" and not one.gain.told]
    for offer in made.offers:
        if offer not in vague or len(vague) < 3:
            output.line(output.safe(sentence(offer)))
    if len(vague) >= 3:
        low, high = min(one.gain.low for one in vague), max(one.gain.high for one in vague)
        named = ", ".join(f"`{output.safe(one.name, 24)}`" for one in vague)
        output.line(
            f"{vague[0].more:,} more of one class: nothing that can be told from chance (intervals within {100 * low:+.1f} to {100 * high:+.1f}) for {named}"
        )


def sentence(offer: Offer) -> str:
    """What an offer would bring, as far as the interval supports it."""
    from trainset.work.curve import points

    gain = points(offer.gain).split(" points ", 1)
    name = f"`{output.safe(offer.name, 40)}`"
    if offer.kind == "all":
        what, of = f"{offer.more:,} more of all classes, mixed as they are", "held-out accuracy"
    elif offer.kind == "class":
        what, of = f"{offer.more:,} more of {name}", "its recall"
    elif offer.kind == "label":
        what, of = f"one more label in {name} ({offer.samples:,} samples)", "its recall on labels never seen"
    else:
        what, of = f"{offer.more:,} more of the labels in {name} that are there", "its recall on labels never seen"
    said = f"{gain[0]} points of {of} {gain[1]}" if len(gain) == 2 else gain[0]
    return f"{what}: {said}"


def _ranking(made: Forecast, known: Prices) -> None:
    """What to collect first, of what can be told from chance."""
    ranked = made.ranked()
    told = [one for one in ranked if one.gain.low > 0]
    output.line()
    if not told:
        wrong = bool(made.whole.error[-1])
        other = "; label errors may pay more" if wrong else ", and no sample is predicted wrong as it is"
        output.line(f"what to collect next: of none of these can a gain be told from chance{other}")
        return
    units = list(known.per_sample)
    output.line("what to collect next, by points of the mean recall of all classes:", "bold")
    names = [
        "",
        "collect",
        "mean recall",
        "interval",
        "per 100",
        *(f"per {'hour' if unit == 'hours' else unit}" for unit in units),
    ]
    rows = []
    for number, one in enumerate(told, 1):
        per = one.per(known)
        rows.append(
            [
                str(number), _short(one), f"{100 * one.mean.value:+.2f}", f"{100 * one.mean.low:+.2f} to {100 * one.mean.high:+.2f}",
                f"{100 * per['sample']:+.2f}", *(f"{per[unit]:+.2f}" for unit in units),
            ]
        )  # fmt: skip
    output.show(output.table(names, rows, right=(0, 2, *range(4, 5 + len(units)))))
    if any(not one.mean.told for one in told):
        output.line("  where the interval holds 0, what the class gains may be lost by others")


def _short(one: Offer) -> str:
    if one.kind == "all":
        return f"{one.more:,} of all classes"
    return (
        f"1 label in {output.safe(one.name, 20)}"
        if one.kind == "label"
        else f"{one.more:,} of {output.safe(one.name, 24)}"
    )


def _compare(found: CurveCheck, place: str) -> None:
    output.line(
        f"forecast {found.forecast}, made at #{found.at}: {found.arrived:,} samples have arrived since, judged on the {found.then:,} of then"
    )
    rows = [
        [
            output.safe(one.name, 24) if one.name else "all", f"{one.samples:,}", f"{100 * one.forecast.value:+.1f}",
            f"{100 * one.forecast.low:+.1f} to {100 * one.forecast.high:+.1f}", f"{100 * one.happened:+.1f}", "" if one.inside else "outside",
        ]
        for one in found.rows
    ]  # fmt: skip
    output.show(output.table(["class", "arrived", "forecast", "interval", "happened", ""], rows, right=(1, 2, 4)))
    inside = sum(one.inside for one in found.rows)
    output.line(
        f"{inside} of {len(found.rows)} lie in their interval; {found.level:.0%} are meant to, over many forecasts"
    )
    for remark in found.remarks:
        output.line(f"  {output.safe(remark)}")
    output.line(f"next: trainset curve{place}")
