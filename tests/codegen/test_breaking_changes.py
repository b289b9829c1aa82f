"""Which change of a published document breaks callers: one synthetic edit after another."""

import copy
from collections.abc import Iterator
from typing import Any, cast

import pytest
from spec.changes import Change, compare
from spec.document import NAME_MAPS
from spec.load import Source
from spec.refresh import SESSIONS, survey
from spec.trim import DATA, strip
from support.document_edits import (
    CANCEL,
    CREATE,
    REQUEST,
    RESPONSE,
    Edit,
    Parts,
    add_parameter,
    add_required,
    add_response,
    changes,
    in_operation,
    remove_property,
    require,
    set_in,
)
from support.upstream import published


def no_longer_require(schema: str, name: str) -> Edit:
    return lambda schemas, paths: schemas[schema]["required"].remove(name)


def add_parameter_to_path(schemas: Parts, paths: Parts) -> None:
    paths[CREATE]["parameters"] = [{"name": "dry_run", "in": "query", "required": True, "schema": {"type": "boolean"}}]


def serve_elsewhere(schemas: Parts, paths: Parts) -> None:
    paths[CREATE]["servers"] = [{"url": "https://elsewhere.example/v1"}]


def style_parameter(schemas: Parts, paths: Parts) -> None:
    paths[CANCEL]["post"]["parameters"][0]["style"] = "matrix"


def set_in_body(key: str, value: object) -> Edit:
    return lambda schemas, paths: paths[CREATE]["post"]["requestBody"]["content"]["application/json"].update(
        {key: value}
    )


BREAKING: dict[str, tuple[Edit, str]] = {
    # Requests: what callers send today may be refused.
    "a newly required property": (add_required(REQUEST), "required property region added"),
    "an optional property becomes required": (require(REQUEST, "workflow", "user", "rate_limits"), "now required"),
    "a nested one becomes required": (require("HistoryParam", "enabled"), "property enabled is now required"),
    "a request property removed": (remove_property(REQUEST, "rate_limits"), "property rate_limits removed"),
    "a nested one removed": (remove_property("FileUploadParam", "max_files"), "property max_files removed"),
    "a maximum lowered": (set_in("ExpiresAfterParam", "properties.seconds.maximum", 300), "maximum 600 became 300"),
    "a minimum raised": (set_in("HistoryParam", "properties.recent_threads.minimum", 5), "minimum 1 became 5"),
    "a limit added": (set_in("RateLimitsParam", "properties.max_requests_per_1_minute.maximum", 9), "none became 9"),
    "a length added": (set_in(REQUEST, "properties.user.maxLength", 64), "maxLength none became 64"),
    "a pattern added": (set_in(REQUEST, "properties.user.pattern", "^u"), 'pattern none became "^u"'),
    "fewer properties": (set_in("WorkflowParam", "properties.state_variables.maxProperties", 8), "64 became 8"),
    "a value removed": (set_in("ExpiresAfterParam", "properties.anchor.enum", ["now"]), 'value "created_at" removed'),
    "values newly limited": (set_in("WorkflowParam", "properties.version.enum", ["1"]), 'limited to "1"'),
    "a request type changed": (set_in("HistoryParam", "properties.enabled.type", "string"), "boolean became string"),
    "a number narrowed": (set_in("HistoryParam", "properties.recent_threads.type", "null"), "integer became null"),
    "a union narrowed": (
        set_in("WorkflowParam", "properties.state_variables.additionalProperties", {"type": "string"}),
        "string or integer or boolean or number became string",
    ),
    "other keys refused": (set_in(REQUEST, "additionalProperties", False), "limited to nothing"),
    "a text format demanded": (set_in(REQUEST, "properties.user.format", "email"), 'format none became "email"'),
    "a required parameter": (add_parameter(required=True), "required query parameter dry_run added"),
    "an operation removed": (lambda schemas, paths: paths.pop(CANCEL), "operation removed"),
    "JSON refused": (
        lambda schemas, paths: paths[CREATE]["post"]["requestBody"].update(content={"text/plain": {}}),
        "application/json removed",
    ),
    # Responses: what callers read today may be missing, or of another type.
    "a response property removed": (remove_property(RESPONSE, "user"), "property user removed"),
    "a response property newly optional": (no_longer_require(RESPONSE, "user"), "property user is now optional"),
    "a response type changed": (set_in(RESPONSE, "properties.expires_at.type", "string"), "integer became string"),
    "an integer that may be a fraction": (set_in(RESPONSE, "properties.expires_at.type", "number"), "became number"),
    "a response that may be null": (set_in(RESPONSE, "properties.user.type", ["string", "null"]), "string or null"),
    "a text that becomes a date": (set_in(RESPONSE, "properties.user.format", "date-time"), "date-time"),
    "a success removed": (lambda schemas, paths: paths[CANCEL]["post"]["responses"].pop("200"), "removed"),
    "a required parameter of the path": (add_parameter_to_path, "required query parameter dry_run added"),
    "another server for an operation": (serve_elsewhere, "servers: https://api.openai.com/v1 removed"),
    "another style of a parameter": (style_parameter, 'style "simple" became "matrix"'),
    "another success with another body": (add_response("202", {"type": "string"}), "response 202 added"),
    "an encoding of a part": (set_in_body("encoding", {"user": {"contentType": "text/plain"}}), "encoding of user"),
    "a limit beside a reference": (
        set_in(REQUEST, "properties.workflow.maxProperties", 1),
        "maxProperties none became 1",
    ),
    "a property that callers may not send any more": (
        set_in(REQUEST, "properties.rate_limits.readOnly", True),
        "readOnly none became true",
    ),
    "a property that callers do not get any more": (
        set_in(RESPONSE, "properties.user.writeOnly", True),
        "writeOnly none became true",
    ),
    "a response that may be null, as OpenAPI 3.0 says it": (
        set_in(RESPONSE, "properties.user.nullable", True),
        "string became string or null",
    ),
    "a required property that nothing declares": (
        require(REQUEST, "workflow", "user", "region"),
        "required property region added",
    ),
    "a pattern that is not known to be looser": (
        set_in("WorkflowParam", "properties.version.pattern", "^(a|b)$"),
        "pattern none became",
    ),
    "names of keys limited": (
        set_in("WorkflowParam", "properties.state_variables.propertyNames", {"maxLength": 8}),
        "maxLength none became 8",
    ),
    "a keyword that nobody knows": (set_in(REQUEST, "properties.user.frobnicate", 1), "which is not judged"),
    "a condition": (set_in(REQUEST, "not", {"required": ["rate_limits"]}), "not none became"),
    "callbacks": (in_operation("callbacks", "some"), "callbacks changed, which is not judged"),
    "links": (
        lambda schemas, paths: paths[CREATE]["post"]["responses"]["200"].update(links="some"),
        "links changed, which is not judged",
    ),
}


@pytest.mark.parametrize(("edit", "what"), BREAKING.values(), ids=BREAKING)
def test_a_change_that_breaks_callers(edit: Edit, what: str) -> None:
    found = changes(edit)
    assert any(change.breaking and what in change.what for change in found), found


def test_a_way_to_authenticate_that_means_something_else_is_another() -> None:
    before, after = (survey(Source(published(), "", None), SESSIONS)[0] for _ in range(2))
    renamed: Any = strip(after)
    renamed["components"]["securitySchemes"]["Key"] = renamed["components"]["securitySchemes"].pop("ApiKeyAuth")
    renamed["security"] = [{"Key": []}]
    assert compare(strip(before), renamed) == []
    renamed["components"]["securitySchemes"]["Key"]["scheme"] = "basic"
    assert [change.breaking for change in compare(strip(before), renamed)] == [True, False]
    renamed["security"] = []
    assert compare(renamed, strip(before))[0] == Change("document", "security: none removed", True)


def test_a_function_that_moves_breaks_its_users() -> None:
    before, after = (survey(Source(published(), "", None), SESSIONS)[0] for _ in range(2))
    operation: Any = after["paths"]
    operation[CREATE]["post"]["tags"] = ["chat kit"]
    (change,) = compare(strip(before), strip(after))
    assert change.breaking
    assert "from api.sessions.create_chat_session to api.chat_kit.create_chat_session" in change.what


def as_list(node: Any) -> list[Any]:
    return [*node]


def nodes(node: Any, kind: str = "document") -> Iterator[Parts]:
    """Yield the objects of the selected part that are made of keywords, and not of names."""
    if isinstance(node, list):
        for item in as_list(node):
            yield from nodes(item, kind)
    elif isinstance(node, dict):
        inner = cast("Parts", node)
        if kind not in NAME_MAPS:
            yield inner
        for key, value in inner.items():
            if key not in DATA and not (kind not in NAME_MAPS and key in ("info", "x-source")):
                yield from nodes(value, "" if kind in NAME_MAPS else key)


def test_no_place_is_passed_over() -> None:
    """An unknown keyword anywhere in the selected part is reported, not judged, and breaks."""
    before, _ = survey(Source(published(), "", None), SESSIONS)
    stripped: Any = strip(before)
    count = len([*nodes(stripped)])
    assert count > 80
    for number in range(count):
        after: Any = copy.deepcopy(stripped)
        node = [*nodes(after)][number]
        if node is after["components"] or node is after["components"].get("securitySchemes"):
            continue
        node["frobnicate"] = 1
        found = compare(stripped, after)
        assert found, node
        assert any(change.breaking for change in found), (node, found)
