"""The answers that the canned server gives: one session, with few response headers or with as many as OpenAI sends."""

import json
from typing import Final

SESSION_ID: Final = "cksess_4f1c2ab90d3e4c5f8a6b7c8d9e0f1a2b"

_SESSION: Final = {
    "id": SESSION_ID,
    "object": "chatkit.session",
    "client_secret": "ek_" + "0123456789abcdef" * 4,
    "expires_at": 1_767_225_600,
    "user": "user_abc",
    "status": "active",
    "workflow": {
        "id": "wf_123",
        "version": None,
        "state_variables": None,
        "tracing": {"enabled": True},
    },
    "rate_limits": {"max_requests_per_1_minute": 10},
    "max_requests_per_1_minute": 10,
    "chatkit_configuration": {
        "automatic_thread_titling": {"enabled": True},
        "file_upload": {"enabled": False, "max_file_size": 512, "max_files": 10},
        "history": {"enabled": True, "recent_threads": None},
    },
}

_BODY: Final = json.dumps(_SESSION).encode()

_FEW: Final = {
    "content-type": "application/json",
    "content-length": str(len(_BODY)),
    "x-request-id": "req_0123456789abcdef0123456789abcdef",
}

# The names that api.openai.com answers with behind its content delivery network.
_MANY: Final = {
    **_FEW,
    "date": "Thu, 01 Jan 2026 00:00:00 GMT",
    "connection": "keep-alive",
    "access-control-expose-headers": "X-Request-ID",
    "openai-organization": "org-0123456789abcdef",
    "openai-processing-ms": "143",
    "openai-project": "proj_0123456789abcdef",
    "openai-version": "2020-10-01",
    "strict-transport-security": "max-age=31536000; includeSubDomains; preload",
    "cf-cache-status": "DYNAMIC",
    "x-content-type-options": "nosniff",
    "server": "cloudflare",
    "cf-ray": "99a1b2c3d4e5f607-FRA",
}
# Without `Domain` and `Secure`, so that a client that keeps cookies keeps these, as it does those of api.openai.com.
_COOKIES: Final = (
    "__cf_bm=0123456789abcdef0123456789abcdef; path=/; expires=Fri, 01-Jan-38 00:30:00 GMT; HttpOnly; SameSite=None",
    "_cfuvid=0123456789abcdef0123456789abcdef-1767225600000-0.0.1.1-604800000; path=/; HttpOnly; SameSite=None",
)


def _response(status: str, headers: list[tuple[str, str]], body: bytes) -> bytes:
    lines = [f"HTTP/1.1 {status}", *(f"{name}: {value}" for name, value in headers), "", ""]
    return "\r\n".join(lines).encode() + body


FEW_HEADERS: Final = _response("200 OK", list(_FEW.items()), _BODY)
MANY_HEADERS: Final = _response("200 OK", [*_MANY.items(), *(("set-cookie", cookie) for cookie in _COOKIES)], _BODY)
REFUSAL: Final = _response("400 Bad Request", [("content-length", "0")], b"")
