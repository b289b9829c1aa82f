"""One endpoint behind each kind of server, on loopback, and the browser's part of talking to it."""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import ExitStack, contextmanager
from functools import partial
from http.cookies import SimpleCookie
from typing import Any, Final

import django
import httpx
import uvicorn
from chatkit_sessions import AsyncSessions, Sessions
from chatkit_sessions.web import SessionEndpoint
from chatkit_sessions.web import django as web_django
from chatkit_sessions.web import fastapi as web_fastapi
from chatkit_sessions.web import flask as web_flask
from chatkit_sessions.web import starlette as web_starlette
from django.conf import settings
from django.core.asgi import get_asgi_application
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse
from django.urls import get_resolver, path, set_urlconf
from fastapi import FastAPI, HTTPException, Request, Response
from flask import Flask, abort, request
from flask import Request as FlaskRequest
from flask import Response as FlaskResponse
from starlette.applications import Starlette
from starlette.routing import Route
from werkzeug.serving import WSGIRequestHandler, make_server

PATH: Final = "/chat/session"
NAMES: Final = ("fastapi", "starlette", "flask", "django_wsgi", "django_asgi")
ASYNC: Final = ("fastapi", "starlette", "django_asgi")
# Reading the machine's certificates takes longer than most tests.
NO_TLS: Final = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
REFUSED: Final = "refused"
"""Who is turned away by an exception of the framework with status 401, where it has one."""


def named(header: str | None) -> str | None:
    """Return the visitor whom a header names, in a way that takes any text."""
    return None if header is None else header.encode("latin-1").decode("unicode_escape")


class Site:
    """A server that answers with whatever application it was given last. The header X-Address changes the client's.

    Attributes:
        name: One of `NAMES`.
        sessions: The client that its endpoints use, which is closed with it.
        pages: What it serves besides, by path: type and content.
        url: Where it listens.
    """

    def __init__(self, name: str, sessions: Sessions | AsyncSessions) -> None:
        self.name = name
        self.sessions = sessions
        self.url = ""
        self.pages: dict[str, tuple[str, bytes]] = {}
        self._app: Any = None

    def use(self, endpoint: SessionEndpoint, *, user: Callable[[str | None], object] = named) -> None:
        """Answer by this endpoint. `user` returns the visitor's id from the header X-User."""
        self._app = _APPS[self.name](endpoint, user)

    @contextmanager
    def running(self) -> Generator["Site"]:
        with (_uvicorn if self.name in ASYNC else _werkzeug)(self) as self.url:
            yield self

    async def asgi(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            kind, content = self.pages.get(scope["path"], (None, b""))
            address = dict(scope["headers"]).get(b"x-address")
            scope = scope if address is None else {**scope, "client": (address.decode(), 0)}
            await (self._app if kind is None else Response(content, media_type=kind))(scope, receive, send)
            return
        for phase in ("startup", "shutdown"):
            await receive()
            if phase == "shutdown" and isinstance(self.sessions, AsyncSessions):
                await self.sessions.aclose()
            await send({"type": f"lifespan.{phase}.complete"})

    def wsgi(self, environ: Any, start_response: Any) -> Any:
        kind, content = self.pages.get(environ["PATH_INFO"], (None, b""))
        app = self._app if kind is None else FlaskResponse(content, content_type=kind)
        environ["REMOTE_ADDR"] = environ.get("HTTP_X_ADDRESS", environ["REMOTE_ADDR"])
        return app(environ, start_response)


class Browser:
    """A browser with one tab, as far as cookies go, over http as if it were https.

    Attributes:
        cookies: Its cookies.
        answers: All answers that it got.
    """

    def __init__(self, url: str, user: str | None = "alice") -> None:
        self.cookies: dict[str, str] = {}
        self.answers: list[httpx.Response] = []
        self.user = user
        self.url = url
        self._http = httpx.Client(base_url=url, timeout=60, verify=NO_TLS)

    def ask(self, method: str = "POST", url: str = PATH, *, user: str | None = "", **more: Any) -> httpx.Response:
        """Send a request with the cookies, and keep those of the answer."""
        headers = httpx.Headers(more.pop("headers", None))
        visitor = self.user if user == "" else user
        if visitor is not None:
            headers["x-user"] = visitor.encode("unicode_escape").decode("latin-1")
        if self.cookies:
            headers["cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        answer = self._http.request(method, url, headers=headers, **more)
        for cookie in set_cookies(answer):
            name, morsel = cookie
            if morsel["max-age"] == "0":
                self.cookies.pop(name, None)
            else:
                self.cookies[name] = morsel.value
        self.answers.append(answer)
        return answer

    def close(self) -> None:
        self._http.close()


def set_cookies(answer: httpx.Response) -> list[tuple[str, Any]]:
    """Return the cookies that an answer sets, with their attributes."""
    found: list[tuple[str, Any]] = []
    for line in answer.headers.get_list("set-cookie"):
        [(name, morsel)] = SimpleCookie(line).items()
        found.append((name, morsel))
    return found


def _named_in(request: Any) -> str | None:
    """Return what a request says of its visitor: in a header, or in the cookie that a sign-in would set."""
    cookies = request.COOKIES if isinstance(request, HttpRequest) else request.cookies
    found: str | None = request.headers.get("x-user") or cookies.get("user")
    return found


def _given(request: Any, response: Any) -> Any:
    """Return the response that a sign-out has at hand; a signal of Django's, for instance, has none."""
    return None if "x-without-response" in request.headers else response


def _user_of(user: Callable[[str | None], object], request: Any, refuse: Callable[[], Any]) -> object:
    named_in = _named_in(request)
    if named_in == REFUSED:
        refuse()
    return user(named_in)


def _fastapi(endpoint: SessionEndpoint, user: Callable[[str | None], object]) -> Any:
    def refuse() -> None:
        raise HTTPException(401, "in its own words")

    def current_user(request: Request) -> object:
        return _user_of(user, request, refuse)

    app = FastAPI()
    app.include_router(web_fastapi.session_router(endpoint, user=current_user), prefix="/chat")

    @app.post("/logout", status_code=204)
    async def logout(request: Request, response: Response) -> None:
        visitor = named(_named_in(request))
        await web_fastapi.end_sessions(endpoint, request, user=visitor, response=_given(request, response))

    return app


def _starlette(endpoint: SessionEndpoint, user: Callable[[str | None], object]) -> Any:
    def refuse() -> None:
        raise HTTPException(401, "in its own words")

    def current_user(request: Any) -> object:
        return _user_of(user, request, refuse)

    async def logout(request: Any) -> Response:
        response = Response(status_code=204)
        visitor = named(_named_in(request))
        await web_starlette.end_sessions(endpoint, request, user=visitor, response=_given(request, response))
        return response

    routes = web_starlette.session_routes(endpoint, user=current_user, path=PATH)
    return Starlette(routes=[*routes, Route("/logout", logout, methods=["POST"])])


def _flask(endpoint: SessionEndpoint, user: Callable[[str | None], object]) -> Any:
    def current_user(request: FlaskRequest) -> object:
        return _user_of(user, request, partial(abort, 401))

    app = Flask(__name__)
    app.register_blueprint(web_flask.session_blueprint(endpoint, user=current_user), url_prefix="/chat")

    @app.post("/logout")
    def logout() -> FlaskResponse:
        response = FlaskResponse(status=204)
        web_flask.end_sessions(endpoint, request, user=named(_named_in(request)), response=_given(request, response))
        return response

    return app


class _Urls:
    """What Django takes for a module of URLs."""

    def __init__(self, *patterns: Any) -> None:
        self.urlpatterns = list(patterns)


def _django(endpoint: SessionEndpoint, user: Callable[[str | None], object], *, is_async: bool) -> Any:
    def current_user(request: HttpRequest) -> object:
        found = _named_in(request)
        return user(None if found == REFUSED else found)

    def logout(request: HttpRequest) -> HttpResponse:
        response = HttpResponse(status=204)
        web_django.end_sessions(endpoint, request, user=named(_named_in(request)), response=_given(request, response))
        return response

    async def alogout(request: HttpRequest) -> HttpResponse:
        response = HttpResponse(status=204)
        await web_django.aend_sessions(
            endpoint, request, user=named(_named_in(request)), response=_given(request, response)
        )
        return response

    view: Any = web_django.asession_view if is_async else web_django.session_view
    leave: Any = alogout if is_async else logout
    leave.csrf_exempt = True
    urls = _Urls(path(PATH[1:], view(endpoint, user=current_user)), path("logout", leave))
    if not settings.configured:
        settings.configure(
            ALLOWED_HOSTS=["*"],
            SECRET_KEY="of no use",
            ROOT_URLCONF=_Urls(),
            LOGGING_CONFIG=None,
            MIDDLEWARE=["django.middleware.common.CommonMiddleware", "django.middleware.csrf.CsrfViewMiddleware"],
        )
        django.setup()
    application: Any = get_asgi_application() if is_async else get_wsgi_application()
    application.resolve_request = partial(_resolve, application, urls)
    return application


def _resolve(_handler: Any, urls: Any, request: HttpRequest) -> Any:
    set_urlconf(urls)
    request.resolver_match = get_resolver(urls).resolve(request.path_info)
    return request.resolver_match


_APPS: Final[Mapping[str, Callable[..., Any]]] = {
    "fastapi": _fastapi,
    "starlette": _starlette,
    "flask": _flask,
    "django_wsgi": partial(_django, is_async=False),
    "django_asgi": partial(_django, is_async=True),
}


@contextmanager
def _uvicorn(site: Site) -> Generator[str]:
    listening = socket.create_server(("127.0.0.1", 0), backlog=1024)
    server = uvicorn.Server(uvicorn.Config(site.asgi, interface="asgi3", lifespan="on", log_config=None, ws="none"))
    thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    server.should_exit = True
    thread.join()


class _Quiet(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log(self, type: str, message: str, *args: Any) -> None: ...  # noqa: A002 # as Werkzeug names it


@contextmanager
def _werkzeug(site: Site) -> Generator[str]:
    server = make_server("127.0.0.1", 0, site.wsgi, threaded=True, request_handler=_Quiet)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


@contextmanager
def all_sites(**options: Any) -> Generator[dict[str, Site]]:
    """Start a server of each kind, whose clients have these options."""
    with ExitStack() as stack, Sessions(**options) as sessions:
        sites = [Site(name, AsyncSessions(**options) if name in ASYNC else sessions) for name in NAMES]
        yield {site.name: stack.enter_context(site.running()) for site in sites}
