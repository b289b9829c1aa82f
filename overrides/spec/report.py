"""Writes the change report, for people as Markdown and for machines as JSON."""

import re

from spec.changes import Change
from spec.document import Json, Object, StaleCorrectionError, child, printable
from spec.emit import to_json
from spec.overlay import Action

NONE, COMPATIBLE, BREAKING, STALE = 0, 10, 11, StaleCorrectionError.exit_code

# Texts that Markdown shows as they are; any other text of a document is shown as code.
_PLAIN = re.compile(r"""[\w ./{}:,()"'=+\[\]-]*""", re.ASCII)
_MARKUP = re.compile(r"\]\(|//|www\.|(?<!\w)_")


def exit_code(changes: list[Change], unmatched: list[Action]) -> int:
    """Return the exit code of `--report-only`."""
    return STALE if unmatched else _result(changes)


def _result(changes: list[Change]) -> int:
    if any(change.breaking for change in changes):
        return BREAKING
    return COMPATIBLE if changes else NONE


def as_json(changes: list[Change], unmatched: list[Action], old: Object, new: Object) -> str:
    """Return the report as JSON."""
    listed: list[Json] = [
        {"where": it.where, "place": it.place, "what": it.what, "breaking": it.breaking, "judged": it.judged}
        for it in changes
    ]
    return to_json(
        {
            "result": {NONE: "none", COMPATIBLE: "compatible", BREAKING: "breaking"}[_result(changes)],
            "from": old.get("x-source"),
            "to": new.get("x-source"),
            "changes": listed,
            "unmatched-actions": [str(action) for action in unmatched],
        }
    )


def as_markdown(changes: list[Change], unmatched: list[Action], old: Object, new: Object) -> str:
    """Return the report as Markdown; one line when nothing changed."""
    lines = [f"No change of shape from {_identity(old)} to {_identity(new)}."]
    if changes:
        breaking = sum(change.breaking for change in changes)
        lines = [
            f"## {len(changes)} changes of shape, {breaking} of them breaking",
            "",
            f"From {_identity(old)} to {_identity(new)}.",
            "",
            "| breaks callers | where | what | for callers |",
            "| --- | --- | --- | --- |",
            # What breaks comes first; sorting keeps the rest in the order of the document.
            *(_row(change) for change in sorted(changes, key=lambda it: not it.breaking)),
        ]
    if unmatched:
        lines += ["", "Corrections that match nothing any more, to be retired or aimed again before the next sync:", ""]
        lines += [f"- {action}: {action.reason}" for action in unmatched]
    return "\n".join(lines) + "\n"


def _row(change: Change) -> str:
    cells = [plain(it) for it in (change.where, change.what, change.place)]
    return f"| {'**yes**' if change.breaking else 'no'} | {' | '.join(cells)} |"


def plain(text: str) -> str:
    """Return a text from a document in a form that shows as it is, in a terminal and in a cell of Markdown."""
    text = printable(text)
    text = text if len(text) <= 300 else f"{text[:299]}…"
    if _PLAIN.fullmatch(text) and not _MARKUP.search(text):
        return text
    fence = "`" * (max(map(len, re.findall("`+", text)), default=0) + 1)
    padding = " " if text[0] == "`" or text[-1] == "`" else ""
    return f"{fence}{padding}{text}{padding}{fence}".replace("|", "\\|")


def _identity(document: Object) -> str:
    source = child(document, "x-source")
    version, digest = (str(source.get(key, "unknown"))[:40] for key in ("version", "sha256"))
    return f"version {plain(version)} (sha256 {plain(digest[:12])})"
