"""Which change of a published document breaks callers: one synthetic edit after another."""

from collections.abc import Callable
from typing import Any

import pytest
from spec.changes import Change, compare
from spec.load import Source
from spec.refresh import SESSIONS, survey
from spec.trim import strip
from support.upstream import published

Parts = dict[str, Any]
Edit = Callable[[Parts, Parts], object]
REQUEST, RESPONSE = "CreateChatSessionBody", "ChatSessionResource"


def changes(edit: Edit) -> list[Change]:
    """Return what an edit of the published document, given its schemas and paths, changes in the sessions part."""
    document = published()
    before, _ = survey(Source(published(), "", None), SESSIONS)
    edit(document["components"]["schemas"], document["paths"])
    after, _ = survey(Source(document, "", None), SESSIONS)
    return compare(strip(before), strip(after))


def only(edit: Edit) -> Change:
    (change,) = changes(edit)
    return change


def set_in(schema: str, path: str, value: object) -> Edit:
    """Return an edit that sets a value, or removes it when the value is None."""

    def edit(schemas: Parts, paths: Parts) -> None:
        *way, last = path.split(".")
        node = schemas[schema]
        for key in way:
            node = node[key]
        if value is None:
            del node[last]
        else:
            node[last] = value

    return edit


def require(schema: str, *names: str) -> Edit:
    return set_in(schema, "required", list(names))


def add_required(schema: str) -> Edit:
    def edit(schemas: Parts, paths: Parts) -> None:
        schemas[schema]["properties"]["region"] = {"type": "string"}
        schemas[schema]["required"] = [*schemas[schema]["required"], "region"]

    return edit


def no_longer_require(schema: str, name: str) -> Edit:
    return lambda schemas, paths: schemas[schema]["required"].remove(name)


def remove_property(schema: str, name: str) -> Edit:
    def edit(schemas: Parts, paths: Parts) -> None:
        del schemas[schema]["properties"][name]
        if name in schemas[schema].get("required", []):
            schemas[schema]["required"].remove(name)

    return edit


CREATE, CANCEL = "/chatkit/sessions", "/chatkit/sessions/{session_id}/cancel"


def add_parameter(required: bool) -> Edit:
    parameter = {"name": "dry_run", "in": "query", "required": required, "schema": {"type": "boolean"}}
    return lambda schemas, paths: paths[CREATE]["post"].setdefault("parameters", []).append(parameter)


def rename(schemas: Parts, paths: Parts) -> None:
    schemas["FileLimitsParam"] = schemas.pop("FileUploadParam")
    schemas["ChatkitConfigurationParam"]["properties"]["file_upload"]["$ref"] = "#/components/schemas/FileLimitsParam"


def recurse(schemas: Parts, paths: Parts) -> None:
    schemas["ChatkitWorkflow"]["properties"]["parents"] = {
        "type": "array",
        "items": {"anyOf": [{"$ref": "#/components/schemas/ChatkitWorkflow"}, {"type": "null"}]},
    }


def any_of(schemas: Parts, paths: Parts) -> None:
    variables = schemas["WorkflowParam"]["properties"]["state_variables"]["additionalProperties"]
    variables["anyOf"] = variables.pop("oneOf")


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
}


def widen_one_of(schemas: Parts, paths: Parts) -> None:
    variables = schemas["WorkflowParam"]["properties"]["state_variables"]["additionalProperties"]
    variables["oneOf"].append({"type": "null"})


COMPATIBLE: dict[str, tuple[Edit, str]] = {
    "a new optional request property": (set_in(REQUEST, "properties.region", {"type": "string"}), "optional property"),
    "a required request property freed": (require(REQUEST, "workflow"), "property user is now optional"),
    "a maximum raised": (set_in("ExpiresAfterParam", "properties.seconds.maximum", 900), "maximum 600 became 900"),
    "a minimum lowered": (set_in("HistoryParam", "properties.recent_threads.minimum", 0), "minimum 1 became 0"),
    "a limit dropped": (set_in(REQUEST, "properties.user.minLength", None), "minLength 1 became none"),
    "a request value added": (
        set_in("ExpiresAfterParam", "properties.anchor.enum", ["created_at", "now"]),
        'value "now" added',
    ),
    "a request type widened": (
        set_in("HistoryParam", "properties.recent_threads.type", ["integer", "null"]),
        "integer became integer or null",
    ),
    "a union widened": (widen_one_of, "became string or integer or boolean or number or null"),
    "another default": (set_in("ExpiresAfterParam", "properties.seconds.default", 60), "default none became 60"),
    "an optional parameter": (add_parameter(required=False), "optional query parameter dry_run added"),
    "a new response property": (set_in(RESPONSE, "properties.region", {"type": "string"}), "property region added"),
    "a required new response property": (add_required(RESPONSE), "required property region added"),
    "a new status": (
        set_in("ChatSessionStatus", "enum", ["active", "expired", "cancelled", "paused"]),
        'value "paused" added',
    ),
    "a status removed": (set_in("ChatSessionStatus", "enum", ["active", "expired"]), 'value "cancelled" removed'),
    "a response limit": (set_in(RESPONSE, "properties.user.maxLength", 64), "maxLength none became 64"),
    "a response that is never null": (
        set_in("ChatkitWorkflow", "properties.version", {"type": "string"}),
        "string or null became string",
    ),
    "a new operation": (
        lambda schemas, paths: paths[CREATE].update(get=paths["/files"]["get"]),
        "operation added",
    ),
    "a schema renamed": (rename, "schema renamed to FileLimitsParam"),
    "a tree of schemas": (recurse, "optional property parents added"),
    "a deprecation": (set_in(REQUEST, "properties.user.deprecated", True), "deprecated none became true"),
}

NO_CHANGE: dict[str, Edit] = {
    "other prose": set_in(REQUEST, "properties.user.description", "Other words."),
    "another title": set_in(REQUEST, "title", "Another title"),
    "another order of what is required": require(REQUEST, "user", "workflow"),
    "another operation elsewhere": lambda schemas, paths: paths.pop("/files"),
    "anyOf instead of oneOf": any_of,
    "a type as a list": set_in(REQUEST, "properties.user.type", ["string"]),
    "a reference wrapped in allOf": set_in(
        REQUEST, "properties.workflow", {"allOf": [{"$ref": "#/components/schemas/WorkflowParam"}]}
    ),
}


@pytest.mark.parametrize(("edit", "what"), BREAKING.values(), ids=BREAKING)
def test_a_change_that_breaks_callers(edit: Edit, what: str) -> None:
    found = changes(edit)
    assert any(change.breaking and what in change.what for change in found), found


@pytest.mark.parametrize(("edit", "what"), COMPATIBLE.values(), ids=COMPATIBLE)
def test_a_change_that_breaks_nobody(edit: Edit, what: str) -> None:
    change = only(edit)
    assert not change.breaking
    assert what in change.what


@pytest.mark.parametrize("edit", NO_CHANGE.values(), ids=NO_CHANGE)
def test_no_change_of_shape(edit: Edit) -> None:
    assert changes(edit) == []
