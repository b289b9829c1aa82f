"""Ends a run that takes too long, and writes its output as the terminal can show it."""

import _thread
import io
import signal
import sys
import threading
from collections.abc import Callable

from spec.document import SpecError

SECONDS = 180


def watched(run: Callable[[], int]) -> int:
    """Return the result of a run, after three minutes at most.

    The libraries that check a document can be kept busy forever by a hostile one.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace", newline="\n")
    if sys.platform == "win32":
        signal.signal(signal.SIGBREAK, _give_up)
        timer = threading.Timer(SECONDS, _thread.interrupt_main, [signal.SIGBREAK])
        timer.daemon = True
        timer.start()
    else:
        signal.signal(signal.SIGALRM, _give_up)
        signal.alarm(SECONDS)
    try:
        return run()
    except SpecError as error:  # while the command is loaded, which tells of all others itself
        sys.stderr.write(f"generate.sh: {error}\n")
        return error.exit_code


def _give_up(*_: object) -> None:
    raise SpecError(f"Stopped after {SECONDS} seconds; OpenAI's sessions take ten.")
