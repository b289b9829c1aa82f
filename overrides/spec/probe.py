"""Tries the handwritten layer on the generated package that is found first; run as a program of its own.

Reads samples from the standard input and writes what it found out to the standard output, both as JSON.
"""

import ast
import copy
import inspect
import json
import pickle
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

import httpx
from chatkit_sessions import ChatKitError, ChatSession, Sessions, types
from chatkit_sessions import _generated as generated
from chatkit_sessions._call.schema import properties_of

_OF_THE_CALL = frozenset({"extra_headers", "extra_query", "extra_body", "timeout", "deadline", "max_retries"})
_OF_EVERY_MODEL = frozenset({"to_dict", "from_dict", "additional_properties", "additional_keys"})
_WITH_SHORT_FORMS = ("workflow", "expires_after", "rate_limits")
_OURS = "overrides/chatkit_sessions"


def main() -> None:
    """Try everything, and print the problems, the places to touch and the bodies that were sent."""
    given = json.load(sys.stdin)
    problems = [*_collisions()]
    # A class with such a property cannot be made at all.
    problems = problems or [*_read_answers(given["answers"], given["partial"])]
    sent: list[Any] = []
    if not problems:
        problems = [*_send_bodies(given["bodies"], given["answers"][0], sent), *_refuse_bodies(given["spoiled"])]
    json.dump({"problems": [*dict.fromkeys(problems)], "places": [*_places()], "sent": sent}, sys.stdout)


def _collisions() -> Iterator[str]:
    helpers = _names_of_session()
    for name, (properties, _) in generated.ANSWERS.items():
        taken = _OF_EVERY_MODEL | (helpers if name == "ChatSession" else set[str]())
        for key, attribute, _ in properties:
            if attribute in taken:
                yield f"the property {key!r} of {name} would take the place of {name}.{attribute} of ours"


def _names_of_session() -> set[str]:
    """Return the public names that the source of ChatSession gives it; attrs removes those that are also fields."""
    tree = ast.parse(Path(str(sys.modules["chatkit_sessions._session"].__file__)).read_text(encoding="utf-8"))
    (body,) = (node.body for node in tree.body if isinstance(node, ast.ClassDef) and node.name == ChatSession.__name__)
    names = {node.name for node in body if isinstance(node, ast.FunctionDef)}
    names |= {node.target.id for node in body if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)}
    return {name for name in names if not name.startswith("_")}


def _read_answers(answers: list[Any], partial: list[Any]) -> Iterator[str]:
    for answer in (*answers, *partial):
        try:
            session = ChatSession.from_dict(answer)
            copies = [session, copy.deepcopy(session), pickle.loads(pickle.dumps(session))]  # noqa: S301 # our own
            for each in copies:
                if each.to_dict() != answer:
                    yield f"the layer gives back {_difference(each.to_dict(), answer)} otherwise than it came"
            for _, attribute, _ in generated.ANSWERS["ChatSession"][0]:
                repr(getattr(session, attribute))
            repr(session)
        except Exception as error:
            yield f"the layer cannot read {_culprit(answer, _reads)} ({type(error).__name__}: {error})"
    for answer in answers:
        try:
            generated.ChatSession.from_dict(answer)
        except Exception as error:
            culprit = _culprit(answer, _generator_reads)
            yield f"the generated code cannot read {culprit} ({type(error).__name__}: {error})"


def _reads(answer: Any) -> None:
    ChatSession.from_dict(answer).to_dict()


def _generator_reads(answer: Any) -> None:
    generated.ChatSession.from_dict(answer).to_dict()


def _culprit(answer: Any, read: Callable[[Any], None]) -> str:
    """Return the property that makes an answer unreadable."""
    for key in answer:
        try:
            read({**answer, key: None})
        except Exception:  # noqa: S112 # another one is to blame
            continue
        return f"{key!r}"
    return "the answer"


def _difference(one: Any, other: Any) -> str:
    for key in {**one, **other} if _are_objects(one, other) else ():
        if one.get(key, ...) != other.get(key, ...):
            inner = _difference(one.get(key), other.get(key))
            return f"{key}.{inner}" if inner != "it" else str(key)
    return "it"


def _are_objects(*values: object) -> bool:
    return all(isinstance(value, dict) for value in values)


def _send_bodies(bodies: list[Any], answer: Any, sent: list[Any]) -> Iterator[str]:
    def respond(request: httpx.Request) -> httpx.Response:
        sent.append(json.loads(request.content))
        return httpx.Response(200, json=answer)

    arguments = {*inspect.signature(Sessions.create).parameters} - _OF_THE_CALL
    with (
        httpx.Client(transport=httpx.MockTransport(respond)) as client,
        Sessions(api_key="sk-of-the-self-test", http_client=client) as sessions,
    ):
        for body in bodies:
            ours = {key: value for key, value in body.items() if key in arguments}
            extra = {key: value for key, value in body.items() if key not in arguments}
            try:
                session = sessions.create(**ours, extra_body=extra or None)
            except ChatKitError as error:
                yield f"create cannot use an answer that the document allows ({error})"
                continue
            except Exception as error:
                yield f"create refuses what the document allows ({type(error).__name__}: {error})"
                continue
            if not _contains(sent[-1], body):
                yield f"create sends {_difference(sent[-1], body)} otherwise than it was given"
            if session.to_dict() != answer:
                yield f"create returns {_difference(session.to_dict(), answer)} otherwise than it came"


def _contains(sent: Any, given: Any) -> bool:
    if _are_objects(sent, given):
        return all(key in sent and _contains(sent[key], value) for key, value in given.items())
    return bool(sent == given)


def _refuse_bodies(bodies: list[Any]) -> Iterator[str]:
    arguments = {*inspect.signature(Sessions.create).parameters} - _OF_THE_CALL
    transport = httpx.MockTransport(lambda _: httpx.Response(204))
    with (
        httpx.Client(transport=transport) as client,
        Sessions(api_key="sk-of-the-self-test", http_client=client, max_retries=0) as sessions,
    ):
        for body in bodies:
            # Other forms than the document's, which create takes as well.
            if not {*body} <= arguments or not all(isinstance(body.get(key, {}), dict) for key in _WITH_SHORT_FORMS):
                continue
            try:
                sessions.create(**body)
            except (TypeError, ValueError):
                continue
            except Exception:  # noqa: S110 # it was sent
                pass
            yield f"create sends what the document does not allow: {json.dumps(body)[:300]}"


def _places() -> Iterator[str]:
    """Yield what a person has to touch after the document has changed."""
    properties, required = generated.CREATE_PARAMS["properties"], generated.CREATE_PARAMS["required"]
    signature = inspect.signature(Sessions.create).parameters
    arguments = {*signature} - _OF_THE_CALL - {"self"}
    where = (
        f"create and open in {_OURS}/_sessions.py and _async_sessions.py, create_call and create_body in {_OURS}/_call"
    )
    for name in {**properties, **dict.fromkeys(required)}:
        if name in _OF_THE_CALL:
            yield f"The request has a property {name}, which is an option of create: only extra_body can send it."
        elif name not in arguments:
            yield f"The request has a property {name}, so far sent by extra_body only: add it to {where}."
        elif (signature[name].default is inspect.Parameter.empty) != (name in required):
            now = "required" if name in required else "optional"
            yield f"The property {name} of the request is now {now}: change the argument of {where}."
    for name in sorted(arguments - properties.keys() - {*required}):
        yield f"The request has no property {name} any more: take the argument out of {where}."
    yield from _places_of_types(types.CreateArguments, generated.CREATE_PARAMS)


def _places_of_types(shape: Any, schema: Any) -> Iterator[str]:
    properties, hints = properties_of(schema), get_type_hints(shape)
    aliases = {"requests_per_minute"} if shape is types.RateLimits else set[str]()
    for name in properties.keys() - hints.keys():
        yield f"{shape.__name__} has no key {name} yet: add it in {_OURS}/types.py."
    for name in hints.keys() - properties.keys() - aliases:
        yield f"{shape.__name__} has a key {name}, which the document does not have: take it out in {_OURS}/types.py."
    for name in properties.keys() & hints.keys():
        for hint in (hints[name], *get_args(hints[name])):
            if hasattr(hint, "__required_keys__"):
                yield from _places_of_types(hint, properties[name])
            elif get_origin(hint) is Literal and {*get_args(hint)} != {*properties[name].get("enum", ())}:
                yield f"{shape.__name__}.{name} lists other values than the document: change it in {_OURS}/types.py."


if __name__ == "__main__":
    main()
