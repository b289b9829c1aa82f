"""The endpoint with FastAPI in several processes, which count a visitor's sessions together in Redis or Valkey.

OPENAI_API_KEY=… CHATKIT_WORKFLOW_ID=wf_… SERVICE_SECRET=… REDIS_URL=redis://localhost:6379/0 \
    uvicorn --app-dir examples --workers 3 fastapi_workers.main:app

It needs `pip install redis`. A store that is away costs visitors a 503, soon: without the two timeouts they would wait.
"""

import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Annotated

from chatkit_sessions import AsyncSessions
from chatkit_sessions.web import SessionEndpoint
from chatkit_sessions.web.fastapi import session_router
from fastapi import FastAPI, Header
from throttled.asyncio import RedisStore, Throttled, per_duration

STORE = RedisStore(server=os.environ["REDIS_URL"], options={"SOCKET_TIMEOUT": 1, "SOCKET_CONNECT_TIMEOUT": 1})


def in_ten_minutes(number: int) -> Throttled:
    """Return a limit that all processes share."""
    return Throttled(using="gcra", quota=per_duration(timedelta(minutes=10), number), store=STORE, key_prefix="chat")


sessions = AsyncSessions()
endpoint = SessionEndpoint(
    sessions,
    workflow=os.environ["CHATKIT_WORKFLOW_ID"],
    secret=os.environ["SERVICE_SECRET"],  # the same in all processes, since each reads the others' cookies
    limit=in_ten_minutes(20),
)


@asynccontextmanager
async def lifespan(_app: FastAPI) -> AsyncGenerator[None]:
    async with sessions:
        yield


def current_user(x_user: Annotated[str | None, Header()] = None) -> str | None:
    """Return who is signed in, as the proxy before this service says."""
    return x_user


app = FastAPI(lifespan=lifespan)
app.include_router(session_router(endpoint, user=current_user), prefix="/chat")
