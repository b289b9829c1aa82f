"""What the command prints, which may hold names from outside."""

from collections.abc import Sequence
from typing import Final, TextIO

_MAX_NAMES: Final = 20
_MAX_LENGTH: Final = 200


def listed(names: Sequence[str]) -> str:
    """Return some names for a sentence: printable, and only so many."""
    more = [f"and {len(names) - _MAX_NAMES} more"] if len(names) > _MAX_NAMES else []
    return ", ".join([*map(printable, names[:_MAX_NAMES]), *more])


def printable(text: str) -> str:
    """Return a text that cannot move a terminal's cursor or forge a line."""
    shown = "".join(
        each if each.isprintable() else each.encode("unicode_escape").decode() for each in text[:_MAX_LENGTH]
    )
    return f"{shown}…" if len(text) > _MAX_LENGTH else shown


def say(words: str, stream: TextIO) -> None:
    """Print a line in whatever encoding a stream has."""
    encoding = stream.encoding or "utf-8"
    line = words.encode(encoding, "backslashreplace").decode(encoding)
    print(line.replace(r"\u2192", "->").replace(r"\u2026", "..."), file=stream)
