"""Writes `limits.py`: what the document allows, as plain Python data for the layer above."""

from pathlib import Path

from openapi_python_client.config import Config, ConfigFile, MetaType
from openapi_python_client.parser.properties.schemas import Class
from openapi_python_client.strings import PythonIdentifier, snake_case

from spec.document import Json, Object, SpecError, child, operations
from spec.trim import strip

_MODULE = '''"""What the document says of operations and schemas, without its prose.

A schema is named by its Python class, and a reference is {{"$ref": "ClassName"}}.
"""

from collections.abc import Mapping
from typing import Any, Final

# The method and the path of each operation.
OPERATIONS: Final[Mapping[str, tuple[str, str]]] = {operations!r}

# The JSON Schema of each class.
SCHEMAS: Final[Mapping[str, Mapping[str, Any]]] = {schemas!r}

# The Python attribute of each property that has another name there.
ATTRIBUTES: Final[Mapping[str, Mapping[str, str]]] = {attributes!r}
'''


def limits_module(document: Object, configuration: Path) -> str:
    """Returns the source of `limits.py`, not yet formatted.

    Args:
        document: The trimmed and corrected document.
        configuration: The generator's configuration, which renames classes.
    """
    config = _config(configuration)
    schemas = child(child(strip(document), "components"), "schemas")
    classes = {f"#/components/schemas/{name}": _class_name(name, config) for name in schemas}
    named = {_class_name(name, config): _rename(schema, classes) for name, schema in schemas.items()}
    return _MODULE.format(
        operations={
            snake_case(_operation_id(operation, place)): place for place, operation in operations(document).items()
        },
        schemas=named,
        attributes={name: found for name, schema in named.items() if (found := _attributes(schema, config))},
    )


def _operation_id(operation: Object, place: tuple[str, str]) -> str:
    name = operation.get("operationId")
    if not isinstance(name, str):
        raise SpecError(f"{' '.join(place)} has no operationId to name its function by.")
    return name


def _config(configuration: Path) -> Config:
    return Config.from_sources(
        ConfigFile.load_from_path(configuration),
        MetaType.NONE,
        document_source=configuration,
        file_encoding="utf-8",
        overwrite=False,
        output_path=None,
    )


def _class_name(schema: str, config: Config) -> str:
    return str(Class.from_string(string=schema, config=config).name)


def _rename(node: Json, classes: dict[str, str]) -> Json:
    if isinstance(node, list):
        return [_rename(item, classes) for item in node]
    if not isinstance(node, dict):
        return node
    renamed = {key: _rename(value, classes) for key, value in node.items()}
    reference = node.get("$ref")
    if isinstance(reference, str):
        renamed["$ref"] = classes.get(reference, reference)
    return renamed


def _attributes(schema: Json, config: Config) -> dict[str, str]:
    properties = child(schema, "properties") if isinstance(schema, dict) else {}
    names = {name: str(PythonIdentifier(name, config.field_prefix)) for name in properties}
    return {name: attribute for name, attribute in names.items() if attribute != name}
