"""Turns a response that is not 2xx into the error to raise, with what a person needs to mend it."""

import json
from http import HTTPStatus
from typing import Any, Final, cast

import httpx

from .._config import Options
from .._errors import APIStatusError, status_error_class
from .._headers import BETA
from .._secret import Secret, mask
from .call import Call

_LONGEST_DETAIL: Final = 1000


def status_error(response: httpx.Response, call: Call, options: Options, key: Secret) -> APIStatusError:
    """Return the error for a response that has been read and whose request hides the key."""
    body = _error_object(response)
    message = _summary(response, body)
    if hint := _hint(response.status_code, response.request, body, call, options, key):
        message += f" {hint}"
    return status_error_class(response.status_code)(message, response=response, body=body)


def _error_object(response: httpx.Response) -> object:
    """Return what stands under `error` in the body, the whole body if nothing does, its text if it is no JSON."""
    try:
        body: object = json.loads(response.content)
    except (ValueError, RecursionError):
        return response.content.decode(errors="replace")
    return cast("dict[str, object]", body).get("error", cast("object", body)) if isinstance(body, dict) else body


def _summary(response: httpx.Response, body: object) -> str:
    try:
        title = f"{response.status_code} {HTTPStatus(response.status_code).phrase}"
    except ValueError:
        title = f"{response.status_code}"
    detail = cast("dict[str, object]", body).get("message") if isinstance(body, dict) else None
    if not isinstance(detail, str) or not detail:
        # The rest of the body may be a page of HTML, or hold what must not be printed.
        kind = response.headers.get("content-type", "no content type")
        detail = f"the answer has no message in OpenAI's form ({kind}, {len(response.content)} bytes)"
    request_id = response.headers.get("x-request-id")
    return f"{title}: {detail:.{_LONGEST_DETAIL}}" + (f" (request id {request_id})" if request_id else "")


def _hint(status: int, request: httpx.Request, body: object, call: Call, options: Options, key: Secret) -> str:
    if 300 <= status < 400:
        return "Redirects are not followed, since they would take the key along; check base_url."
    if status == 401:
        setter = _setter("authorization", call, options)
        return (
            f"The Authorization header was {setter}."
            if setter
            else (f"The key {mask(key.reveal())} came from {options.api_key.source}.")
        )
    if status == 404 and call.operation == "create":
        project = request.headers.get("openai-project")
        named = f"the OpenAI-Project header names {project}" if project else "no OpenAI-Project header was sent"
        return f"The workflow may belong to another project than the API key's (key {mask(key.reveal())}; {named})."
    if status == 400 and _is_about_beta(body):
        sent = request.headers.get(BETA[0])
        if sent == BETA[1]:
            return f"{BETA[0]}: {BETA[1]} was sent."
        how = "removed" if sent is None else f"changed to {sent!r}"
        by = "extra_headers" if _setter(BETA[0], call, options) else "something between this package and the server"
        return f"{BETA[0]}: {BETA[1]} is needed; it was {how} by {by}."
    return ""


def _is_about_beta(body: object) -> bool:
    if not isinstance(body, dict):
        return False
    fields = cast("dict[str, Any]", body)
    return fields.get("code") == "invalid_beta" or BETA[0].lower() in str(fields.get("message")).lower()


def _setter(header: str, call: Call, options: Options) -> str:
    for headers, argument in ((call.extra_headers, "extra_headers"), (options.default_headers, "default_headers")):
        for name, value in headers.items():
            if name.lower() == header.lower():
                return f"{'set' if isinstance(value, str) else 'removed'} by {argument}"
    return ""
