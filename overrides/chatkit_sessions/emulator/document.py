"""The packaged OpenAPI document."""

import json
from importlib import resources
from typing import Any


def document() -> dict[str, Any]:
    """Return the document that the generated client was made from."""
    text = resources.files("generated_client").joinpath("openapi.json").read_text(encoding="utf-8")
    parsed: dict[str, Any] = json.loads(text)
    return parsed
