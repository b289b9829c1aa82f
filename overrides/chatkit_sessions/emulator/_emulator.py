"""The emulator as its users see it."""

from collections import Counter
from types import TracebackType
from typing import Self

from starlette.applications import Starlette

from .._generated import document
from ._app import PREFIX, create_app
from ._clock import Clock
from ._faults import Faults
from ._gate import Gate, RateLimit
from ._recording import Operation, RecordedRequest, Recorder
from ._server import ServerThread
from ._state import SessionStore
from ._validation import RequestValidator

# An address that stands for all of the machine's is none that a client can ask for.
REACHED_AT = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - looked up, not listened on


class Emulator:
    """A local stand-in for OpenAI's ChatKit session endpoints.

    It listens while its context, `with` or `async with`, is entered. Its state outlives that.

    Args:
        api_key: the only key it accepts.
        host: the address to listen on.
        port: the port; 0 takes a free one.
        requests_per_minute: how many requests it answers in each minute before it says 429.

    Attributes:
        api_key: as given.
        app: the ASGI application, to mount or to give to `httpx.ASGITransport`; it needs no entering.
        clock: tells the emulator's time, and moves it.
        faults: what goes wrong from now on.
        sessions: the sessions by id, for assertions.

    Raises:
        ValueError: an argument is out of range.
    """

    def __init__(
        self,
        *,
        api_key: str = "sk-emulator",
        host: str = "127.0.0.1",
        port: int = 0,
        requests_per_minute: int = 1_000_000,
    ) -> None:
        if not api_key or not all("!" <= character <= "~" for character in api_key):
            raise ValueError("api_key: expected printable ASCII without spaces, at least one character")
        if not 0 <= port <= 65535:
            raise ValueError(f"port: expected 0 to 65535; got {port}")
        if requests_per_minute < 1:
            raise ValueError(f"requests_per_minute: expected 1 or more; got {requests_per_minute}")
        self.api_key = api_key
        self.clock = Clock()
        self.faults = Faults()
        self.sessions = SessionStore(self.clock)
        self._recorder = Recorder()
        self.app: Starlette = create_app(
            gate=Gate(api_key, RateLimit(requests_per_minute), self.clock),
            sessions=self.sessions,
            validator=RequestValidator(document()),
            faults=self.faults,
            recorder=self._recorder,
        )
        self._host = host
        self._port = port
        self._server: ServerThread | None = None

    def __repr__(self) -> str:
        return f"<Emulator {self.base_url}>" if self._server else "<Emulator, not listening>"

    @property
    def base_url(self) -> str:
        """Where it listens, with `/v1` as OpenAI's has.

        Raises:
            RuntimeError: it does not listen.
        """
        if self._server is None:
            raise RuntimeError("The emulator does not listen: enter it with 'with' or 'async with' first.")
        host = REACHED_AT.get(self._host, self._host)
        if ":" in host:
            host = f"[{host}]"
        return f"http://{host}:{self._server.port}{PREFIX}"

    @property
    def requests(self) -> list[RecordedRequest]:
        """The latest requests (10,000 at most) in order of arrival."""
        return self._recorder.requests

    @property
    def counts(self) -> Counter[tuple[Operation | None, int | None]]:
        """How many requests ended how: `counts["cancel", 200]`; the status is None for a dropped connection."""
        return self._recorder.counts

    def wait(self) -> None:
        """Block until it stops listening, or until Ctrl-C."""
        if self._server is not None:
            self._server.wait()

    def __enter__(self) -> Self:
        if self._server is not None:
            raise RuntimeError("The emulator listens already.")
        self._server = ServerThread(self.app, self._host, self._port)
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._server is not None:
            self._server.stop()
            self._server = None

    # Starting and stopping take a few milliseconds each; in one piece, no cancellation can come in between.

    async def __aenter__(self) -> Self:
        return self.__enter__()

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.__exit__(exc_type, exc, traceback)
