"""Compares what went over the wire with the OpenAPI document, by openapi-core's judgement and not by our own."""

from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

from chatkit_sessions._generated import document
from chatkit_sessions.emulator import Answer, RecordedRequest
from openapi_core import OpenAPI
from openapi_core.exceptions import OpenAPIError
from openapi_core.testing import MockRequest, MockResponse
from spec.overlay import apply, read_overlay

OVERLAY = Path(__file__).with_name("contract.yaml")


def contract_document() -> dict[str, Any]:
    """Return the packaged document together with what the emulator promises beyond it."""
    return apply(document(), read_overlay(OVERLAY))


@cache
def _contract() -> OpenAPI:
    return OpenAPI.from_dict(contract_document())


def check_contract(exchanges: Iterable[RecordedRequest]) -> None:
    """Fail unless every exchange that met no fault keeps to the document.

    The emulator and openapi-core must agree which requests are valid, and every answer must be a documented one.
    """
    for exchange in exchanges:
        if exchange.fault is None and exchange.answer is not None and exchange.operation is not None:
            _check(exchange, exchange.answer)


def _check(exchange: RecordedRequest, answer: Answer) -> None:
    request = MockRequest(
        "https://api.openai.com",
        exchange.method,
        exchange.path,
        headers=dict(exchange.headers),
        data=exchange.body,
        content_type=exchange.headers.get("content-type", ""),
    )
    fault = _fault_of(request)
    if fault is None:
        assert answer.status not in (400, 415), f"{exchange} is valid, yet refused: {answer.body!r}"
    else:
        assert 400 <= answer.status < 500, f"{exchange} is accepted, yet invalid: {fault}"
    response = MockResponse(
        answer.body, answer.status, headers=dict(answer.headers), content_type=answer.headers["content-type"]
    )
    _contract().validate_response(request, response)


def _fault_of(request: MockRequest) -> OpenAPIError | None:
    try:
        _contract().validate_request(request)
    except OpenAPIError as error:
        return error
    return None
