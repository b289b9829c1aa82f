"""`chatkit-sessions doctor`."""

import os
import platform
import time
from collections.abc import Mapping
from dataclasses import asdict
from importlib.metadata import version

import typer

from chatkit_sessions import ConfigurationError, Sessions, __version__

from . import options
from .options import ClientOptions, Server
from .output import Code, CommandError, columns, reported, say, say_json
from .reach import Finding, reach
from .settings import Setting, settings


def doctor(
    *,
    server: Server,
    as_json: options.AsJson = False,
) -> None:
    """Show the configuration, and whether the API can be used.

    Creates nothing: it asks the API to cancel a session that does not exist.
    """
    with reported(as_json=as_json):
        client_options = server.client_options()
        client_options["max_retries"] = 0
        configured = settings(client_options, server.api_key_file, os.environ)
        started = time.monotonic()
        finding = _examined(client_options)
        seconds = round(time.monotonic() - started, 3)
        if as_json:
            say_json(
                {
                    "ok": finding.ok,
                    "versions": _versions(),
                    "configuration": {name: asdict(setting) for name, setting in configured.items()},
                    "check": asdict(finding) | {"seconds": seconds},
                }
            )
        else:
            _show(configured, finding, seconds)
        if not finding.ok:
            raise typer.Exit(Code.CONFIGURATION if finding.reason == "configuration" else Code.API_ERROR)


def _examined(client_options: ClientOptions) -> Finding:
    try:
        with Sessions(**options.require_key(client_options)) as sessions:
            return reach(sessions)
    except (CommandError, ConfigurationError) as error:
        return Finding(False, "configuration", str(error))


def _versions() -> dict[str, str]:
    return {
        "chatkit-sessions": __version__,
        "python": platform.python_version(),
        "platform": platform.platform(),
        **{package: version(package) for package in ("httpx", "attrs", "python-dateutil", "typer")},
    }


def _show(configured: Mapping[str, Setting], finding: Finding, seconds: float) -> None:
    say("Versions\n" + columns(_versions()))
    width = max(len(setting.value or "") for setting in configured.values())
    rows = {
        name: f"{setting.value:<{width}}  from {setting.source}" if setting.value else setting.source
        for name, setting in configured.items()
    }
    say("Configuration\n" + columns(rows))
    say(f"{'OK' if finding.ok else 'Problem'} ({finding.reason}, {seconds:.1f} s)\n  {finding.message}")
