"""Lets a command take many options as one value: each field of a dataclass becomes an option."""

import inspect
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from typing import Any


def expanded(command: Callable[..., None]) -> Callable[..., None]:
    """Return a command with the fields of its dataclasses in its signature, from which Typer makes options."""
    signature = inspect.signature(command, eval_str=True)
    groups: dict[str, Any] = {
        name: parameter.annotation
        for name, parameter in signature.parameters.items()
        if is_dataclass(parameter.annotation)
    }
    parameters = [
        option
        for name, parameter in signature.parameters.items()
        for option in (inspect.signature(groups[name]).parameters.values() if name in groups else (parameter,))
    ]

    def run(**given: Any) -> None:
        for name, group in groups.items():
            given[name] = group(**{field.name: given.pop(field.name) for field in fields(group)})
        command(**given)

    run.__doc__ = command.__doc__
    run.__annotations__ = {option.name: option.annotation for option in parameters}
    run.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined] # inspect reads it
    return run
