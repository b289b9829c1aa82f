import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from spec.report import plain
from support.regeneration import Tree


def unchanged(document: dict[str, Any]) -> None:
    document["components"]["schemas"]["HistoryParam"]["description"] = "Other words."


def compatible(document: dict[str, Any]) -> None:
    document["components"]["schemas"]["ChatSessionStatus"]["enum"].append("paused")


def breaking(document: dict[str, Any]) -> None:
    compatible(document)
    del document["components"]["schemas"]["HistoryParam"]["properties"]["enabled"]


def moved(document: dict[str, Any]) -> None:
    """Nor does a correction match any more."""
    document["paths"]["/v2/sessions"] = document["paths"].pop("/chatkit/sessions/{session_id}/cancel")


@pytest.mark.parametrize(
    ("edit", "code", "result"),
    [(unchanged, 0, "none"), (compatible, 10, "compatible"), (breaking, 11, "breaking"), (moved, 12, "breaking")],
)
def test_report_only_tells_by_its_exit_code_and_writes_only_the_report(
    tree: Tree, document: dict[str, Any], edit: Callable[[dict[str, Any]], None], code: int, result: str
) -> None:
    edit(document)
    before = tree.contents()
    report = tree.root / "report.json"
    done = tree.sync(document, "--report-only", "--report", report)
    assert (done.code, done.error) == (code, "")
    written = json.loads(report.read_text(encoding="utf-8"))
    report.unlink()
    assert written["result"] == result
    assert any(change["breaking"] for change in written["changes"]) == (code >= 11)
    assert [*written["unmatched-actions"]] == ([] if edit is not moved else written["unmatched-actions"][:1])
    assert tree.contents() == before


def test_a_document_that_makes_no_sense_is_no_change_but_an_error(tree: Tree, document: dict[str, Any]) -> None:
    document["components"]["schemas"]["ChatSessionChatkitConfiguration"]["properties"] = None
    done = tree.sync(document, "--report-only")
    assert (done.code, done.output) == (1, "")
    place = "#/components/schemas/ChatSessionChatkitConfiguration/properties"
    assert (
        done.error == f"generate.sh: The document is not valid OpenAPI 3.1 at {place}: expected an object, got null.\n"
    )


def test_no_change_is_one_line(tree: Tree, document: dict[str, Any]) -> None:
    done = tree.sync(document, "--report-only")
    assert done.output.count("\n") == 1
    assert done.output.startswith("No change of shape ")


def test_the_report_lists_what_breaks_first_and_what_to_do(tree: Tree, document: dict[str, Any]) -> None:
    breaking(document)
    moved(document)
    markdown = tree.root / "report.md"
    done = tree.sync(document, "--report-only", "--report", markdown)
    assert markdown.read_text(encoding="utf-8") == done.output
    rows = [line for line in done.output.splitlines() if line.startswith(("| **yes** |", "| no |"))]
    assert rows == [
        "| **yes** | POST /chatkit/sessions/{session_id}/cancel | operation removed |  |",
        "| **yes** | request HistoryParam | property enabled removed | chatkit_configuration.history.enabled |",
        '| no | response ChatSessionStatus | value "paused" added | status |',
    ]
    assert "- corrections.yaml, action 2 ($.paths['/chatkit/sessions/{session_id}/cancel'].post): " in done.output


def test_a_sync_ends_with_the_report(tree: Tree, document: dict[str, Any], tmp_path: Path) -> None:
    compatible(document)
    markdown, machine = tmp_path / "report.md", tmp_path / "report.json"
    done = tree.sync(document, "--report", markdown, "--report", machine)
    assert (done.code, done.error) == (0, "")
    assert done.output == markdown.read_text(encoding="utf-8")
    assert '| no | response ChatSessionStatus | value "paused" added |' in done.output
    assert json.loads(machine.read_text(encoding="utf-8"))["result"] == "compatible"
    assert "paused" in (tree.root / "openapi.yaml").read_text(encoding="utf-8")
    assert tree.run("--upstream", tree.root / "upstream.json", "--report-only").code == 0


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("property enabled removed", "property enabled removed"),
        ("request HistoryParam.recent_threads[]", "request HistoryParam.recent_threads[]"),
        ("a|b", "`a\\|b`"),
        ("<img src=x>", "`<img src=x>`"),
        ("[here](https://example.org)", "`[here](https://example.org)`"),
        ("@openai/team", "`@openai/team`"),
        ("**bold**", "`**bold**`"),
        ("_a_", "`_a_`"),
        ("# heading", "`# heading`"),
        ("a `b` c", "``a `b` c``"),
        ("`", "`` ` ``"),
        ("two\nlines\x1b[2J\u202e", "`two\\nlines\\x1b[2J\\u202e`"),
        ("", ""),
    ],
)
def test_a_text_of_a_document_writes_no_markdown(text: str, shown: str) -> None:
    assert plain(text) == shown


def test_a_version_with_commands_in_it_reaches_neither_terminal_nor_pull_request(
    tree: Tree, document: dict[str, Any]
) -> None:
    document["info"]["version"] = "1\x1b]0;owned\x07\n| **yes** | <b>@openai/team</b>"
    compatible(document)
    done = tree.sync(document, "--report-only")
    assert done.code == 10
    for hostile in ("\x1b", "\x07", "\n| **yes** | <b>"):
        assert hostile not in done.output
    assert "`1\\x1b]0;owned\\x07\\n\\| **yes** \\| <b>@" in done.output


def test_an_error_shows_no_control_characters(tree: Tree) -> None:
    done = tree.run("--upstream", tree.root / "no\x1bthing\n.json")
    assert done.error.count("\n") == 1
    assert "no\\x1bthing\\n.json cannot be read" in done.error
