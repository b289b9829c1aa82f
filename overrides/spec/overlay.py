"""Applies an OpenAPI Overlay 1.0, and reports which of its actions no longer match anything."""

import copy
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import jsonpath

from spec.document import Json, Object, SpecError, StaleCorrectionError, as_object, type_of
from spec.parse import parse


@dataclass(frozen=True)
class Action:
    """One action of an overlay and where it stands."""

    where: str
    target: str
    reason: str
    update: Json
    remove: bool
    # Fills the place of what the action before it removed, and makes no sense without that.
    continues: bool

    def __str__(self) -> str:
        return f"{self.where} ({self.target})"


def read_overlay(path: Path) -> list[Action]:
    """Read the actions of an overlay file.

    Raises:
        SpecError: It is not an Overlay 1.0 document, or an action lacks its reason.
    """
    try:
        document = as_object(parse(path.read_bytes(), path.name), path.name)
    except OSError as error:
        raise SpecError(f"{path} cannot be read: {error.strerror}.") from error
    actions = document.get("actions")
    if not str(document.get("overlay")).startswith("1.0.") or not isinstance(actions, list):
        raise SpecError(f"{path.name} is not an OpenAPI Overlay 1.0 document.")
    return [_read_action(as_object(it, path.name), f"{path.name}, action {n}") for n, it in enumerate(actions, 1)]


def _read_action(action: Object, where: str) -> Action:
    target, reason, remove = action.get("target"), action.get("description"), action.get("remove", False)
    if not isinstance(target, str) or not isinstance(reason, str) or not reason:
        raise SpecError(f"{where} needs a target and, as its description, a reason.")
    if not isinstance(remove, bool) or remove == ("update" in action):
        raise SpecError(f"{where} ({target}) must either update or remove.")
    return Action(where, target, reason, action.get("update"), remove, action.get("x-continues") is True)


def apply(document: Object, actions: list[Action]) -> Object:
    """Return the document with every action applied, in order.

    Raises:
        StaleCorrectionError: An action matches nothing, so that its reason is gone or its target has moved.
        SpecError: An action does not fit what it matches.
    """
    result, unmatched = apply_matching(document, actions)
    for action in unmatched:
        raise StaleCorrectionError(
            f"{action} matches nothing, so that what it is for has gone or moved: {action.reason}"
        )
    return result


def apply_matching(document: Object, actions: list[Action]) -> tuple[Object, list[Action]]:
    """Return the document with the actions applied that match, and those that do not."""
    result = copy.deepcopy(document)
    unmatched: list[Action] = []
    matches: list[jsonpath.JSONPathMatch] = []
    for action in actions:
        matches = _matches(result, action) if matches or not action.continues else []
        if not matches:
            unmatched.append(action)
        # Backwards, so that a removal from a list does not move what is still to be removed.
        for match in reversed(matches):
            if action.remove:
                _remove(match, action)
            else:
                _merge(cast("Json", match.obj), action.update, action)
    return result, unmatched


def _matches(document: Object, action: Action) -> list[jsonpath.JSONPathMatch]:
    try:
        return list(jsonpath.finditer(action.target, document, strict=True))
    except jsonpath.JSONPathError as error:
        raise SpecError(f"{action}: the target is not a JSONPath: {error}.") from error


def _remove(match: jsonpath.JSONPathMatch, action: Action) -> None:
    if match.parent is None or not isinstance(match.obj, (dict, list)):
        raise SpecError(f"{action} can only remove an object or a list.")
    del cast("Object", match.parent.obj)[cast("str", match.parts[-1])]


def _merge(target: Json, update: Json, action: Action) -> None:
    if isinstance(target, list):
        target.append(copy.deepcopy(update))
        return
    if not isinstance(target, dict) or not isinstance(update, dict):
        raise SpecError(f"{action} cannot merge {type_of(update)} into {type_of(target)}.")
    for key, value in update.items():
        present = target.get(key)
        if isinstance(present, dict) and isinstance(value, dict):
            _merge(present, value, action)
        elif isinstance(present, list) and isinstance(value, list):
            present.extend(copy.deepcopy(value))
        elif key not in target or not (isinstance(present, (dict, list)) or isinstance(value, (dict, list))):
            target[key] = copy.deepcopy(value)
        else:
            raise SpecError(f"{action} cannot merge {type_of(value)} into {type_of(present)} at {key}.")
