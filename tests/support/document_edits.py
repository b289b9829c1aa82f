"""Edits of a published document, and what they change in the part that is read."""

from collections.abc import Callable
from typing import Any

from spec.changes import Change, compare
from spec.load import Source
from spec.refresh import SESSIONS, survey
from spec.trim import strip

from support.upstream import published

Parts = dict[str, Any]
Edit = Callable[[Parts, Parts], object]
REQUEST, RESPONSE = "CreateChatSessionBody", "ChatSessionResource"
CREATE, CANCEL = "/chatkit/sessions", "/chatkit/sessions/{session_id}/cancel"


def changes(edit: Edit) -> list[Change]:
    """Return what an edit of the published document, given its schemas and paths, changes in the sessions part."""
    document = published()
    before, _ = survey(Source(published(), "", None), SESSIONS)
    edit(document["components"]["schemas"], document["paths"])
    after, _ = survey(Source(document, "", None), SESSIONS)
    return compare(strip(before), strip(after))


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


def remove_property(schema: str, name: str) -> Edit:
    def edit(schemas: Parts, paths: Parts) -> None:
        del schemas[schema]["properties"][name]
        if name in schemas[schema].get("required", []):
            schemas[schema]["required"].remove(name)

    return edit


def add_parameter(required: bool) -> Edit:
    parameter = {"name": "dry_run", "in": "query", "required": required, "schema": {"type": "boolean"}}
    return lambda schemas, paths: paths[CREATE]["post"].setdefault("parameters", []).append(parameter)


def add_response(status: str, schema: Parts) -> Edit:
    content = {"application/json": {"schema": schema}}
    return lambda schemas, paths: paths[CANCEL]["post"]["responses"].update(
        {status: {"description": "", "content": content}}
    )


def in_operation(key: str, value: object) -> Edit:
    return lambda schemas, paths: paths[CREATE]["post"].update({key: value})
