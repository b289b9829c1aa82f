"""Which change of a published document breaks callers: one synthetic edit after another."""

import copy
from collections.abc import Callable, Iterator
from typing import Any, cast

import pytest
from spec.changes import Change, compare
from spec.document import NAME_MAPS
from spec.load import Source
from spec.patterns import is_looser
from spec.refresh import SESSIONS, survey
from spec.trim import DATA, strip
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


def add_parameter_to_path(schemas: Parts, paths: Parts) -> None:
    paths[CREATE]["parameters"] = [{"name": "dry_run", "in": "query", "required": True, "schema": {"type": "boolean"}}]


def serve_elsewhere(schemas: Parts, paths: Parts) -> None:
    paths[CREATE]["servers"] = [{"url": "https://elsewhere.example/v1"}]


def add_header(**header: object) -> Edit:
    return lambda schemas, paths: paths[CREATE]["post"]["responses"]["200"].update(
        headers={"x-request-id": {"schema": {"type": "string"}, **header}}
    )


def style_parameter(schemas: Parts, paths: Parts) -> None:
    paths[CANCEL]["post"]["parameters"][0]["style"] = "matrix"


def add_response(status: str, schema: Parts) -> Edit:
    content = {"application/json": {"schema": schema}}
    return lambda schemas, paths: paths[CANCEL]["post"]["responses"].update(
        {status: {"description": "", "content": content}}
    )


def set_in_body(key: str, value: object) -> Edit:
    return lambda schemas, paths: paths[CREATE]["post"]["requestBody"]["content"]["application/json"].update(
        {key: value}
    )


KEY: Parts = {"ApiKeyAuth": list[str]()}


def in_operation(key: str, value: object) -> Edit:
    return lambda schemas, paths: paths[CREATE]["post"].update({key: value})


MORE_BREAKING: dict[str, tuple[Edit, str]] = {
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

MORE_COMPATIBLE: dict[str, tuple[Edit, str]] = {
    "a new header of a response": (add_header(), "optional header x-request-id added"),
    "an error that is described": (add_response("429", {"type": "string"}), "response 429 added"),
    "another success with the same body": (
        add_response("202", {"$ref": "#/components/schemas/ChatSessionResource"}),
        "response 202 added",
    ),
    "a deprecated operation": (in_operation("deprecated", True), "deprecated none became true"),
    "a property that callers may not send, which is new": (
        set_in(REQUEST, "properties.region", {"type": "string", "readOnly": True}),
        "optional property region added",
    ),
    "another way to authenticate": (
        in_operation("security", [KEY, {"ApiKeyAuth": ["more"]}]),
        "added",
    ),
}


def bound_otherwise(schemas: Parts, paths: Parts) -> None:
    limit = schemas["HistoryParam"]["properties"]["recent_threads"]
    del limit["minimum"]
    limit["exclusiveMinimum"] = 0


def order_alternatives(schemas: Parts, paths: Parts) -> None:
    variables = schemas["WorkflowParam"]["properties"]["state_variables"]["additionalProperties"]
    variables["oneOf"].reverse()


def parameter_to_path(schemas: Parts, paths: Parts) -> None:
    paths[CANCEL]["parameters"] = paths[CANCEL]["post"].pop("parameters")


NO_CHANGE: dict[str, Edit] = {
    "a bound in other words": bound_otherwise,
    "a bound that says nothing": set_in("RateLimitsParam", "minProperties", 0),
    "a whole number as a fraction": set_in("ExpiresAfterParam", "properties.seconds.maximum", 600.0),
    "a constant in the place of a list of one": set_in(
        "ExpiresAfterParam", "properties.anchor", {"type": "string", "default": "created_at", "const": "created_at"}
    ),
    "nameless alternatives in another order": order_alternatives,
    "a parameter of the path": parameter_to_path,
    "security said again": in_operation("security", [KEY]),
    "servers said again": in_operation("servers", [{"url": "https://api.openai.com/v1"}]),
    "what a parameter is by itself": lambda schemas, paths: paths[CANCEL]["post"]["parameters"][0].update(
        style="simple", explode=False
    ),
    "an empty list of what is required": set_in("RateLimitsParam", "required", []),
    "what is not deprecated": set_in(REQUEST, "properties.user.deprecated", False),
    "other keys allowed": set_in(REQUEST, "additionalProperties", True),
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


ALL_BREAKING = BREAKING | MORE_BREAKING
ALL_COMPATIBLE = COMPATIBLE | MORE_COMPATIBLE


@pytest.mark.parametrize(("edit", "what"), ALL_BREAKING.values(), ids=ALL_BREAKING)
def test_a_change_that_breaks_callers(edit: Edit, what: str) -> None:
    found = changes(edit)
    assert any(change.breaking and what in change.what for change in found), found


@pytest.mark.parametrize(("edit", "what"), ALL_COMPATIBLE.values(), ids=ALL_COMPATIBLE)
def test_a_change_that_breaks_nobody(edit: Edit, what: str) -> None:
    change = only(edit)
    assert not change.breaking
    assert what in change.what


@pytest.mark.parametrize("edit", NO_CHANGE.values(), ids=NO_CHANGE)
def test_no_change_of_shape(edit: Edit) -> None:
    assert changes(edit) == []


def test_places_are_named_as_callers_know_them_too() -> None:
    assert only(set_in("HistoryParam", "properties.recent_threads.maximum", 5)).place == (
        "chatkit_configuration.history.recent_threads"
    )
    assert only(remove_property("ChatSessionHistory", "recent_threads")).place == (
        "chatkit_configuration.history.recent_threads"
    )


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


@pytest.mark.parametrize(
    ("new", "old", "looser"),
    [
        ("^[a-z0-9]+$", "^[a-z]+$", True),
        ("^[a-z]{1,64}$", "^[a-z]{2,32}$", True),
        ("^wf_[a-z0-9]*$", "^wf_[a-z]+$", True),
        ("^[a-z]+$", "^[a-z]+$", True),
        ("^[a-z]+$", "^[a-z0-9]+$", False),
        ("^[a-z]{2,32}$", "^[a-z]{1,64}$", False),
        ("[a-z]+", "^[a-z]+$", False),
        ("^(a|b)$", "^a$", False),
        ("^a.$", "^ab$", True),
        ("^[$", "^a$", False),
    ],
)
def test_a_pattern_is_looser_when_that_can_be_shown(new: str, old: str, looser: bool) -> None:
    assert is_looser(new, old) is looser
