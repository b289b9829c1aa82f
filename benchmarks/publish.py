"""Writes the figures of a result file into the pages that show them, and the chart."""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from statistics import median
from typing import Any, Final

from benchmarks import chart, plan, report
from benchmarks.environments import ROOT
from benchmarks.plan import Figure
from benchmarks.report import Outcome
from benchmarks.rounds import Samples

RESULT: Final = ROOT / "benchmarks" / "result.json"

_CHARTED: Final = {
    plan.START_TLS: "Process start to first session, TLS: CPU",
    plan.START_TLS_PEAK: "The same: peak memory",
    plan.CREATE_FEW: "One sync create: CPU",
    plan.ASYNC_CREATE[1]: "One async create: CPU",
    plan.ASYNC_CREATE[500]: "Async create, 500 at once: CPU each",
    plan.SOURCE_BYTES: "Installed, without bytecode",
    plan.WEB_CPU[300]: "Web endpoint, 300 visitors at once: CPU each",
}
_SUMMARY: Final = (
    plan.START_PLAIN,
    plan.START_TLS,
    plan.START_TLS_PEAK,
    plan.IMPORT,
    plan.CREATE_FEW,
    plan.CREATE_MANY,
    plan.ASYNC_CREATE[1],
    plan.ASYNC_RATE[100],
    plan.ASYNC_RATE[500],
    plan.THREADS,
    plan.SOURCE_BYTES,
    plan.WEB_CPU[50],
    plan.WEB_CPU[300],
    plan.WEB_RATE[300],
)
_README: Final = {
    "CPU until the first session": (plan.START_PLAIN, 2),
    "installed size": (plan.SOURCE_BYTES, 2),
    "500 sessions at once, per second": (plan.ASYNC_RATE[500], 1),
}
_NAMES: Final = {"ours": "chatkit-sessions", "openai": "openai", "httpx": "bare httpx"}


def publish(data: Mapping[str, Any]) -> None:
    """Write the pages and the chart."""
    for path, text in pages(data).items():
        path.write_text(text, "utf-8")


def pages(data: Mapping[str, Any]) -> dict[Path, str]:
    """Return what each page says with the figures of a result file."""
    samples = report.from_data(data)
    found = report.outcomes(samples)
    docs = ROOT / "docs"
    readme, summary, table = ROOT / "README.md", docs / "performance.md", docs / "performance-table.md"
    about = _about(data)
    return {
        docs / "performance.svg": _chart(samples),
        readme: _readme(readme.read_text("utf-8"), samples, found),
        summary: _replaced(summary.read_text("utf-8"), f"{about}\n\n{_missed(found)}\n\n{_summary(samples, found)}"),
        table: _replaced(table.read_text("utf-8"), f"{about}\n\n{_tables(found)}"),
    }


def _replaced(page: str, text: str) -> str:
    """Return the page with another text between its two markers."""
    start, end = "<!-- benchmarks/run.sh --publish writes this -->\n", "<!-- to here -->\n"
    before, _, rest = page.partition(start)
    _, _, after = rest.partition(end)
    return f"{before}{start}\n{text}\n\n{end}{after}"


def _about(data: Mapping[str, Any]) -> str:
    day = date.fromisoformat(data["date"])
    packages: Mapping[str, Mapping[str, str]] = data["packages"]
    versions = {**packages["openai[aiohttp]"], **packages["chatkit-sessions[aiohttp]"]}
    named = ("openai", "httpx", "httpx2", "aiohttp", "httpx-aiohttp")
    return "\n".join(
        [
            f"One {'full' if data['full'] else 'short'} run of {data['minutes']} minutes on {day.day} {day:%B %Y}:",
            "",
            f"- {data['processor']}",
            f"- Python {data['python']}, {', '.join(f'{name} {versions[name]}' for name in named)}",
        ]
    )


def _missed(found: Sequence[Outcome]) -> str:
    judged = [outcome for outcome in found if outcome.holds is not None]
    missed = [outcome for outcome in judged if not outcome.holds]
    if not missed:
        return f"All {len(judged)} bars are met."
    lines = [f"{len(judged) - len(missed)} of {len(judged)} bars are met. These are missed:", ""]
    for outcome in missed:
        figure, who, _, rival, _, ratio, bar, _ = report.row(outcome)
        lines.append(f"- {figure}, {who} against {rival}: {ratio} (bar {bar})" if rival else f"- {figure}: bar {bar}")
    return "\n".join(lines)


def _summary(samples: Samples, found: Sequence[Outcome]) -> str:
    lines = ["| figure | ours | openai | ratio | bare httpx |", "| --- | --- | --- | --- | --- |"]
    for figure in _SUMMARY:
        ours, theirs, httpx = (_median(samples, figure, name) for name in ("ours", "openai", "httpx"))
        lines.append(f"| {figure.name} | {ours} | {theirs} | {_ratio(found, figure):.2f} | {httpx} |")
    return "\n".join(lines)


def _tables(found: Sequence[Outcome]) -> str:
    """Return one table per figure, narrow enough for a telephone."""
    lines: list[str] = []
    figure = None
    for outcome in found:
        if outcome.comparison.figure != figure:
            figure = outcome.comparison.figure
            title = figure.name[0].upper() + figure.name[1:]
            lines += ["", f"## {title}", "", "| ours | against | ratio | bar |", "| --- | --- | --- | --- |"]
        _, who, value, rival, other, ratio, bar, holds = report.row(outcome)
        bar = f"{bar}: {'met' if holds == 'yes' else 'missed'}" if bar else ""
        lines.append(f"| {who}: {value} | {f'{rival}: {other}' if rival else ''} | {ratio} | {bar} |")
    return "\n".join(lines).strip()


def _readme(page: str, samples: Samples, found: Sequence[Outcome]) -> str:
    for label, (figure, digits) in _README.items():
        httpx = samples.of(figure, "httpx")
        against = f"{median(httpx) / median(samples.of(figure, 'openai')):.{digits}f}" if httpx else "less"
        row = f"| {label} | {_ratio(found, figure):.{digits}f} | 1 | {against} |"
        page, count = re.subn(rf"^\| {re.escape(label)} \|.*$", row, page, flags=re.MULTILINE)
        assert count == 1, label
    return page


def _chart(samples: Samples) -> str:
    return chart.draw(
        [
            chart.Group(
                title,
                [
                    chart.Bar(_NAMES[name], median(values), _median(samples, figure, name))
                    for name in _NAMES
                    if (values := samples.of(figure, name))
                ],
            )
            for figure, title in _CHARTED.items()
        ]
    )


def _ratio(found: Sequence[Outcome], figure: Figure) -> float:
    return next(
        outcome.ratio.median
        for outcome in found
        if outcome.ratio
        and (outcome.comparison.figure, outcome.comparison.contender, outcome.comparison.rival)
        == (figure, "ours", "openai")
    )


def _median(samples: Samples, figure: Figure, contender: str) -> str:
    values = samples.of(figure, contender)
    return report.shown(report.Summary(median(values), 0.0), figure.unit) if values else ""
