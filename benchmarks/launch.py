"""Runs a command and prints what it cost as JSON: [processor seconds, clock seconds, peak kilobytes].

Run as `python -I -S launch.py COMMAND`. Linux starts a process's peak of memory at that of the process that spawned it,
so this one is small.
"""

import json
import os
import sys
import time

silent = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
started = time.perf_counter()
process = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ, file_actions=silent)
_, status, usage = os.wait4(process, 0)
clock = time.perf_counter() - started
if status:
    sys.exit(f"failed with wait status {status}: {' '.join(sys.argv[1:])}")
print(json.dumps([usage.ru_utime + usage.ru_stime, clock, usage.ru_maxrss]))
