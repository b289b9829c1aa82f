"""What an error answer says, and what to look at to fix it."""

import json
from typing import Any, Final, cast

import httpx

from .._config import Options
from .._headers import BETA
from .._retry import is_quota_used_up
from .._secret import Secret, mask
from .call import Call

# Where servers other than OpenAI's put their message: FastAPI, problem details (RFC 9457), OAuth and others.
_DETAILS: Final = ("message", "detail", "title", "error_description", "error", "msg")


def error_object(content: bytes) -> object:
    """Return what a body has under `error`, else the whole body, or its text if it is not JSON."""
    body = _decoded(content)
    return _fields(body).get("error", body)


def error_code(content: bytes) -> str | None:
    """Return the code in OpenAI's error object, or its type where it has no code."""
    fields = _fields(error_object(content))
    code = fields.get("code") or fields.get("type")
    return code if isinstance(code, str) else None


def detail(content: bytes) -> str:
    """Return the message of an error in any of the usual forms; empty if there is none.

    Nothing else of a body is shown: it may be a page of HTML, or hold a secret.
    """
    body = _fields(_decoded(content))
    fields = _fields(body.get("error")) or body
    return next((words for name in _DETAILS if isinstance(words := fields.get(name), str) and words), "")


def is_of_the_api(content: bytes) -> bool:
    """Return whether a body is the API's own error about what was asked for.

    It is not if the API has no such path, or if a gateway, a proxy or another server at the base URL answers.
    """
    fields = _fields(_fields(_decoded(content)).get("error"))
    # The document requires all four properties; imitations have these two. Azure's errors have no type.
    if not isinstance(fields.get("message"), str) or "type" not in fields:
        return False
    return fields.get("code") != "unknown_url" and not str(fields["message"]).startswith("Invalid URL")


def is_gone(response: httpx.Response) -> bool:
    """Return whether a 404 or 409 after a cancel is about the session, and not about a wrong URL.

    A 404 without a body may come from anywhere, and is believed.
    """
    return response.status_code == 409 or not response.content or is_of_the_api(response.content)


def hint(response: httpx.Response, call: Call[Any], options: Options, key: Secret) -> str:
    """Return one or more sentences on what to look at after a status that is not 2xx; empty if nothing is known."""
    status, sent = response.status_code, response.request.headers
    fields = _fields(error_object(response.content))
    words = f"{fields.get('code')} {fields.get('message')}".lower()
    if 300 <= status < 400:
        return "Redirects are not followed, since they would send the key elsewhere; check base_url."
    if is_quota_used_up(status, error_code(response.content)):
        return "The quota is used up, so trying again does not help; see the organization's plan and billing."
    if status == 404:
        return _not_found(response, call, options, key)
    if status in (401, 403):
        owners = [owner for owner in ("organization", "project") if owner in words]
        if "hostname" in words or "regional" in words:
            return f"{_base_url(options)} data_residency chooses the host of a project's region."
        if owners:
            return " ".join(_owner(owner, sent, call, options) for owner in owners)
    if status == 401:
        setter = _setter("authorization", call, options)
        if setter:
            return f"The Authorization header was {setter}."
        return f"The key {mask(key.reveal())} came from {options.api_key.source}."
    if status == 400 and (fields.get("code") == "invalid_beta" or BETA[0].lower() in words):
        return _beta(sent.get(BETA[0]), call, options)
    return ""


def _not_found(response: httpx.Response, call: Call[Any], options: Options, key: Secret) -> str:
    if not is_of_the_api(response.content):
        return f"The answer does not come from the API: the API is not at the base URL. {_base_url(options)}"
    if not call.operation.not_found:
        return ""
    project = response.request.headers.get("openai-project")
    named = f"the OpenAI-Project header names {project}" if project else "no OpenAI-Project header was sent"
    return f"{call.operation.not_found} (key {mask(key.reveal())}; {named})."


def _base_url(options: Options) -> str:
    ending = "" if options.base_url.endswith("/v1") else "; OpenAI's ends in /v1"
    return f"The base URL is {options.base_url} ({options.sources['base_url']}{ending})."


def _owner(owner: str, sent: httpx.Headers, call: Call[Any], options: Options) -> str:
    header = f"OpenAI-{owner.title()}"
    if (value := sent.get(header)) is None:
        return f"No {header} header was sent."
    setter = _setter(header, call, options)
    return f"{header}: {value} was sent, {setter or 'from ' + options.sources.get(owner, 'your http_client')}."


def _beta(sent: str | None, call: Call[Any], options: Options) -> str:
    if sent == BETA[1]:
        return f"{BETA[0]}: {BETA[1]} was sent."
    how = "removed" if sent is None else f"changed to {sent!r}"
    by = "extra_headers" if _setter(BETA[0], call, options) else "something between this package and the server"
    return f"{BETA[0]}: {BETA[1]} is needed; it was {how} by {by}."


def _setter(header: str, call: Call[Any], options: Options) -> str:
    for headers, argument in ((call.extra_headers, "extra_headers"), (options.default_headers, "default_headers")):
        for name, value in headers.items():
            if name.lower() == header.lower():
                return f"{'set' if isinstance(value, str) else 'removed'} by {argument}"
    return ""


def _decoded(content: bytes) -> object:
    try:
        return cast("object", json.loads(content))
    except (ValueError, RecursionError):
        return content.decode(errors="replace")


def _fields(value: object) -> dict[str, Any]:
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}
