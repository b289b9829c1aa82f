"""A service with FastAPI whose users chat through ChatKit: the login, the page and the way out.

OPENAI_API_KEY=… CHATKIT_WORKFLOW_ID=wf_… SERVICE_SECRET=… uvicorn --app-dir examples fastapi_service.main:app

Its cookies need https. Browsers make an exception of http://localhost; a test client has to ask https://testserver.
"""

import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from importlib.resources import files
from pathlib import Path
from typing import Annotated

from chatkit_sessions import AsyncSessions, web
from chatkit_sessions.web.fastapi import end_sessions, session_router
from fastapi import FastAPI, Form, Request
from fastapi.responses import FileResponse, RedirectResponse, Response
from starlette.middleware.sessions import SessionMiddleware

SECRET = os.environ["SERVICE_SECRET"]
PAGE = Path(__file__).parents[1] / "page.html"
SCRIPT = (files(web) / "client_secret.js").read_text(encoding="utf-8")

sessions = AsyncSessions()
endpoint = web.SessionEndpoint(sessions, workflow=os.environ["CHATKIT_WORKFLOW_ID"], secret=SECRET)


@asynccontextmanager
async def lifespan(_app: FastAPI) -> AsyncGenerator[None]:
    """One client serves all requests, over connections that stay open."""
    async with sessions:
        yield


def current_user(request: Request) -> str | None:
    """Return who is signed in. Your own dependency takes its place."""
    user: str | None = request.session.get("user")
    return user


app = FastAPI(lifespan=lifespan)
app.add_middleware(SessionMiddleware, secret_key=SECRET, https_only=True)
app.include_router(session_router(endpoint, user=current_user), prefix="/chat")


@app.get("/")
async def page() -> FileResponse:
    return FileResponse(PAGE)


@app.get("/client_secret.js")
async def script() -> Response:
    return Response(SCRIPT, media_type="text/javascript")


@app.post("/login")
async def login(request: Request, user: Annotated[str, Form()]) -> Response:
    """Believe everybody's name. Here your service checks a password."""
    request.session["user"] = user
    return RedirectResponse("/", 303)


@app.post("/logout")
async def logout(request: Request) -> Response:
    """Sign out, and end what the browser still has open."""
    response = RedirectResponse("/", 303)
    await end_sessions(endpoint, request, user=current_user(request), response=response)
    request.session.clear()
    return response
