"""Writes the change report, for people as Markdown and for machines as JSON."""

from spec.changes import Change
from spec.document import Json, Object, child
from spec.emit import to_json
from spec.overlay import Action

NONE, COMPATIBLE, BREAKING = 0, 10, 11


def exit_code(changes: list[Change]) -> int:
    """Returns what `--report-only` ends with."""
    if any(change.breaking for change in changes):
        return BREAKING
    return COMPATIBLE if changes else NONE


def as_json(changes: list[Change], unmatched: list[Action], old: Object, new: Object) -> str:
    """Returns the report as JSON."""
    listed: list[Json] = [{"where": it.where, "what": it.what, "breaking": it.breaking} for it in changes]
    return to_json(
        {
            "result": {NONE: "none", COMPATIBLE: "compatible", BREAKING: "breaking"}[exit_code(changes)],
            "from": old.get("x-source"),
            "to": new.get("x-source"),
            "changes": listed,
            "unmatched-actions": [str(action) for action in unmatched],
        }
    )


def as_markdown(changes: list[Change], unmatched: list[Action], old: Object, new: Object) -> str:
    """Returns the report as Markdown; one line when nothing changed."""
    lines = [f"No change of shape from {_identity(old)} to {_identity(new)}."]
    if changes:
        breaking = sum(change.breaking for change in changes)
        lines = [
            f"## {len(changes)} changes of shape, {breaking} of them breaking",
            "",
            f"From {_identity(old)} to {_identity(new)}.",
            "",
            "| breaks callers | where | what |",
            "| --- | --- | --- |",
            # What breaks comes first; sorting keeps the rest in the order of the document.
            *(_row(change) for change in sorted(changes, key=lambda it: not it.breaking)),
        ]
    if unmatched:
        lines += ["", "Corrections that match nothing any more, to be retired or aimed anew before the next sync:", ""]
        lines += [f"- {action}: {action.reason}" for action in unmatched]
    return "\n".join(lines) + "\n"


def _row(change: Change) -> str:
    return f"| {'**yes**' if change.breaking else 'no'} | {_cell(change.where)} | {_cell(change.what)} |"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _identity(document: Object) -> str:
    source = child(document, "x-source")
    return f"version {source.get('version', 'unknown')} (sha256 {str(source.get('sha256', 'unknown'))[:12]})"
