"""Hands the browser of a logged-in user what it needs to chat, and keeps the API key to itself.

OPENAI_API_KEY=… CHATKIT_WORKFLOW_ID=wf_… SERVICE_SECRET=… uvicorn --app-dir examples fastapi_service.main:app
"""

import logging
import math
import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from typing import Annotated

from chatkit_sessions import APIConnectionError, APIError, AsyncSessions, ConflictError, NotFoundError, RateLimitError
from fastapi import Cookie, Depends, FastAPI, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from .login import current_user, seal, unseal

log = logging.getLogger(__name__)


@asynccontextmanager
async def lifespan(_app: FastAPI) -> AsyncGenerator[dict[str, AsyncSessions]]:
    """One client serves all requests, over connections that stay open."""
    async with AsyncSessions() as sessions:
        yield {"sessions": sessions}


async def client(request: Request) -> AsyncSessions:
    sessions: AsyncSessions = request.state.sessions
    return sessions


app = FastAPI(lifespan=lifespan)
User = Annotated[str, Depends(current_user)]
Client = Annotated[AsyncSessions, Depends(client)]


class ClientSecret(BaseModel):
    """What ChatKit in the browser asks for, again whenever the secret is about to expire."""

    client_secret: str
    expires_at: int


@app.post("/chat/session")
async def start(user: User, sessions: Client, response: Response) -> ClientSecret:
    """Open a session for the user. Its id goes into a cookie, for `/logout`."""
    session = await sessions.create(
        user=user, workflow=os.environ["CHATKIT_WORKFLOW_ID"], expires_after=timedelta(minutes=10), rate_limits=20
    )
    response.set_cookie("chat", seal(session.id), httponly=True, secure=True, samesite="strict")
    return ClientSecret(client_secret=session.client_secret, expires_at=session.expires_at)


@app.post("/logout", status_code=204)
async def logout(sessions: Client, response: Response, chat: Annotated[str | None, Cookie()] = None) -> None:
    """End the session, so that what the browser still knows is of no use, and forget the user."""
    session_id = unseal(chat)
    if session_id is not None:
        with suppress(NotFoundError, ConflictError):  # it has ended before
            await sessions.cancel(session_id)
    response.delete_cookie("chat")
    response.delete_cookie("login")


@app.exception_handler(APIError)
async def unavailable(_request: Request, error: APIError) -> JSONResponse:
    """Tell the browser whether to try again, and the log what happened. No message of ours holds a secret."""
    log.warning("ChatKit: %s (request %s)", error, error.request_id)
    if isinstance(error, RateLimitError):
        return _try_again(429, error.retry_after)
    if isinstance(error, APIConnectionError):
        return _try_again(503, None)
    return JSONResponse({"detail": "chat is not available"}, 502)


def _try_again(status: int, seconds: float | None) -> JSONResponse:
    headers = {"Retry-After": str(math.ceil(seconds))} if seconds and 0 < seconds < math.inf else {}
    return JSONResponse({"detail": "chat is busy, try again"}, status, headers)
