"""`chatkit-sessions emulator`. It needs the extra `emulator` alone, so it reads its options without Typer."""

from __future__ import annotations

import _thread
import argparse
import json
import logging
import os
import shlex
import signal
import sys
from collections.abc import Generator, Sequence
from contextlib import ExitStack, contextmanager
from logging.handlers import QueueHandler, QueueListener
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING, Final, NoReturn, TextIO

if TYPE_CHECKING:
    from chatkit_sessions.emulator import Emulator

_DESCRIPTION: Final = """\
Run an emulator of the API on this machine until Ctrl-C. It prints the address of a page that shows what happens.
"""
_EPILOG: Final = "Exit codes: 2 usage, 3 the emulator is not installed or cannot listen there, 130 interrupted."

_USAGE: Final = 2
_CONFIGURATION: Final = 3
_INTERRUPTED: Final = 130
_READER_GONE: Final = 141

# A longer file is not a list of seeds, and may never end.
_MAX_FILE_BYTES: Final = 16 * 1024 * 1024


class _RefusedError(Exception):
    """Ends the command with one sentence and an exit code."""

    def __init__(self, message: object, code: int) -> None:
        super().__init__(str(message))
        self.code = code


def main(arguments: Sequence[str]) -> int:
    """Run an emulator until somebody ends it, and return the exit code."""
    given = _parser().parse_args(arguments)
    before = signal.signal(signal.SIGTERM, _terminated)
    try:
        _serve(given)
    except _RefusedError as refused:
        if given.json:
            error = {"type": "CommandError", "message": str(refused)}
            _say(json.dumps({"error": error, "exit_code": refused.code}), sys.stderr)
        else:
            _say(f"Error: {refused}", sys.stderr)
        return refused.code
    except KeyboardInterrupt:
        return _INTERRUPTED
    except BrokenPipeError:
        # What is left in the buffer would fail again when Python ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _READER_GONE
    finally:
        signal.signal(signal.SIGTERM, before)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "chatkit-sessions emulator", description=_DESCRIPTION, epilog=_EPILOG, allow_abbrev=False
    )
    add = parser.add_argument
    add("--host", metavar="ADDRESS", default="127.0.0.1", help="the address to listen on (default: %(default)s)")
    add("--port", metavar="N", type=int, default=0, help="the port; 0, the default, takes a free one")
    keys = parser.add_mutually_exclusive_group()
    keys.add_argument("--api-key", metavar="KEY", help="the key that it accepts (default: sk-emulator)")
    keys.add_argument("--api-key-file", metavar="FILE", type=Path, help="read that key from a file, or from '-'")
    add("--any-api-key", action="store_true", help="accept every other key as well")
    add("--workflow", metavar="ID", action="append", help="a workflow that it knows; may be repeated (default: all)")
    add(
        "--requests-per-minute",
        metavar="N",
        type=int,
        default=1_000_000,
        help="how many requests it answers in a minute before it says 429",
    )
    add(
        "--fault",
        metavar="FAULT",
        action="append",
        default=[],
        help="what goes wrong, such as 'status=503; times=2', 'delay=5; operation=create' or 'drop; rate=0.1';"
        " may be repeated",
    )
    add(
        "--seed",
        metavar="FILE",
        type=Path,
        help='sessions to begin with: {"sessions": [{"id": "cksess_1", "user": "u"}]}',
    )
    add("--control-token", metavar="TOKEN", help="the token that requests under /_emulator/ must carry")
    output = parser.add_mutually_exclusive_group()
    output.add_argument("--quiet", action="store_true", help="do not print a line for each request")
    output.add_argument("--json", action="store_true", help="print one JSON document, and errors as JSON on stderr")
    return parser


def _serve(given: argparse.Namespace) -> None:
    with ExitStack() as stack:
        emulator = _emulator(given)
        try:
            stack.enter_context(emulator)
        except OSError as error:
            raise _RefusedError(error.strerror or error, _CONFIGURATION) from None
        if not (given.quiet or given.json):
            stack.enter_context(_requests_told())
        document = {"base_url": emulator.base_url, "api_key": emulator.api_key}
        _say(json.dumps(document) if given.json else _welcome(emulator), sys.stdout)
        emulator.wait()


def _emulator(given: argparse.Namespace) -> Emulator:
    """Return the emulator that was asked for, not listening yet."""
    try:
        from chatkit_sessions.emulator import Emulator, FaultPlan
        from chatkit_sessions.emulator._serialization import read_seeds
    except ModuleNotFoundError as error:
        raise _RefusedError(error, _CONFIGURATION) from None
    with _naming("--fault"):
        plans = [FaultPlan.parse(text) for text in given.fault]
    with _naming("--seed"):
        seeds = [] if given.seed is None else read_seeds(_content(given.seed))
    with _naming("--api-key-file"):
        api_key = given.api_key if given.api_key_file is None else _content(given.api_key_file).decode("ascii").strip()
    try:
        emulator = Emulator(
            api_key=api_key,
            host=given.host,
            port=given.port,
            requests_per_minute=given.requests_per_minute,
            any_api_key=given.any_api_key,
            workflows=given.workflow,
            seeds=seeds,
            control_token=given.control_token,
        )
    except ValueError as error:
        raise _RefusedError(error, _USAGE) from None
    for plan in plans:
        plan.apply(emulator.faults)
    return emulator


@contextmanager
def _naming(option: str) -> Generator[None]:
    """Name the option that has a wrong value."""
    try:
        yield
    except UnicodeError:
        raise _RefusedError(f"{option}: expected ASCII text", _USAGE) from None
    except ValueError as error:
        raise _RefusedError(f"{option}: {error}", _USAGE) from None
    except OSError as error:
        raise _RefusedError(f"{option}: {error.filename} cannot be read: {error.strerror}", _USAGE) from None


def _content(path: Path) -> bytes:
    content = sys.stdin.buffer.read(_MAX_FILE_BYTES + 1) if path == Path("-") else _start_of(path)
    if len(content) > _MAX_FILE_BYTES:
        raise ValueError(f"{path} is longer than {_MAX_FILE_BYTES} bytes")
    return content


def _start_of(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(_MAX_FILE_BYTES + 1)


@contextmanager
def _requests_told() -> Generator[None]:
    """Print a line for each request from another thread, so that a stopped terminal does not stop the server."""
    logger = logging.getLogger("chatkit_sessions.emulator")
    queue: SimpleQueue[logging.LogRecord] = SimpleQueue()
    lines = _Lines(sys.stdout)
    lines.setFormatter(logging.Formatter("%(asctime)s %(message)s", "%H:%M:%S"))
    handler, listener = QueueHandler(queue), QueueListener(queue, lines)
    logger.setLevel(logging.INFO)
    logger.addHandler(handler)
    listener.start()
    try:
        yield
    except KeyboardInterrupt:
        if lines.is_reader_gone:
            raise BrokenPipeError from None
        raise
    finally:
        logger.removeHandler(handler)
        listener.stop()


class _Lines(logging.StreamHandler[TextIO]):
    is_reader_gone = False

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - its name in logging
        if isinstance(sys.exception(), BrokenPipeError):
            self.is_reader_gone = True
            _thread.interrupt_main()
        else:
            super().handleError(record)


def _welcome(emulator: Emulator) -> str:
    page, *others = emulator.urls
    lines = [
        f"The emulator listens on {emulator.base_url} until Ctrl-C. In another shell:",
        "",
        f"  export OPENAI_BASE_URL={shlex.quote(emulator.base_url)}",
        f"  export OPENAI_API_KEY={shlex.quote(emulator.api_key)}",
        "",
        f"Its page is {page}",
        *(f"It can be reached at {url} too" for url in others),
        "",
    ]
    return "\n".join(lines)


def _say(text: str, stream: TextIO) -> None:
    """Print at once, since a pipe's reader wants to see a request when it happens."""
    encoding = stream.encoding or "utf-8"
    stream.write(text.encode(encoding, "backslashreplace").decode(encoding) + "\n")
    stream.flush()


def _terminated(signal_number: int, _frame: object) -> NoReturn:
    sys.exit(128 + signal_number)
