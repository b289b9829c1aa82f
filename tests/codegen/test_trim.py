from typing import Any

import pytest
from spec.document import SpecError
from spec.trim import select, strip

SESSIONS = "^/chatkit/sessions"


def test_only_the_operations_asked_for_and_what_they_need_are_kept(document: dict[str, Any]) -> None:
    selected: Any = select(document, "^/files$")
    assert list(selected["paths"]) == ["/files"]
    assert selected["components"] == {
        "schemas": {"File": document["components"]["schemas"]["File"]},
        "securitySchemes": {"ApiKeyAuth": {"type": "http", "scheme": "bearer"}},
    }
    assert selected["servers"] == [{"url": "https://api.openai.com/v1"}]


def test_components_keep_the_order_of_the_document(document: dict[str, Any]) -> None:
    selected: Any = select(document, SESSIONS)
    kept = list(selected["components"]["schemas"])
    assert kept == [name for name in document["components"]["schemas"] if name in kept]
    assert "File" not in kept


def test_prose_and_extensions_are_left_behind(document: dict[str, Any]) -> None:
    stripped: Any = strip(document)
    assert "Published" not in str(stripped)
    assert "same title" not in str(stripped)
    assert "x-oaiMeta" not in str(stripped)
    assert "example" not in stripped["components"]["schemas"]["ChatSessionResource"]


def test_names_that_look_like_prose_and_data_are_kept(document: dict[str, Any]) -> None:
    components: Any = strip(document)["components"]
    assert components["schemas"]["Settings"]["default"] == {"title": "kept, since it is data"}
    assert components["schemas"]["File"] == {
        "type": "object",
        "properties": {
            "title": {"type": "string"},
            "description": {"type": "string"},
            "folder": {"$ref": "#/components/schemas/File"},
        },
    }


def test_the_input_is_not_changed(document: dict[str, Any]) -> None:
    before = str(document)
    select(strip(document), SESSIONS)
    assert str(document) == before


@pytest.mark.parametrize(
    ("schema", "complaint"),
    [
        ({"$ref": "other.json#/A"}, "leads out of the document"),
        ({"$ref": "https://example.org/a.json"}, "leads out of the document"),
        ({"$ref": "#/paths/~1files"}, "must name an entry of components"),
        ({"$ref": "#/components/schemas/File/properties/title"}, "must name an entry of components"),
        ({"$ref": "#/components/schemas/Gone"}, "leads nowhere"),
        ({"$ref": "#/components/gone/File"}, "leads nowhere"),
        ({"$ref": "#/components/schemas/File"}, "leads back to itself"),
        ({"anyOf": [{"$ref": "#/components/schemas/File"}, {"type": "null"}]}, "leads back to itself"),
        ({"allOf": [{"type": "object"}, {"$ref": "#/components/schemas/File"}]}, "leads back to itself"),
    ],
)
def test_an_unsupported_reference_is_named(document: dict[str, Any], schema: dict[str, Any], complaint: str) -> None:
    document["components"]["schemas"]["File"] = schema
    with pytest.raises(SpecError, match=complaint):
        select(document, "^/files$")


def test_a_selection_without_a_path_is_refused(document: dict[str, Any]) -> None:
    with pytest.raises(SpecError, match="No path of the document matches"):
        select(document, "^/nowhere")
