"""The emulator, as its users see it."""

from collections.abc import Collection, Iterable, Mapping
from types import TracebackType
from typing import Any, Self

from starlette.applications import Starlette

from .._generated import document
from ._addresses import reachable_at
from ._admission import Admission
from ._api import PREFIX, Api
from ._app import create_app
from ._clock import Clock
from ._control import control_routes
from ._exchange import Exchange
from ._faults import Faults
from ._pages import page_routes
from ._recording import Counts, RequestLog
from ._remote import RemoteEmulator
from ._server import ServerThread
from ._sessions import SessionStore
from ._state import State
from ._validation import create_validator

API_KEY = "sk-emulator"


class Emulator:
    """A local stand-in for OpenAI's ChatKit session endpoints.

    It listens while its context, `with` or `async with`, is entered. Its state outlives that.

    Args:
        api_key: The key it accepts; by default the first of `api_keys`, or `sk-emulator`.
        host: The address to listen on.
        port: The port; 0 takes a free one.
        requests_per_minute: How many requests it answers in each minute before it says 429.
        api_keys: Further keys it accepts, each with the project that it belongs to. A key sees the sessions of its
            project; a key without a project sees all.
        any_api_key: Whether it accepts every other key as well.
        workflows: The ids of the workflows it knows; others are answered 404. None, the default, knows every one.
        seeds: Sessions that are there from the start, and again after each `reset()`: arguments of `sessions.add`.
        control_token: What requests under `/_emulator/` must carry; None, the default, lets every one in that comes
            from this machine.

    Attributes:
        api_key: As given.
        app: The ASGI application, to mount or to give to `httpx.ASGITransport`; it needs no entering.
        clock: Tells the emulator's time, and moves it.
        faults: What goes wrong from now on.
        sessions: The sessions by id, for assertions.

    Raises:
        ValueError: An argument is out of range.
    """

    def __init__(
        self,
        *,
        api_key: str | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
        requests_per_minute: int = 1_000_000,
        api_keys: Mapping[str, str] | None = None,
        any_api_key: bool = False,
        workflows: Collection[str] | None = None,
        seeds: Iterable[Mapping[str, Any]] = (),
        control_token: str | None = None,
    ) -> None:
        projects = dict(api_keys or {})
        self.api_key: str = next(iter(projects), API_KEY) if api_key is None else api_key
        _check_keys(self.api_key, projects, control_token)
        if not 0 <= port <= 65535:
            raise ValueError(f"port: expected 0 to 65535; got {port}")
        if requests_per_minute < 1:
            raise ValueError(f"requests_per_minute: expected 1 or more; got {requests_per_minute}")
        if isinstance(workflows, str):
            raise ValueError(f"workflows: expected a collection of ids, such as {{{workflows!r}}}; got a text")
        self._state = state = State(requests_per_minute=requests_per_minute, seeds=seeds)
        self.clock: Clock = state.clock
        self.faults: Faults = state.faults
        self.sessions: SessionStore = state.sessions
        keys = {self.api_key: None, **projects}
        api = Api(
            admission=Admission(keys, state.rate_limit, state.clock, any_api_key=any_api_key),
            sessions=state.sessions,
            validator=create_validator(document()),
            workflows=None if workflows is None else frozenset(workflows),
        )
        self.app: Starlette = create_app(
            Exchange(api, faults=state.faults, recorder=state.recorder),
            pages=page_routes(state.sessions),
            control=control_routes(state, control_token),
        )
        self._host = host
        self._port = port
        self._server: ServerThread | None = None

    @staticmethod
    def at(url: str, *, control_token: str | None = None) -> RemoteEmulator:
        """Return an emulator that runs elsewhere, such as `chatkit-sessions emulator`, to look at and to control.

        Args:
            url: Where it is, with or without `/v1`.
            control_token: The token that it was started with.

        Raises:
            ValueError: `url` is not a URL.
        """
        return RemoteEmulator(url, control_token=control_token)

    def __repr__(self) -> str:
        return f"<Emulator {self.base_url}>" if self._server else "<Emulator, not listening>"

    @property
    def base_url(self) -> str:
        """Where it listens, with `/v1` as OpenAI's has.

        Raises:
            RuntimeError: It does not listen.
        """
        return self.urls[0] + PREFIX

    @property
    def urls(self) -> list[str]:
        """Every address that it can be reached at, for a browser. There are several if `host` is `0.0.0.0` or `::`.

        Raises:
            RuntimeError: It does not listen.
        """
        if self._server is None:
            raise RuntimeError("The emulator does not listen: enter it with 'with' or 'async with' first.")
        hosts = (f"[{host}]" if ":" in host else host for host in reachable_at(self._host))
        return [f"http://{host}:{self._server.port}" for host in hosts]

    @property
    def requests(self) -> RequestLog:
        """The latest requests (10,000 at most) in order of arrival. `reset()` forgets them."""
        return self._state.recorder.requests

    @property
    def counts(self) -> Counts:
        """How many requests ended how: `counts["cancel", 200]`; the status is None for a dropped connection."""
        return self._state.recorder.counts

    def reset(self) -> None:
        """Go back to the start: no sessions but the seeds, no faults, no records and counts, and the machine's time.

        The address stays, and so do the connections. A request that is still waiting, in a `delay`, is dropped.
        """
        self._state.reset()

    def wait(self) -> None:
        """Block until it stops listening, or until Ctrl-C."""
        if self._server is not None:
            self._server.wait()

    def __enter__(self) -> Self:
        if self._server is not None:
            raise RuntimeError("The emulator is already listening.")
        self._server = ServerThread(self.app, self._host, self._port)
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._server is not None:
            self._server.stop()
            self._server = None

    # Starting and stopping take a few milliseconds each. Without an await, no cancellation can come in between.

    async def __aenter__(self) -> Self:
        return self.__enter__()

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.__exit__(exc_type, exc, traceback)


def _check_keys(api_key: str, projects: Mapping[str, str], control_token: str | None) -> None:
    """Refuse what cannot be sent in a header.

    Raises:
        ValueError: A key, a project or the token is empty or holds other characters.
    """
    keys: dict[str, list[str | None]] = {
        "api_key": [api_key],
        "api_keys": [*projects, *projects.values()],
        "control_token": [control_token],
    }
    for name, values in keys.items():
        for value in values:
            if value is not None and not (value and all("!" <= character <= "~" for character in value)):
                raise ValueError(f"{name}: expected printable ASCII without spaces, at least one character")
