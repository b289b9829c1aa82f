"""Documents of which the generator makes code that does not import, or that sends and reads something else."""

from pathlib import Path
from typing import Any

import pytest
from spec.document import SpecError
from spec.generate import generate
from spec.inspection import inspect
from spec.wire import check_wire
from support.regeneration import Tree

JSON = "application/json"


def files(**operation: Any) -> dict[str, Any]:
    """Return a document of one operation."""
    return {
        "openapi": "3.1.0",
        "info": {"title": "t", "version": "1"},
        "paths": {"/files": {"post": {"operationId": "listFiles", "responses": answers(JSON), **operation}}},
        "components": {"schemas": {"File": {"type": "object", "properties": {"name": {"type": "string"}}}}},
    }


def answers(*media: str, schema: Any = None) -> dict[str, Any]:
    return {"200": {"description": "", "content": {it: {"schema": schema or {"type": "string"}} for it in media}}}


def body(*media: str, schema: Any = None, **more: Any) -> dict[str, Any]:
    content = {it: {"schema": schema or {"$ref": "#/components/schemas/File"}, **more} for it in media}
    return {"required": True, "content": content}


def parameter(**more: Any) -> list[dict[str, Any]]:
    return [{"name": "page", "in": "query", "schema": {"type": "array", "items": {"type": "string"}}, **more}]


BINARY = {"type": "string", "format": "binary"}
FORM = {"type": "object", "properties": {"file": BINARY}}
BODY_IN_QUERY = [{"name": "body", "in": "query", "schema": {"type": "string"}}]


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"requestBody": body(JSON, "multipart/form-data")}, "accepts several media types"),
    (
        {"requestBody": body(JSON, schema={"type": "object", "properties": {"file": BINARY}})},
        "bytes in a JSON body",
    ),
    (
        {"requestBody": body("multipart/form-data", encoding={"name": {}})},
        "encodes parts of its multipart/form-data",
    ),
    ({"responses": answers(JSON, "text/event-stream")}, "answers 200 in several media types"),
    ({"responses": answers("text/event-stream")}, "with a stream of events"),
    ({"responses": answers(JSON, schema=BINARY)}, "with bytes in JSON"),
    ({"responses": answers("text/html", schema={"type": "object"})}, "with text/html that is not a text"),
    (
        {"responses": answers("application/octet-stream")},
        "with bytes that the document describes as something",
    ),
    ({"parameters": parameter(style="deepObject")}, "has the parameter page in a style"),
    ({"parameters": parameter(explode=False)}, "has the parameter page in a style"),
    ({"parameters": [{"name": "q", "in": "query", "content": {JSON: {}}}]}, "has the parameter q without a schema"),
    ({"servers": [{"url": "https://elsewhere.example"}]}, "has a server of its own"),
]


@pytest.mark.parametrize(("operation", "complaint"), WRONG)
def test_an_operation_that_would_be_wrong_on_the_wire_is_named(operation: dict[str, Any], complaint: str) -> None:
    document = files(**operation)
    with pytest.raises(SpecError) as caught:
        check_wire(document, "^/files")
    assert str(caught.value).startswith("POST /files ")
    assert complaint in str(caught.value)
    assert "--corrections FILE" in str(caught.value)
    document["paths"]["/more"] = {"get": {"operationId": "more", "responses": answers(JSON)}}
    with pytest.raises(SpecError, match=r"--paths '\^\(\?!\(/files\)\$\)/'"):
        check_wire(document, "^/")


@pytest.mark.parametrize(
    "operation",
    [
        {},
        {"requestBody": body(JSON)},
        {"requestBody": body("multipart/form-data", schema=FORM)},
        {"responses": answers("application/octet-stream", schema=BINARY)},
        {"responses": answers("text/plain")},
        {"parameters": parameter(style="form", explode=True)},
    ],
)
def test_an_operation_that_the_generator_writes_well_passes(operation: dict[str, Any]) -> None:
    check_wire(files(**operation), "^/files")


def renamed(name: str) -> dict[str, Any]:
    document = files(requestBody=body(JSON, schema={"$ref": f"#/components/schemas/{name}"}))
    document["components"]["schemas"][name] = document["components"]["schemas"].pop("File")
    return document


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder whose packages share the type checker's cache."""
    return tmp_path_factory.mktemp("packages")


@pytest.fixture
def package(packages: Path) -> Path:
    folder = packages / str(len([*packages.iterdir()]))
    folder.mkdir()
    return folder / "client"


@pytest.mark.parametrize(
    ("document", "where"),
    [
        (files(requestBody=body(JSON), parameters=BODY_IN_QUERY), "/files"),
        (renamed("Client"), "POST /files"),
    ],
    ids=["a parameter called body", "a schema called Client"],
)
def test_broken_code_is_found_and_its_operation_named(document: dict[str, Any], where: str, package: Path) -> None:
    with pytest.raises(SpecError) as caught:
        inspect(package, document, generate(document, package, "./generate.sh"), "^/files")
    assert "makes broken code of" in str(caught.value)
    assert where in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_class_with_a_property_of_its_name_becomes_sound_code(package: Path) -> None:
    document = renamed("Name")
    inspect(package, document, generate(document, package, "./generate.sh"), "^/files")
    assert (package / "models" / "name_model.py").is_file()


def test_the_cause_is_named_before_its_consequences(tree: Tree, document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    schemas |= {
        "Text": {"type": "string"},
        "Cause": {"allOf": [{"$ref": "#/components/schemas/Text"}, {"type": "object"}]},
    }
    schemas["File"]["properties"]["cause"] = {"$ref": "#/components/schemas/Cause"}
    done = tree.sync(document, "--paths", "^/files$", "--output", tree.root / "client")
    assert done.code == 1
    assert "The generator refuses the document at #/components/schemas/Cause" in done.error
    assert "may follow from this one" in done.error


@pytest.mark.parametrize(
    ("place", "value", "pointer"),
    [
        (("File", "properties", "title", "default"), None, "#/components/schemas/File/properties/title/default"),
        (("File", "properties", "title", "type"), "text", "#/components/schemas/File/properties/title/type"),
        (("File", "properties", "title", "properties"), None, "#/components/schemas/File/properties/title/properties"),
        (("File", "required"), ["title", "title"], "#/components/schemas/File/required"),
    ],
)
def test_what_is_not_valid_is_named_by_its_pointer(
    tree: Tree, document: dict[str, Any], place: tuple[str, ...], value: Any, pointer: str
) -> None:
    node = document["components"]["schemas"]
    for key in place[:-1]:
        node = node[key]
    node[place[-1]] = value
    done = tree.sync(document, "--paths", "^/files$", "--output", tree.root / "client")
    assert done.code == 1
    assert f"not valid OpenAPI 3.1 at {pointer}: " in done.error
