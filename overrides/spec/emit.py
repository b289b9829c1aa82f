"""Writes a document, always in the same form."""

import json
import re
from pathlib import Path
from typing import Any, cast

import yaml

from spec.document import Json

# What a reader of YAML 1.1 or 1.2 may take for a boolean, null, date or number (PyYAML knows only its own).
_AMBIGUOUS = re.compile(r"(?:y|n|yes|no|on|off|true|false|null|~|[-+.\d].*)", re.IGNORECASE | re.DOTALL)


class _Dumper(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)


def _represent_str(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    style = "'" if _AMBIGUOUS.fullmatch(value) else None
    node: yaml.ScalarNode = cast("Any", dumper).represent_scalar("tag:yaml.org,2002:str", value, style=style)
    return node


_Dumper.add_representer(str, _represent_str)


def to_yaml(document: Json) -> str:
    """Return the document as YAML, its keys in their own order."""
    return yaml.dump(document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110)


def write(file: Path, text: str) -> None:
    """Write a text with the same bytes on every system."""
    file.write_text(text, encoding="utf-8", newline="\n")


def to_json(document: Json) -> str:
    """Return the document as indented JSON, its keys in their own order."""
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def to_compact_json(document: Json) -> str:
    """Return an OpenAPI document as JSON with a line for each operation and schema, small and fit for `diff`."""
    return _lines(document, 3) + "\n"


def _lines(value: Json, levels: int) -> str:
    """Return JSON in which each member of an object begins a line, down to some level."""
    if levels == 0 or not isinstance(value, dict) or not value:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    members = (f"{json.dumps(key, ensure_ascii=False)}:{_lines(inner, levels - 1)}" for key, inner in value.items())
    return "{\n" + ",\n".join(members) + "\n}"
