"""Turns the samples into a table for people, and into JSON for machines."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median, quantiles
from typing import Any, Final

from benchmarks.plan import COMPARISONS, Comparison, Figure, Unit
from benchmarks.rounds import Samples


@dataclass(frozen=True)
class Summary:
    """The median, and the spread: half of what lies between the quartiles, as a share of the median."""

    median: float
    spread: float


@dataclass(frozen=True)
class Outcome:
    """A comparison that was made. The ratio is the median of each round's own."""

    comparison: Comparison
    value: Summary
    rival: Summary | None
    ratio: Summary | None

    @property
    def holds(self) -> bool | None:
        return self.comparison.holds((self.ratio or self.value).median)


def summary(values: Sequence[float]) -> Summary:
    """Summarise samples."""
    middle = median(values)
    if len(values) < 2 or not middle:
        return Summary(middle, 0.0)
    first, _, third = quantiles(values, n=4, method="inclusive")
    return Summary(middle, (third - first) / 2 / abs(middle))


def outcomes(samples: Samples) -> list[Outcome]:
    """Return the comparisons of what was measured."""
    found: list[Outcome] = []
    for comparison in COMPARISONS:
        values = samples.of(comparison.figure, comparison.contender)
        if not values:
            continue
        if comparison.rival is None:
            found.append(Outcome(comparison, summary(values), None, None))
            continue
        rivals = samples.of(comparison.figure, comparison.rival)
        ratios = [value / rival for value, rival in zip(values, rivals, strict=True)]
        found.append(Outcome(comparison, summary(values), summary(rivals), summary(ratios)))
    return found


def from_data(data: Mapping[str, Any]) -> Samples:
    """Return the samples that `as_data` was given."""
    samples = Samples()
    for each in data["figures"]:
        for value in each["samples"]:
            samples.add(Figure(each["figure"], each["unit"]), each["contender"], value)
    return samples


def heading(about: Mapping[str, Any]) -> str:
    """Return what was measured where, as Markdown."""
    packages: Mapping[str, Mapping[str, str]] = about["packages"]
    versions = {**packages["openai[aiohttp]"], **packages["chatkit-sessions[aiohttp]"]}
    named = ("chatkit-sessions", "openai", "httpx", "httpx2", "aiohttp", "httpx-aiohttp")
    reached = (
        f"{name}: {rate['rate']:,.0f}/s ({rate['rate_per_processor']:,.0f} per second of its processor time)"
        for name, rate in about["server"].items()
    )
    return "\n".join(
        [
            f"- Python {about['python']} on {about['processor']}",
            f"- {', '.join(f'{name} {versions[name]}' for name in named)}",
            f"- what the server answers to a client of raw sockets: {'; '.join(reached)}",
            "",
        ]
    )


def table(found: Sequence[Outcome]) -> str:
    """Return the outcomes as a Markdown table."""
    head = ["figure", "contender", "", "against", "", "ratio", "bar", "holds"]
    rows = [head, *(row(outcome) for outcome in found)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(head))]
    rows.insert(1, ["-" * width for width in widths])
    lines = (" | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)
    return "\n".join(f"| {line} |" for line in lines)


def as_data(samples: Samples, found: Sequence[Outcome], about: Mapping[str, object]) -> dict[str, Any]:
    """Return everything as JSON data; samples are in seconds, bytes, counts, or calls per second."""
    return {
        **about,
        "figures": [
            {
                "figure": figure.name,
                "unit": figure.unit,
                "contender": contender,
                "median": summary(values).median,
                "spread": summary(values).spread,
                "samples": list(values),
            }
            for figure, contender, values in samples.all()
        ],
        "comparisons": [
            {
                "figure": outcome.comparison.figure.name,
                "contender": outcome.comparison.contender,
                "against": outcome.comparison.rival,
                "ratio": outcome.ratio.median if outcome.ratio else None,
                "spread": outcome.ratio.spread if outcome.ratio else None,
                "bar": outcome.comparison.bar,
                "holds": outcome.holds,
            }
            for outcome in found
        ],
    }


_PREFIXES: Final[Mapping[Unit, Sequence[tuple[float, str]]]] = {
    "seconds": ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs")),
    "bytes": ((1024.0**2, "MiB"), (1024.0, "KiB")),
    "count": ((1.0, ""),),
    "per second": ((1.0, "/s"),),
}


def row(outcome: Outcome) -> list[str]:
    comparison = outcome.comparison
    unit = comparison.figure.unit
    bar = ""
    if comparison.bar is not None:
        bar = f"{comparison.bar:.2f}" if comparison.rival else shown(Summary(comparison.bar, 0.0), unit)
        bar = f"{'≥' if comparison.wants_more else '≤'} {bar}"
    return [
        comparison.figure.name,
        comparison.contender,
        shown(outcome.value, unit),
        comparison.rival or "",
        shown(outcome.rival, unit) if outcome.rival else "",
        f"{outcome.ratio.median:.3f}{_spread(outcome.ratio)}" if outcome.ratio else "",
        bar,
        {True: "yes", False: "no", None: ""}[outcome.holds],
    ]


def shown(value: Summary, unit: Unit) -> str:
    scales = _PREFIXES[unit]
    factor, name = next((scale for scale in scales if abs(value.median) >= scale[0]), scales[-1])
    number = value.median / factor
    digits = f"{number:,.0f}" if number >= 100 or unit == "count" else f"{number:.3g}"
    return f"{digits} {name}".rstrip() + _spread(value)


def _spread(value: Summary) -> str:
    return f" ± {value.spread:.0%}" if value.spread else ""
