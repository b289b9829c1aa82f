"""An emulator that runs elsewhere, read and controlled from Python."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import httpx

from ._api import PREFIX
from ._fault import Fault
from ._fault_plan import FaultPlan
from ._recording import Answer, Counts, Operation, RawHeaders, RecordedRequest
from ._seeding import Seed, SeededSessions

_TIMEOUT_SECONDS = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionSnapshot:
    """A session of an emulator elsewhere, as it was when it was asked for."""

    id: str
    user: str
    client_secret: str = field(repr=False)
    status: str
    """`active`, `expired` or `cancelled`."""
    created_at: float
    expires_at: int
    workflow: str
    """The id of its workflow."""
    project: str | None
    messages: int
    """How many chat messages were sent with its client secret."""


class RemoteEmulator:
    """An emulator that runs elsewhere, such as `chatkit-sessions emulator`; `Emulator.at(url)` makes it.

    Its parts are those of `Emulator`. Each look asks the emulator again.

    Args:
        url: Where it is, with or without `/v1`.
        control_token: The token that it was started with.

    Attributes:
        base_url: What clients need, with `/v1`.
        clock: Tells the emulator's time, and moves it.
        faults: What goes wrong from now on.
        sessions: The sessions by id.

    Raises:
        ValueError: `url` is not a URL.
    """

    def __init__(self, url: str, *, control_token: str | None = None) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"url: expected something like http://127.0.0.1:8080; got {url!r}")
        root = url.rstrip("/").removesuffix(PREFIX)
        self.base_url = root + PREFIX
        self._control = control = _Control(root, control_token)
        self.clock: RemoteClock = RemoteClock(control)
        self.faults: RemoteFaults = RemoteFaults(control)
        self.sessions: RemoteSessions = RemoteSessions(control)

    def __repr__(self) -> str:
        return f"<RemoteEmulator {self.base_url}>"

    @property
    def version(self) -> str:
        """The version of the package that it is from. Asking for it tells whether the emulator is there.

        Raises:
            ConnectionError: It does not answer.
        """
        version: str = self._control.get("health")["version"]
        return version

    @property
    def requests(self) -> list[RecordedRequest]:
        """The latest requests (10,000 at most) in order of arrival. The API key among their headers is masked."""
        return [_request(document) for document in self._control.get("requests")["requests"]]

    @property
    def counts(self) -> Counts:
        """How many requests ended how: `counts["cancel", 200]`; the status is None for a dropped connection."""
        counted = self._control.get("requests?latest=1")["counts"]
        return Counts(Counter({(each["operation"], each["status"]): each["count"] for each in counted}))

    def reset(self) -> None:
        """Go back to the start: no sessions but the seeds, no faults, no records and counts, and the machine's time."""
        self._control.post("reset", {})

    def close(self) -> None:
        """Close the connections to it."""
        self._control.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


class RemoteClock:
    """The clock of an emulator elsewhere."""

    def __init__(self, control: "_Control") -> None:
        self._control = control

    @property
    def ahead(self) -> float:
        """How many seconds it is ahead of the machine's clock."""
        return float(self._control.get("clock")["ahead"])

    def now(self) -> float:
        """Return the emulator's time in Unix seconds."""
        return float(self._control.get("clock")["now"])

    def advance(self, by: float | timedelta) -> None:
        """Move the time forward.

        Args:
            by: How far, in seconds or as a `timedelta`.

        Raises:
            ValueError: `by` is negative.
        """
        self._control.post("clock", {"advance": by.total_seconds() if isinstance(by, timedelta) else by})


class RemoteFaults:
    """The faults of an emulator elsewhere that are still to come."""

    def __init__(self, control: "_Control") -> None:
        self._control = control

    @property
    def pending(self) -> int:
        """How many of the added faults have not happened yet."""
        return int(self._control.get("faults")["pending"])

    def add(self, fault: Fault, *, times: int = 1, operation: Operation | None = None) -> None:
        """Let the next requests fail, after those faults that were added before.

        Args:
            fault: What goes wrong.
            times: How many requests it happens to.
            operation: `create` or `cancel`, to leave every other request alone.

        Raises:
            ValueError: `times` is below 1.
        """
        self._control.post("faults", FaultPlan(fault=fault, times=times, operation=operation).document())

    def at_rate(self, rate: float, fault: Fault, *, seed: int = 0, operation: Operation | None = None) -> None:
        """Let requests fail at random, if no added fault is left; a new rate replaces an earlier one.

        Args:
            rate: The share of requests that fail, from 0 to 1.
            fault: What goes wrong with them.
            seed: The same seed gives the same row of failures.
            operation: `create` or `cancel`, to leave every other request alone.

        Raises:
            ValueError: `rate` is not between 0 and 1.
        """
        self._control.post("faults", FaultPlan(fault=fault, rate=rate, seed=seed, operation=operation).document())

    def clear(self) -> None:
        """Remove all faults."""
        self._control.delete("faults")


class RemoteSessions(SeededSessions[SessionSnapshot]):
    """The sessions of an emulator elsewhere, by id."""

    def __init__(self, control: "_Control") -> None:
        self._control = control

    def __len__(self) -> int:
        return len(self._all())

    def __iter__(self) -> Iterator[str]:
        return iter(self._all())

    def __getitem__(self, session_id: str) -> SessionSnapshot:
        return self._all()[session_id]

    def by_secret(self, client_secret: str) -> SessionSnapshot | None:
        """Return the session of a client secret, or None."""
        return next((session for session in self._all().values() if session.client_secret == client_secret), None)

    def _add(self, seed: Seed) -> SessionSnapshot:
        given = {name: value for name, value in asdict(seed).items() if value is not None}
        [session] = self._control.post("state", {"sessions": [given]})["sessions"]
        return _session(session)

    def _all(self) -> dict[str, SessionSnapshot]:
        return {document["id"]: _session(document) for document in self._control.get("state")["sessions"]}


class _Control:
    """What is under `/_emulator/`, asked for JSON."""

    def __init__(self, root: str, control_token: str | None) -> None:
        # The emulator accepts no other name, to be safe from pages, but may have one in a network of containers.
        headers = {"host": "localhost"}
        if control_token is not None:
            headers["authorization"] = f"Bearer {control_token}"
        self._root = root
        self._client = httpx.Client(
            base_url=f"{root}/_emulator/",
            headers=headers,
            timeout=_TIMEOUT_SECONDS,
            trust_env=False,
            # Reading the machine's certificates takes longer than most tests.
            verify=root.startswith("https:"),
        )

    def get(self, path: str) -> Any:
        return self._call("GET", path)

    def post(self, path: str, body: Mapping[str, Any]) -> Any:
        return self._call("POST", path, json=body)

    def delete(self, path: str) -> Any:
        return self._call("DELETE", path)

    def close(self) -> None:
        self._client.close()

    def _call(self, method: str, path: str, **body: Any) -> Any:
        """Return the document of the answer.

        Raises:
            ConnectionError: No emulator answers there.
            PermissionError: The token is missing or wrong.
            ValueError: The emulator refused a value.
        """
        try:
            response = self._client.request(method, path, **body)
            document = response.json()
            message = document["error"]["message"] if response.is_error else ""
        except (httpx.HTTPError, ValueError, TypeError, KeyError) as error:
            raise ConnectionError(f"No emulator answers at {self._root}: {error}") from None
        if response.status_code in (401, 403):
            raise PermissionError(message)
        if response.is_error:
            raise ValueError(message)
        return document


def _session(document: Mapping[str, Any]) -> SessionSnapshot:
    same = ("id", "user", "client_secret", "status", "created_at", "expires_at", "project", "messages")
    return SessionSnapshot(workflow=document["workflow"]["id"], **{name: document[name] for name in same})


def _request(document: Mapping[str, Any]) -> RecordedRequest:
    fault, answer = document["fault"], document["answer"]
    return RecordedRequest(
        id=document["id"],
        method=document["method"],
        path=document["path"],
        query=document["query"],
        raw_headers=_raw_headers(document["headers"]),
        body=_bytes(document["body"]),
        operation=document["operation"],
        fault=None if fault is None else FaultPlan.from_document({"fault": fault}).fault,
        answer=answer and Answer(answer["status"], _raw_headers(answer["headers"]), _bytes(answer["body"])),
    )


def _raw_headers(headers: list[list[str]]) -> RawHeaders:
    return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]


def _bytes(text: str) -> bytes:
    return text.encode(errors="surrogateescape")
