"""JSON as the emulator reads and writes it."""

import json
import math
from typing import Any, TypeAlias

from starlette.responses import JSONResponse

Json: TypeAlias = "dict[str, Json] | list[Json] | str | int | float | bool | None"


class AsciiJSONResponse(JSONResponse):
    """JSON in ASCII: a lone surrogate, which JSON allows in a string and UTF-8 does not, is sent unchanged."""

    def render(self, content: Any) -> bytes:
        """Encode `content`."""
        return _ENCODER.encode(content).encode("ascii")


def strict_json(text: str) -> Json:
    """Decode JSON without Python's extensions: neither `NaN` nor a number too large for a float.

    Raises:
        ValueError: It is not JSON, or nested too deep.
    """
    try:
        decoded: Json = _DECODER.decode(text)
    except RecursionError:
        raise ValueError("nested too deep") from None
    return decoded


def _refuse(constant: str) -> float:
    raise ValueError(f"{constant} is not JSON")


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise ValueError(f"{digits[:20]} is too large a number")
    return number


# Made once: with options, `json.dumps` and `json.loads` make a new one for every call.
_ENCODER = json.JSONEncoder(allow_nan=False, separators=(",", ":"))
_DECODER = json.JSONDecoder(parse_constant=_refuse, parse_float=_finite)
