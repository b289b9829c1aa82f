"""Applies an OpenAPI Overlay 1.0; an action that matches nothing is an error, so that no correction outlives its cause."""

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import jsonpath

from spec.document import Json, Object, SpecError, describe, obj
from spec.load import parse


@dataclass(frozen=True)
class Action:
    """One action of an overlay and where it stands."""

    where: str
    target: str
    reason: str
    update: Json
    remove: bool


def read_overlay(path: Path) -> list[Action]:
    """Reads the actions of an overlay file.

    Raises:
        SpecError: It is no Overlay 1.0 document, or an action lacks its reason.
    """
    document = obj(parse(path.read_bytes(), path.name), path.name)
    actions = document.get("actions")
    if not str(document.get("overlay")).startswith("1.0.") or not isinstance(actions, list):
        raise SpecError(f"{path.name} is no OpenAPI Overlay 1.0 document.")
    return [_read_action(obj(action, path.name), f"{path.name}, action {n}") for n, action in enumerate(actions, 1)]


def _read_action(action: Object, where: str) -> Action:
    target, reason, remove = action.get("target"), action.get("description"), action.get("remove", False)
    if not isinstance(target, str) or not isinstance(reason, str) or not reason.strip():
        raise SpecError(f"{where} needs a target and, as its description, a reason.")
    if not isinstance(remove, bool) or remove == ("update" in action):
        raise SpecError(f"{where} ({target}) must either update or remove.")
    return Action(where, target, reason, action.get("update"), remove)


def apply(document: Object, actions: list[Action]) -> Object:
    """Returns the document with every action applied, in order.

    Raises:
        SpecError: An action matches nothing, or does not fit what it matches.
    """
    result, unmatched = apply_where_matching(document, actions)
    if unmatched:
        action = unmatched[0]
        raise SpecError(f"{action.where} matches nothing in the document any more: {action.target} ({action.reason})")
    return result


def apply_where_matching(document: Object, actions: list[Action]) -> tuple[Object, list[Action]]:
    """Returns the document with the actions applied that match, and the actions that do not."""
    result = copy.deepcopy(document)
    unmatched: list[Action] = []
    for action in actions:
        matches = list(_matches(result, action))
        if not matches:
            unmatched.append(action)
        # Backwards, so that a removal from a list does not move what is still to be removed.
        for match in reversed(matches):
            if action.remove:
                _remove(match, action)
            else:
                _merge(match.obj, action.update, action)  # type: ignore[arg-type]
    return result, unmatched


def _matches(document: Object, action: Action) -> Iterator[jsonpath.JSONPathMatch]:
    try:
        yield from jsonpath.finditer(action.target, document, strict=True)
    except jsonpath.JSONPathError as error:
        raise SpecError(f"{action.where}: {action.target} is no JSONPath: {error}.") from error


def _remove(match: jsonpath.JSONPathMatch, action: Action) -> None:
    if match.parent is None or not isinstance(match.obj, (dict, list)):
        raise SpecError(f"{action.where} ({action.target}) must remove objects or lists, inside the document.")
    del match.parent.obj[match.parts[-1]]  # type: ignore[attr-defined]


def _merge(target: Json, update: Json, action: Action) -> None:
    if isinstance(target, list):
        target.append(copy.deepcopy(update))
        return
    if not isinstance(target, dict) or not isinstance(update, dict):
        raise SpecError(f"{action.where} ({action.target}) cannot merge {describe(update)} into {describe(target)}.")
    for key, value in update.items():
        present = target.get(key)
        if isinstance(present, dict) and isinstance(value, dict):
            _merge(present, value, action)
        elif isinstance(present, list) and isinstance(value, list):
            present.extend(copy.deepcopy(value))
        elif isinstance(present, (dict, list)) or (present is not None and isinstance(value, (dict, list))):
            raise SpecError(
                f"{action.where} ({action.target}) cannot merge {describe(value)} into {describe(present)}."
            )
        else:
            target[key] = copy.deepcopy(value)
