"""The endpoint that a page with ChatKit calls: a client secret for each visitor, ended at their sign-out.

    endpoint = SessionEndpoint(AsyncSessions(), workflow="wf_123", secret=SETTINGS.secret)
    app.include_router(session_router(endpoint, user=current_user), prefix="/chat")

The routes are made by the module of your framework: `web.fastapi`, `web.starlette`, `web.django`, `web.flask`.
It needs the extra `chatkit-sessions[web]`.
"""

try:
    import itsdangerous as _itsdangerous
    import throttled as _throttled
except ModuleNotFoundError as error:
    message = f"The web endpoint needs {error.name}, which is not installed: pip install 'chatkit-sessions[web]'"
    raise ModuleNotFoundError(message, name=error.name) from None

from ._endpoint import SessionEndpoint
from ._values import Event, Visit

__all__ = ["Event", "SessionEndpoint", "Visit"]

del _itsdangerous, _throttled
