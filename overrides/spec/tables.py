"""Writes `limits.py`: what the document allows and how answers are read, as plain Python data for the layer above."""

import re
from collections.abc import Mapping
from typing import TypeAlias

from openapi_python_client.config import Config
from openapi_python_client.parser import GeneratorData
from openapi_python_client.parser.properties import ModelProperty, Property
from openapi_python_client.parser.properties.date import DateProperty
from openapi_python_client.parser.properties.datetime import DateTimeProperty
from openapi_python_client.parser.properties.list_property import ListProperty
from openapi_python_client.parser.properties.none import NoneProperty
from openapi_python_client.parser.properties.protocol import PropertyProtocol
from openapi_python_client.parser.properties.schemas import Class
from openapi_python_client.parser.properties.union import UnionProperty
from openapi_python_client.parser.properties.uuid import UuidProperty
from openapi_python_client.strings import snake_case

from spec.document import Json, Object, SpecError, child, items, operations
from spec.shapes import ANNOTATIONS, ANY, flat, in_one_form, shapes
from spec.trim import DATA, strip

# How a value is read: None as it is, a class by its name, or what lists, texts and several classes are read as.
Kind: TypeAlias = "str | dict[str, Part] | None"
Part: TypeAlias = "Kind | tuple[str, ...] | bool"

_MODULE = '''"""What the document says of operations and schemas, without its prose.

A schema is named by its Python class, and a reference is {{"$ref": "ClassName"}}.
"""

from collections.abc import Mapping
from typing import Any, Final

# A line for each operation and class is what a diff should show.
# fmt: off

# The method and the path of each operation.
OPERATIONS: Final[Mapping[str, tuple[str, str]]] = {operations}

# The JSON Schema of each class.
SCHEMAS: Final[Mapping[str, Mapping[str, Any]]] = {schemas}

# The Python attribute of each property that has another name there.
ATTRIBUTES: Final[Mapping[str, Mapping[str, str]]] = {attributes}

# How each class of an answer is read: its properties, as key, attribute and kind, and the kind of all others. The kind
# of a value that is left as it is is None, that of an object the name of its class.
ANSWERS: Final[Mapping[str, tuple[tuple[tuple[str, str, Any], ...], Any]]] = {answers}
'''

_TEXTS: dict[type[PropertyProtocol], str] = {DateTimeProperty: "datetime", DateProperty: "date", UuidProperty: "uuid"}


def limits_module(document: Object, parsed: GeneratorData, config: Config) -> str:
    """Return the source of `limits.py`.

    Args:
        document: The trimmed and corrected document.
        parsed: What the generator understood of it.
        config: The generator's configuration, which renames classes.
    """
    facts = strip(document)
    schemas = child(child(facts, "components"), "schemas")
    classes = {f"#/components/schemas/{name}": class_name(name, config) for name in schemas}
    models = {str(model.class_info.name): model for model in parsed.models}
    renamed = {
        name: {prop.name.get_untrusted_value(): str(prop.python_name) for prop in _properties(model)}
        for name, model in models.items()
    }
    return _MODULE.format(
        operations=_table(
            {snake_case(_operation_id(operation, place)): place for place, operation in operations(document).items()}
        ),
        schemas=_table({class_name(name, config): _plain(facts, schema, classes) for name, schema in schemas.items()}),
        attributes=_table(
            {
                name: others
                for name, properties in renamed.items()
                if (others := {key: attribute for key, attribute in properties.items() if key != attribute})
            }
        ),
        answers=_table(_answers(parsed, models)),
    )


def _table(rows: Mapping[str, object]) -> str:
    """Return a dictionary as source, a line for each key."""
    return "".join(["{\n", *(f"    {key!r}: {value!r},\n" for key, value in rows.items()), "}"])


def class_name(schema: str, config: Config) -> str:
    """Return the name of the class that the generator makes of a schema."""
    return str(Class.from_string(string=schema, config=config).name)


def _operation_id(operation: Object, place: tuple[str, str]) -> str:
    name = operation.get("operationId")
    if not isinstance(name, str):
        raise SpecError(f"{' '.join(place)} has no operationId to name its function by.")
    return name


def _plain(document: Object, node: Json, classes: dict[str, str]) -> Json:
    """Return a schema with the names of classes, and with what applies at once in one place and in one form."""
    if isinstance(node, list):
        return [_plain(document, item, classes) for item in node]
    if not isinstance(node, dict):
        return node
    only = items(node, "allOf")
    reference = only[0] if len(only) == 1 and "$ref" not in node else node
    target = reference.get("$ref") if isinstance(reference, dict) else None
    rest = {key: value for key, value in node.items() if key not in {"$ref", "allOf"}}
    if isinstance(target, str) and rest.keys() <= ANNOTATIONS:
        return {"$ref": classes.get(target, target), **rest}
    if {"$ref", "allOf"} & node.keys():
        node = flat(document, node)[1]
    if _is_mixed(document, node):
        return {
            "anyOf": [_plain(document, part, classes) for part in _single(document, node)],
            **{key: value for key, value in node.items() if key in ANNOTATIONS},
        }
    return {
        key: {name: _plain(document, inner, classes) for name, inner in value.items()}
        if key == "properties" and isinstance(value, dict)
        else _pattern(value)
        if key == "pattern" and isinstance(value, str)
        else value
        if key in DATA
        else _plain(document, value, classes)
        for key, value in in_one_form(node).items()
    }


def _pattern(pattern: str) -> str:
    """Return a pattern for Python, where `$` also matches before a last line break."""
    return re.sub(r"(\\.|\[(?:\\.|[^\]\\])*\])|\$", lambda found: found[1] or r"\Z", pattern, flags=re.DOTALL)


def _is_mixed(document: Object, node: Object) -> bool:
    """Return whether a schema has several types, other than as a plain list of alternatives of one type each."""
    if isinstance(node.get("type"), list) or node.get("nullable") is True:
        return True
    options = [*items(node, "anyOf"), *items(node, "oneOf")]
    rest = node.keys() - ANNOTATIONS
    return bool(options) and (rest not in ({"anyOf"}, {"oneOf"}) or not all(_is_single(document, it) for it in options))


def _is_single(document: Object, option: Json) -> bool:
    found = [*shapes(document, option).items()]
    return len(found) == 1 and len(found[0][1]) == 1 and not (isinstance(option, dict) and "allOf" in option)


def _single(document: Object, node: Object) -> list[Json]:
    found = [(kind, shape) for kind, listed in shapes(document, node).items() for _, shape in listed]
    return [shape if kind == ANY else {"type": kind, **shape} for kind, shape in found]


def _answers(parsed: GeneratorData, models: dict[str, ModelProperty]) -> dict[str, object]:
    """Return how to read each class that is part of an answer."""
    waiting = [
        name
        for collection in parsed.endpoint_collections_by_tag.values()
        for endpoint in collection.endpoints
        for response in endpoint.responses
        for name in _classes(kind_of(response.prop))
    ]
    found: dict[str, object] = {}
    while waiting:
        name = waiting.pop(0)
        if name in found:
            continue
        model = models[name]
        properties = [
            (prop.name.get_untrusted_value(), str(prop.python_name), kind_of(prop)) for prop in _properties(model)
        ]
        others = kind_of(model.additional_properties) if model.additional_properties else None
        found[name] = tuple(properties), others
        waiting += [it for kind in (*(kind for _, _, kind in properties), others) for it in _classes(kind)]
    return found


def _properties(model: ModelProperty) -> list[Property]:
    """Return the properties of a class, in the order of the document as far as the generator keeps it."""
    listed = [*(model.required_properties or ()), *(model.optional_properties or ())]
    order = list(model.data.properties or ())
    return sorted(listed, key=lambda it: order.index(it.name) if it.name in order else len(order))


def kind_of(prop: PropertyProtocol) -> Kind:
    """Return how a value of a property is read."""
    if isinstance(prop, ModelProperty):
        return str(prop.class_info.name)
    if isinstance(prop, ListProperty):
        inner = kind_of(prop.inner_property)
        return None if inner is None else {"items": inner}
    if isinstance(prop, UnionProperty):
        nullable = any(isinstance(inner, NoneProperty) for inner in prop.inner_properties)
        return _union([kind_of(inner) for inner in prop.inner_properties], nullable=nullable)
    text = _TEXTS.get(type(prop))
    return None if text is None else {"text": text}


def _union(kinds: list[Kind], *, nullable: bool = False) -> Kind:
    """Return the kind of a value that has one of several."""
    classes = tuple(dict.fromkeys(name for kind in kinds for name in _own_classes(kind)))
    lists = [kind["items"] for kind in kinds if isinstance(kind, dict) and "items" in kind]
    texts = [kind["text"] for kind in kinds if isinstance(kind, dict) and "text" in kind]
    union: dict[str, Part] = {"classes": classes} if classes else {}
    if lists:
        kinds = [it for it in lists if isinstance(it, str | dict)]
        union["items"] = kinds[0] if len(kinds) == 1 else _union(kinds)
    if texts:
        union["text"] = texts[0]
    return {**union, "null": True} if union and nullable else union or None


def _own_classes(kind: Kind) -> tuple[str, ...]:
    if isinstance(kind, dict):
        classes = kind.get("classes", ())
        return classes if isinstance(classes, tuple) else ()
    return () if kind is None else (kind,)


def _classes(kind: Part) -> list[str]:
    """Return all classes that a kind names."""
    if isinstance(kind, tuple):
        return list(kind)
    if isinstance(kind, dict):
        return [*_own_classes(kind), *(_classes(kind["items"]) if "items" in kind else ())]
    return [kind] if isinstance(kind, str) else []
