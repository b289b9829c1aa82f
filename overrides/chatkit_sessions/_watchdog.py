"""Ends the reads of sync calls at their deadline."""

import socket
import threading
import time
from contextlib import suppress
from typing import Any


class Watchdog:
    """Shuts the socket of a call down once its deadline passes.

    A timeout bounds one read, and a server that sends a byte now and then never meets it; only shutting the socket
    down wakes a thread that waits in a read. One thread serves all calls of a transport, and ends with nothing to do.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._watched: dict[object, tuple[float, Any]] = {}
        self._wakes_at = 0.0
        self._thread: threading.Thread | None = None

    def watch(self, call: object, deadline: float, stream: Any) -> None:
        """Watch a call until it is forgotten.

        Args:
            call: What names the call.
            deadline: When it must end, as `time.monotonic` tells.
            stream: The network stream that it reads from.
        """
        with self._changed:
            self._watched[call] = (deadline, stream)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="chatkit-sessions-deadline", daemon=True)
                self._thread.start()
            elif deadline < self._wakes_at:
                self._changed.notify()

    def forget(self, call: object) -> None:
        """Stop watching a call, if it is watched."""
        with self._changed:
            self._watched.pop(call, None)

    def close(self) -> None:
        """Let the thread end at once."""
        with self._changed:
            self._watched.clear()
            self._changed.notify()

    def _run(self) -> None:
        with self._changed:
            while self._watched:
                now = time.monotonic()
                for call, (deadline, stream) in list(self._watched.items()):
                    if deadline <= now:
                        del self._watched[call]
                        with suppress(OSError):  # closed meanwhile
                            stream.get_extra_info("socket").shutdown(socket.SHUT_RDWR)
                self._wakes_at = min((deadline for deadline, _ in self._watched.values()), default=now)
                self._changed.wait(self._wakes_at - now)
            self._thread = None
