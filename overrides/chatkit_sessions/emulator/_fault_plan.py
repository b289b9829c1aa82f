"""A fault together with the requests that it is for, as the command line and the control API read it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any, Final, Self, get_args

from ._fault import READERS, Fault, parse_parts
from ._faults import Faults
from ._recording import Operation

_OPERATIONS: Final = get_args(Operation)


@dataclass(frozen=True, kw_only=True)
class FaultPlan:
    """What goes wrong, and with which requests.

    Args:
        fault: What goes wrong.
        times: How many requests it happens to; 1 by default.
        operation: `create` or `cancel`, to leave every other request alone.
        rate: The share of all requests that it happens to, in place of `times`.
        seed: The same seed gives the same row of failures at a rate.

    Raises:
        ValueError: The values are out of range, or do not fit together.
    """

    fault: Fault
    times: int | None = None
    operation: Operation | None = None
    rate: float | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        if self.times is not None and self.rate is not None:
            raise ValueError("times, rate: a fault happens a number of times or at a rate; give one of them")
        if self.operation not in (None, *_OPERATIONS):
            raise ValueError(f"operation: expected {' or '.join(_OPERATIONS)}; got {self.operation!r}")
        self.apply(Faults())

    def apply(self, faults: Faults) -> None:
        """Add it to the faults that are still to come."""
        if self.rate is None:
            faults.add(self.fault, times=1 if self.times is None else self.times, operation=self.operation)
        else:
            faults.at_rate(self.rate, self.fault, seed=self.seed, operation=self.operation)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read it from one line, such as `status=503; retry-after=2; times=2; operation=create`.

        Raises:
            ValueError: The text is not understood.
        """
        return cls._of(parse_parts(text, _ALL_READERS))

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Self:
        """Read it from JSON data that `SCHEMA` describes.

        Raises:
            ValueError: The data is not a fault.
        """
        fault = document["fault"]
        parts = parse_parts(fault, _ALL_READERS) if isinstance(fault, str) else fault
        return cls._of({**parts, **{name: value for name, value in document.items() if name != "fault"}})

    def document(self) -> dict[str, Any]:
        """Return it as JSON data that `from_document` reads."""
        plan = {"times": self.times, "operation": self.operation, "rate": self.rate, "seed": self.seed}
        return {"fault": fault_document(self.fault)} | {name: part for name, part in plan.items() if part is not None}

    @classmethod
    def _of(cls, parts: dict[str, Any]) -> Self:
        plan = {name: value for name, value in parts.items() if name in _READERS}
        return cls(fault=Fault(**{name: value for name, value in parts.items() if name not in _READERS}), **plan)


def fault_document(fault: Fault) -> dict[str, Any]:
    """Return a fault as JSON data: the arguments that differ from their defaults."""
    usual = Fault()
    values = {each.name: getattr(fault, each.name) for each in fields(Fault)}
    changed = {name: value for name, value in values.items() if value != getattr(usual, name)}
    if "retry_after" in changed:
        changed["retry_after"] = fault.answer_headers()["retry-after"]
    if "headers" in changed:
        changed["headers"] = dict(fault.headers)
    return changed


_READERS: dict[str, Callable[[str], object]] = {"times": int, "operation": str, "rate": float, "seed": int}
_ALL_READERS = {**READERS, **_READERS}
_PLAN = {
    "times": {"type": "integer"},
    "operation": {"type": "string", "enum": list(_OPERATIONS)},
    "rate": {"type": "number"},
    "seed": {"type": "integer"},
}
_FAULT = {
    "status": {"type": "integer"},
    "html": {"type": "boolean"},
    "json": {},
    "retry_after": {"type": ["number", "string"]},
    "retry_after_ms": {"type": ["number", "string"]},
    "headers": {"type": "object", "additionalProperties": {"type": "string"}},
    "delay": {"type": "number"},
    "drop": {"type": "boolean"},
    "truncate": {"type": "boolean"},
}
SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["fault"],
    "properties": {"fault": {"anyOf": [{"type": "string"}, {"type": "object", "properties": _FAULT}]}, **_PLAN},
}
