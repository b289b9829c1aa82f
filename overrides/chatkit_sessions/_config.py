"""What a client is made with: options from arguments and the environment, checked before anything is sent."""

import os
import re
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from threading import TIMEOUT_MAX
from typing import Any, Final, NamedTuple, cast

import httpx

from . import _headers, _query
from ._base_url import DEFAULT_BASE_URL, check_base_url, check_residency
from ._errors import ConfigurationError
from ._headers import HeaderValue
from ._omit import Omit, omit
from ._query import QueryValue
from ._retry import RetryPolicy
from ._secret import Secret, conceal

DEFAULT_TIMEOUT: Final = httpx.Timeout(30.0, connect=5.0)
DEFAULT_DEADLINE: Final = 60.0

OPTIONS: Final = (
    "api_key",
    "organization",
    "project",
    "base_url",
    "data_residency",
    "timeout",
    "deadline",
    "max_retries",
    "default_headers",
    "default_query",
    "max_response_bytes",
)
_VARIABLES: Final[Mapping[str, str]] = {
    "api_key": "OPENAI_API_KEY",
    "organization": "OPENAI_ORG_ID",
    "project": "OPENAI_PROJECT_ID",
    "base_url": "OPENAI_BASE_URL",
}
_WITHOUT_LIMIT: Final = ("timeout", "deadline")
"""Options for which None is a value."""

# What a shell, Docker, Kubernetes or Windows would have replaced: $NAME, ${NAME}, $(NAME), %NAME%.
_PLACEHOLDER: Final = re.compile(r"\$[A-Za-z_]\w*|\$\{[^}]*\}|\$\([^)]*\)|%[A-Za-z_]\w*%", re.ASCII)

SyncKeyCallable = Callable[[], str]
KeyCallable = SyncKeyCallable | Callable[[], Awaitable[str]]


class Source(NamedTuple):
    """The argument or the environment variable that gave an option."""

    argument: str
    variable: str = ""

    @property
    def label(self) -> str:
        """The beginning of a message about the value."""
        return self.variable or self.argument

    def __str__(self) -> str:
        return f"the environment variable {self.variable}" if self.variable else f"the {self.argument} argument"


class ApiKey(NamedTuple):
    """An API key, or the function that returns one before each attempt, and where it came from."""

    value: Secret | KeyCallable
    source: str


@dataclass(slots=True)
class Options:
    """Everything that one client decides about its calls.

    Attributes:
        sources: Where the base URL, the organization and the project came from, in words.
    """

    api_key: ApiKey
    base_url: str
    organization: str | None
    project: str | None
    timeout: httpx.Timeout
    deadline: float | None
    max_retries: RetryPolicy
    # Users put credentials there, which a traceback with local variables must not show.
    default_headers: Mapping[str, HeaderValue] = field(repr=False)
    default_query: Mapping[str, QueryValue] = field(repr=False)
    max_response_bytes: int | Omit
    sources: Mapping[str, str]


def resolve(**values: object) -> Options:
    """Return the options of a new client; what is blank comes from the official SDK's variable, if there is one."""
    given = {name: (value, Source(name)) for name, value in values.items()}
    for name, variable in _VARIABLES.items():
        if _is_blank(values[name]):
            given[name] = _from_environment(variable, hidden=name == "api_key"), Source(name, variable)
    if values["data_residency"] is not None and _is_blank(values["base_url"]):
        del given["base_url"]
    return Options(**_validated(given))


def override(options: Options, **values: object) -> Options:
    """Return the options with those values replaced that are given; headers and query are merged.

    None and blank mean "not given", so nothing falls back to the environment. But None as a timeout or deadline means
    no limit.
    """
    given = {
        name: (value, Source(name))
        for name, value in values.items()
        if value is not omit and (name in _WITHOUT_LIMIT or not _is_blank(value))
    }
    validated = _validated(given)
    if "default_headers" in validated:
        validated["default_headers"] = _headers.override(options.default_headers, validated["default_headers"])
    if "default_query" in validated:
        validated["default_query"] = {**options.default_query, **validated["default_query"]}
    validated["sources"] = {**options.sources, **validated["sources"]}
    return replace(options, **validated)


def refuse_unknown(callee: str, given: dict[str, object], known: Sequence[str]) -> None:
    """Refuse an unknown argument, and suggest a known one.

    `given` is empty then: it would show a key under a misspelt name.
    """
    if not (unknown := given.keys() - set(known)):
        return
    from difflib import get_close_matches

    name = min(unknown)
    given.clear()
    near = get_close_matches(name, known, n=1)
    hint = f"did you mean {near[0]!r}?" if near else f"expected {', '.join(known)}"
    raise TypeError(f"{callee}() got an unexpected keyword argument {name!r:.80}; {hint}")


def check_key(value: object, source: str) -> Secret:
    """Return a key that can be sent, without white space at its ends; an error does not show it."""
    value = conceal(value)
    if isinstance(value, Coroutine):
        value.close()
        raise ConfigurationError(f"api_key: {source} is async, which only AsyncSessions can await; return a str")
    if not isinstance(value, Secret):
        raise ConfigurationError(f"api_key: expected a str from {source}, got {type(value).__name__}")
    key = Secret(value.reveal().strip())
    if _is_blank(key):
        raise ConfigurationError(f"api_key: the key from {source} is blank; an OpenAI API key is needed")
    if not _is_visible(key.reveal()):
        raise ConfigurationError(
            f"api_key: the key from {source} has white space, a control character or a character outside ASCII in it; "
            "copy it again from the OpenAI dashboard"
        )
    if problem := _unreplaced(key.reveal()):
        raise ConfigurationError(f"api_key: the key from {source} {problem}")
    return key


def check_timeout(value: object) -> httpx.Timeout:
    """Return the timeouts of one attempt."""
    accepted = "seconds above 0, a timedelta, an httpx.Timeout, or None for no limit"
    phases = ("connect", "read", "write", "pool")
    if all(hasattr(value, phase) for phase in phases):  # the class of httpx2 is another
        return httpx.Timeout(**{each: _seconds(getattr(value, each), f"timeout.{each}", accepted) for each in phases})
    return httpx.Timeout(_seconds(value, "timeout", accepted))


def check_deadline(value: object) -> float | None:
    """Return the limit of a whole call, in seconds."""
    return _seconds(value, "deadline", "seconds above 0, a timedelta, or None for no limit")


def check_retry(value: object) -> RetryPolicy:
    """Return a policy, given as one or as a number of retries."""
    if isinstance(value, RetryPolicy):
        return value
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(f"max_retries: expected a whole number from 0 or a RetryPolicy, got {value!r:.80}")
    return RetryPolicy(max_retries=value)


def _seconds(value: object, name: str, accepted: str) -> float | None:
    if value is None:
        return None
    seconds = value.total_seconds() if isinstance(value, timedelta) else value
    if not isinstance(seconds, int | float) or isinstance(seconds, bool):
        raise TypeError(f"{name}: expected {accepted}, got {value!r:.80}")
    if not 0 < seconds <= TIMEOUT_MAX:  # 292 years; no socket takes more
        raise ValueError(f"{name}: expected {accepted}, got {value!r:.80}")
    return float(seconds)


def _validated(given: Mapping[str, tuple[object, Source]]) -> dict[str, Any]:
    try:
        base_url, sources = _where(given)
        # Last, since tracebacks of later checks would show the headers.
        validated: dict[str, Any] = {name: check(*given[name]) for name, check in _CHECKS.items() if name in given}
    except ConfigurationError:
        raise
    except (TypeError, ValueError) as error:
        raise ConfigurationError(str(error)) from None
    sources |= {name: str(given[name][1]) for name in ("organization", "project") if validated.get(name) is not None}
    return {**validated, **base_url, "sources": sources}


def _where(given: Mapping[str, tuple[object, Source]]) -> tuple[dict[str, str], dict[str, str]]:
    """Return the base URL, if it is given anywhere, and where it came from."""
    residency, base_url = given.get("data_residency", (None,))[0], given.get("base_url")
    if residency is not None and base_url is not None:
        raise ValueError("data_residency: give either this or base_url, not both")
    if residency is not None:
        value, source = given["data_residency"]
        return {"base_url": check_residency(value, source.label)}, {"base_url": str(source)}
    if base_url is None:
        return {}, {}
    value, source = base_url
    if value is None:
        return {"base_url": DEFAULT_BASE_URL}, {"base_url": "the default"}
    if isinstance(value, str) and (problem := _unreplaced(value.strip())):
        raise ValueError(f"{source.label}: the value {problem}")
    return {"base_url": check_base_url(value, source.label)}, {"base_url": str(source)}


def _is_blank(value: object) -> bool:
    """Return whether an option is not given: None, or text without a visible character."""
    text = value.reveal() if isinstance(value, Secret) else value
    return text is None or (isinstance(text, str) and not text.strip())


def _from_environment(variable: str, *, hidden: bool) -> str | Secret | None:
    """Return the value of a variable, without white space at its ends; None if it is blank."""
    value = conceal(os.environ.get(variable, "").strip()) if hidden else os.environ.get(variable, "").strip()
    return None if _is_blank(value) else value


def _unreplaced(text: str) -> str:
    """Return what is wrong with a value that only a shell would have replaced; "" if nothing.

    The value is not shown: it may be a key.
    """
    if text[:1] in ("'", '"') or text[-1:] in ("'", '"'):
        return "is in quotation marks, which docker's --env-file passes on; remove them"
    if _PLACEHOLDER.fullmatch(text):
        return "is the name of a variable, not its value"
    return ""


def _is_visible(text: str) -> bool:
    return all("!" <= character <= "~" for character in text)


def _api_key(value: object, source: Source) -> ApiKey:
    if callable(value):
        return ApiKey(cast("KeyCallable", value), "the api_key callable")
    if value is None:
        raise ConfigurationError(f"api_key: no key is given; pass api_key or set {source.variable}")
    return ApiKey(check_key(value, str(source)), str(source))


def _identifier(value: object, source: Source) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str):
        raise TypeError(f"{source.label}: expected a str, got {value!r:.80}")
    text = value.strip()
    if not _is_visible(text):
        raise ValueError(f"{source.label}: expected visible ASCII characters without spaces, got {text!r:.80}")
    if problem := _unreplaced(text):
        raise ValueError(f"{source.label}: {text!r:.80} {problem}")
    return text


def _max_response_bytes(value: object, _source: Source) -> int | Omit:
    if isinstance(value, Omit):
        return value
    accepted = "a whole number of bytes from 1"
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(f"max_response_bytes: expected {accepted}, got {value!r:.80}")
    if value < 1:
        raise ValueError(f"max_response_bytes: expected {accepted}, got {value}")
    return value


_CHECKS: Final[Mapping[str, Callable[[object, Source], Any]]] = {
    "api_key": _api_key,
    "organization": _identifier,
    "project": _identifier,
    "timeout": lambda value, _source: check_timeout(value),
    "deadline": lambda value, _source: check_deadline(value),
    "max_retries": lambda value, _source: check_retry(value),
    "default_query": lambda value, _source: {} if value is None else _query.check(value, "default_query"),
    "max_response_bytes": _max_response_bytes,
    "default_headers": lambda value, _source: {} if value is None else _headers.check(value, "default_headers"),
}
