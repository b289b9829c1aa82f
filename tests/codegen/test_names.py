from typing import Any

import pytest
from spec.document import SpecError
from spec.names import check_names
from spec.trim import strip

HOSTILE = ['a"b', "a'b", "a\nb", "a\\b", "a`b", "a{b}", "a;b", "a b()", "", "\uff41", "\u202e", "a" * 201]


def put(document: dict[str, Any], where: str, name: str) -> None:
    schemas, paths = document["components"]["schemas"], document["paths"]
    operation = paths["/files"]["get"]
    match where:
        case "schema":
            schemas[name] = {"type": "object"}
        case "property":
            schemas["File"]["properties"][name] = {"type": "string"}
        case "required":
            schemas["File"]["required"] = [name]
        case "path":
            paths[f"/{name}"] = paths.pop("/files")
        case "operationId":
            operation["operationId"] = name
        case "parameter":
            operation["parameters"] = [{"name": name, "in": "query", "schema": {"type": "string"}}]
        case "media type":
            operation["responses"]["200"]["content"][name] = {}
        case _:
            document["components"]["securitySchemes"][name] = {"type": "http", "scheme": "bearer"}


PLACES = ["schema", "property", "required", "path", "operationId", "parameter", "media type", "security scheme"]


@pytest.mark.parametrize("where", PLACES)
@pytest.mark.parametrize("name", HOSTILE)
def test_a_name_with_code_in_it_is_refused(document: dict[str, Any], where: str, name: str) -> None:
    put(document, where, name)
    with pytest.raises(SpecError, match="is not a name that can be written into code") as caught:
        check_names(strip(document))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("keyword", ["default", "const", "enum", "tags"])
@pytest.mark.parametrize("value", ['"; import os; "', "a\nb", "a\\", "{0}", "'''"])
def test_a_value_with_code_in_it_is_refused(document: dict[str, Any], keyword: str, value: str) -> None:
    document["components"]["schemas"]["File"]["properties"]["title"][keyword] = [value]
    with pytest.raises(SpecError, match="is not a name that can be written into code"):
        check_names(strip(document))


@pytest.mark.parametrize("name", ["max_requests_per_1_minute", "file[]", "@type", "$schema", "a.b-c", "2fa"])
def test_names_as_they_are_in_practice_pass(document: dict[str, Any], name: str) -> None:
    put(document, "property", name)
    check_names(strip(document))


def test_a_property_may_be_called_like_a_keyword(document: dict[str, Any]) -> None:
    names = ("properties", "enum", "default", "type", "$ref", "required")
    document["components"]["schemas"]["File"]["properties"] |= {name: {"type": "string"} for name in names}
    check_names(strip(document))
