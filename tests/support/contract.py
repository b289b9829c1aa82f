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

    The emulator and openapi-core must agree which requests are valid, and every answer must be a documented one. Of
    equal exchanges one is looked at, since openapi-core takes its time.
    """
    seen = set[tuple[object, ...]]()
    for exchange in exchanges:
        spoilt = exchange.fault is not None or "x-emulator-fault" in exchange.headers
        if exchange.answer is None or exchange.operation is None or spoilt:
            continue
        kind = (exchange.operation, exchange.status, exchange.headers.get("content-type"), exchange.body)
        if kind not in seen:
            seen.add(kind)
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


def _fault_of(request: MockRequest) -> Exception | None:
    try:
        _contract().validate_request(request)
    except (OpenAPIError, RecursionError) as error:  # it does not catch what JSON of great depth does to the decoder
        return error
    return None
