"""JSON as the emulator reads and writes it."""

import json
import math
from typing import Any

from starlette.responses import JSONResponse


class AsciiJSONResponse(JSONResponse):
    """JSON in ASCII: a lone surrogate, which JSON allows in a string and UTF-8 does not, goes out as it came."""

    def render(self, content: Any) -> bytes:
        """Encode `content`."""
        return json.dumps(content, allow_nan=False, separators=(",", ":")).encode("ascii")


def strict_json(text: bytes | str) -> Any:
    """Decode JSON without Python's extensions: neither `NaN` nor a number too large for a float.

    Raises:
        ValueError: it is not JSON, or nested too deep.
    """
    try:
        return json.loads(text, parse_constant=_refuse, parse_float=_finite)
    except RecursionError:
        raise ValueError("nested too deep") from None


def _refuse(constant: str) -> float:
    raise ValueError(f"{constant} is not JSON")


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise ValueError(f"{digits[:20]} is too large a number")
    return number
