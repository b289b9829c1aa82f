from pathlib import Path
from typing import Any

import pytest
from spec.document import SpecError
from spec.overlay import apply, apply_matching, read_overlay

INFO: Any = {"title": "a", "version": "1"}
TAGS: Any = [{"a": 1}, {"a": 2}, {"a": 1}]
DOCUMENT: Any = {"info": INFO, "tags": TAGS}


def overlay(folder: Path, *actions: str) -> Path:
    path = folder / "overlay.yaml"
    lines = ["overlay: 1.0.0", "info: {title: t, version: '1'}", "actions:", *(f"  - {action}" for action in actions)]
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        ("{target: $.info, description: d, update: {title: b}}", {"info": {"title": "b", "version": "1"}}),
        (
            "{target: $.info, description: d, update: {license: {name: c}}}",
            {"info": {**INFO, "license": {"name": "c"}}},
        ),
        ("{target: $.tags, description: d, update: {name: z}}", {"tags": [*TAGS, {"name": "z"}]}),
        ("{target: $, description: d, update: {tags: [{name: z}]}}", {"tags": [*TAGS, {"name": "z"}]}),
        ("{target: '$.tags[?@.a == 1]', description: d, remove: true}", {"tags": [{"a": 2}]}),
        (
            "{target: '$.tags[?@.a == 1]', description: d, update: {b: 3}}",
            {"tags": [{"a": 1, "b": 3}, {"a": 2}, {"a": 1, "b": 3}]},
        ),
    ],
)
def test_an_action_updates_or_removes_all_it_matches(tmp_path: Path, action: str, expected: Any) -> None:
    assert apply(DOCUMENT, read_overlay(overlay(tmp_path, action))) == {**DOCUMENT, **expected}


def test_an_action_can_remove_a_whole_part(tmp_path: Path) -> None:
    removal = overlay(tmp_path, "{target: $.tags, description: d, remove: true}")
    assert apply(DOCUMENT, read_overlay(removal)) == {"info": INFO}


def test_an_action_that_matches_nothing_is_an_error_that_tells_its_reason(tmp_path: Path) -> None:
    actions = read_overlay(overlay(tmp_path, "{target: $.gone, description: It was wrong., update: {}}"))
    with pytest.raises(SpecError, match=r"overlay\.yaml, action 1 \(\$\.gone\) matches nothing.*: It was wrong\.$"):
        apply(DOCUMENT, actions)
    assert apply_matching(DOCUMENT, actions) == (DOCUMENT, actions)


def test_a_later_action_sees_what_an_earlier_one_did(tmp_path: Path) -> None:
    first = "{target: $.info, description: d, update: {license: {name: MIT}}}"
    second = "{target: $.info.license, description: d, remove: true}"
    assert apply(DOCUMENT, read_overlay(overlay(tmp_path, first, second))) == DOCUMENT


@pytest.mark.parametrize(
    ("action", "complaint"),
    [
        ("{target: $.info, update: {}}", "needs a target and, as its description, a reason"),
        ("{description: d, update: {}}", "needs a target"),
        ("{target: $.info, description: d}", "must either update or remove"),
        ("{target: $.info, description: d, update: {}, remove: true}", "must either update or remove"),
        ("{target: $.info, description: d, remove: 'yes'}", "must either update or remove"),
        ("{target: info[, description: d, update: {}}", "neither JSON nor YAML"),
        ("{target: '$.info[', description: d, update: {}}", "is not a JSONPath"),
        ("{target: $.info.title, description: d, update: {a: 1}}", "cannot merge an object into a string"),
        ("{target: $.info, description: d, update: {title: [1]}}", "cannot merge a list into a string at title"),
        ("{target: $.info, description: d, update: 1}", "cannot merge a number into an object"),
        ("{target: $.info.title, description: d, remove: true}", "can only remove an object or a list"),
        ("{target: $, description: d, remove: true}", "can only remove an object or a list"),
    ],
)
def test_an_action_that_cannot_be_done_is_named(tmp_path: Path, action: str, complaint: str) -> None:
    with pytest.raises(SpecError, match=complaint):
        apply(DOCUMENT, read_overlay(overlay(tmp_path, action)))


def test_a_file_that_is_no_overlay_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "overlay.yaml"
    path.write_text("overlay: 2.0.0\nactions: []", encoding="utf-8")
    with pytest.raises(SpecError, match=r"overlay\.yaml is not an OpenAPI Overlay 1\.0 document"):
        read_overlay(path)
