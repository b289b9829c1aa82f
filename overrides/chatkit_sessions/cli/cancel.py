"""`chatkit-sessions cancel`."""

import asyncio
import sys
from collections import Counter
from collections.abc import Awaitable, Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from chatkit_sessions import AsyncSessions

from . import options
from .batch import Result, cancel_all
from .journal import Journal
from .options import ClientOptions, Connection
from .output import Code, CommandError, reported, say, say_json, usage_errors
from .parsing import session_id, session_ids, whole_number

# A server may ask twice to wait for 120 s, which is no reason to give up an id.
_DEADLINE: Final = "300"
_SHOWN_FAILURES: Final = 20


def cancel(
    ids: Annotated[list[str] | None, typer.Argument(metavar="[ID]...", help="Ids of sessions, cksess_…")] = None,
    *,
    from_file: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            help="More ids, one on each line, from a file or with '-' from standard input.",
        ),
    ] = None,
    ignore_missing: Annotated[
        bool,
        typer.Option("--ignore-missing", help="Count an id that the API does not know any more as done."),
    ] = False,
    concurrency: Annotated[str, typer.Option(metavar="N", help="How many are cancelled at the same time.")] = "20",
    journal: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            help="Write one JSON line per id to this file, and leave out the ids that are done according to it: "
            "the same command then continues where it stopped.",
        ),
    ] = None,
    connection: Connection,
    as_json: options.AsJson = False,
) -> None:
    """Cancel sessions, so that their client secrets stop working.

    A session that was cancelled or had expired before counts as done.
    """
    if connection.deadline is None:
        connection = replace(connection, deadline=_DEADLINE)
    with reported(as_json=as_json):
        options.check_stdin_once({"--from-file": from_file, "--api-key-file": connection.api_key_file})
        wanted, at_once = _wanted(ids, from_file, concurrency)
        client_options = options.require_key(connection.client_options())
        with _opened(journal) as book:
            todo = [identifier for identifier in wanted if book is None or identifier not in book.done]
            run = partial(cancel_all, ids=todo, concurrency=at_once, ignore_missing=ignore_missing)
            results = _results(run, client_options, len(todo), book)
        if as_json:
            say_json(_summary(wanted, results))
        else:
            _show(wanted, results)
        if any(result.outcome == "failed" for result in results):
            raise typer.Exit(Code.API_ERROR if len(wanted) == 1 else Code.SOME_FAILED)


def _wanted(ids: Sequence[str] | None, from_file: str | None, concurrency: str) -> tuple[list[str], int]:
    """Return the ids to cancel, each once, and how many at the same time."""
    if not ids and from_file is None:
        raise CommandError("give ids of sessions, or --from-file", Code.USAGE)
    with usage_errors():
        at_once = whole_number(concurrency, "--concurrency", least=1)
        wanted = [session_id(text) for text in ids or ()]
        if from_file is not None:
            wanted += session_ids(options.content_of(from_file, "--from-file", options.MOST_OF_IDS))
    return list(dict.fromkeys(wanted)), at_once


@contextmanager
def _opened(path: str | None) -> Generator[Journal | None]:
    if path is None:
        yield None
        return
    try:
        journal = Journal(Path(path))
    except BlockingIOError:
        raise CommandError(f"--journal: another run is using {path}", Code.CONFIGURATION) from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise CommandError(f"--journal: {path} cannot be used: {reason}", Code.CONFIGURATION) from None
    with journal:
        yield journal


def _results(
    run: Callable[..., Awaitable[None]], client_options: ClientOptions, total: int, journal: Journal | None
) -> list[Result]:
    results: list[Result] = []

    def report(result: Result) -> None:
        if journal is not None:
            try:
                journal.write(result)
            except OSError as error:
                raise CommandError(f"--journal: cannot be written: {error.strerror}", Code.CONFIGURATION) from None
        results.append(result)
        advance()

    async def run_with_client() -> None:
        async with AsyncSessions(**client_options) as sessions:
            await run(sessions, report=report)

    try:
        with _progress(total) as advance:
            asyncio.run(run_with_client())
    except KeyboardInterrupt:
        how_far = f"Interrupted after {len(results)} of {total} ids."
        raise KeyboardInterrupt(how_far + (" The same command continues from there." if journal else "")) from None
    return results


@contextmanager
def _progress(total: int) -> Generator[Callable[[], object]]:
    """Show a progress bar on a terminal; yield the function that moves it by one."""
    if total < 2 or not sys.stderr.isatty():
        yield lambda: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    look = TextColumn("Cancelling"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    with Progress(*look, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("", total=total)
        yield lambda: progress.advance(task)


def _summary(wanted: Sequence[str], results: Sequence[Result]) -> dict[str, Any]:
    """Return how a run ended, as JSON data."""
    counts = Counter(result.outcome for result in results)
    return {
        "cancelled": counts["cancelled"],
        "inactive": counts["inactive"],
        "missing": counts["missing"],
        "failed": counts["failed"],
        "done_before": len(wanted) - len(results),
        "sessions": [result.to_dict() for result in results],
    }


def _show(wanted: Sequence[str], results: Sequence[Result]) -> None:
    failures = [result for result in results if result.error is not None]
    for result in failures[:_SHOWN_FAILURES]:
        say(f"Error: {result.id}: {result.error}", err=True)
    if len(failures) > _SHOWN_FAILURES:
        say(f"… and {len(failures) - _SHOWN_FAILURES} more; --journal and --json name them all.", err=True)
    known = _summary(wanted, results)
    counts = {
        "cancelled": known["cancelled"],
        "not active any more": known["inactive"],
        "unknown to the API": known["missing"],
        "done in an earlier run": known["done_before"],
        "failed": known["failed"],
    }
    parts = [f"{count} {what}" for what, count in counts.items() if count]
    say(f"{len(wanted)} session{'s' * (len(wanted) != 1)}: {', '.join(parts) or 'nothing to do'}.")
