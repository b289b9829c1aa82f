"""The configuration of a client and where it came from, in a form that may be printed."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from chatkit_sessions._base_url import DEFAULT_BASE_URL
from chatkit_sessions._secret import HIDDEN, mask

from .options import ClientOptions

# Besides OpenAI's own variables, these decide how a server is reached.
_NETWORK: Final = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR")


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting: its value without secrets, or None, and where it came from."""

    value: str | None
    source: str


def settings(options: ClientOptions, api_key_file: str | None, environment: Mapping[str, str]) -> dict[str, Setting]:
    """Return the settings of a client with these options.

    Args:
        options: The arguments of the client.
        api_key_file: Where the key among them came from.
        environment: The environment variables.
    """

    def found(given: str | None, option: str, variable: str, default: str | None = None) -> Setting:
        for value, source in ((given, option), (environment.get(variable), variable)):
            if value is not None and value.strip():
                return Setting(value.strip(), source)
        return Setting(default, "not set" if default is None else "default")

    from_file = options.get("api_key")
    key = found(from_file and from_file(), f"--api-key-file {api_key_file}", "OPENAI_API_KEY")
    base_url = found(options.get("base_url"), "--base-url", "OPENAI_BASE_URL", DEFAULT_BASE_URL)
    return {
        "api_key": Setting(key.value and mask(key.value), key.source),
        "base_url": Setting(base_url.value and without_credentials(base_url.value), base_url.source),
        "organization": found(options.get("organization"), "--organization", "OPENAI_ORG_ID"),
        "project": found(options.get("project"), "--project", "OPENAI_PROJECT_ID"),
    } | {
        name: Setting(without_credentials(value), name)
        for name, value in sorted(environment.items())
        if name.upper() in _NETWORK and value
    }


def without_credentials(url: str) -> str:
    """Return a URL, or a text given as one, without the parts that may be secret: user, password, query."""
    start, separator, rest = url.rpartition("@")
    if separator:
        scheme = re.match(r"[a-z][a-z0-9+.-]*://", start, re.IGNORECASE)
        rest = f"{scheme[0] if scheme else ''}{HIDDEN}@{rest}"
    kept = re.split(r"[?#]", rest, maxsplit=1)[0]
    return kept if kept == rest else f"{kept}?{HIDDEN}"
