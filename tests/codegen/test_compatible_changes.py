"""Which change of a published document breaks nobody, or is none: one synthetic edit after another."""

import pytest
from spec.changes import Change
from spec.patterns import is_looser
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

KEY: Parts = {"ApiKeyAuth": list[str]()}


def only(edit: Edit) -> Change:
    (change,) = changes(edit)
    return change


def add_header(**header: object) -> Edit:
    return lambda schemas, paths: paths[CREATE]["post"]["responses"]["200"].update(
        headers={"x-request-id": {"schema": {"type": "string"}, **header}}
    )


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


@pytest.mark.parametrize(("edit", "what"), COMPATIBLE.values(), ids=COMPATIBLE)
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
