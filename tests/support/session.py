"""A session as the API answers it; nothing but data, for processes that measure what they load."""

from typing import Any, Final

FAKE_SECRET: Final = "ek_LeakedClientSecret"

SESSION: dict[str, Any] = {
    "id": "cksess_1",
    "object": "chatkit.session",
    "expires_at": 1_800_000_000,
    "client_secret": FAKE_SECRET,
    "workflow": {"id": "wf_1", "version": None, "state_variables": {"plan": "pro"}, "tracing": {"enabled": True}},
    "user": "user_1",
    "rate_limits": {"max_requests_per_1_minute": 10},
    "max_requests_per_1_minute": 10,
    "status": "active",
    "chatkit_configuration": {
        "automatic_thread_titling": {"enabled": True},
        "file_upload": {"enabled": False, "max_file_size": 512, "max_files": 10},
        "history": {"enabled": True, "recent_threads": None},
    },
}
