"""Draws medians as a chart, an SVG that is readable on light and on dark pages and at 400 pixels."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

_WIDTH: Final = 380
_LEFT: Final = 112
_LONGEST: Final = 180
_STYLE: Final = """
  text { font: 12px system-ui, sans-serif; fill: #1f2328; }
  .title { font-weight: 600; }
  .card { fill: #ffffff; stroke: #d0d7de; }
  .ours { fill: #0969da; }
  .other { fill: #8c959f; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3; }
    .card { fill: #161b22; stroke: #30363d; }
    .ours { fill: #4493f8; }
    .other { fill: #6e7681; }
  }
"""


@dataclass(frozen=True)
class Bar:
    """A contender's value, as a number to draw and as a text."""

    contender: str
    value: float
    text: str


@dataclass(frozen=True)
class Group:
    """Bars of the same unit, drawn relative to the longest of them."""

    title: str
    bars: Sequence[Bar]


def draw(groups: Sequence[Group]) -> str:
    """Return the SVG."""
    lines: list[str] = []
    y = 8
    for group in groups:
        y += 20
        lines.append(f'<text class="title" x="12" y="{y}">{escape(group.title)}</text>')
        longest = max(bar.value for bar in group.bars)
        for bar in group.bars:
            y += 19
            kind = "ours" if bar.contender == "chatkit-sessions" else "other"
            width = max(bar.value / longest * _LONGEST, 1)
            lines += [
                f'<text x="12" y="{y}">{escape(bar.contender)}</text>',
                f'<rect class="{kind}" x="{_LEFT}" y="{y - 10}" width="{width:.1f}" height="12" rx="2"/>',
                f'<text x="{_LEFT + width + 6:.1f}" y="{y}">{escape(bar.text)}</text>',
            ]
        y += 8
    height = y + 8
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" viewBox="0 0 {_WIDTH} {height}" role="img">',
            "<title>Time, memory and size of chatkit-sessions, openai and bare httpx</title>",
            f"<style>{_STYLE}</style>",
            f'<rect class="card" x="0.5" y="0.5" width="{_WIDTH - 1}" height="{height - 1}" rx="8"/>',
            *lines,
            "</svg>",
            "",
        ]
    )
