"""What is measured, against what, and within which bars."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

Unit = Literal["seconds", "bytes", "count", "per second"]


@dataclass(frozen=True)
class Figure:
    """Something that is measured of several contenders, in the unit of its samples."""

    name: str
    unit: Unit = "seconds"


@dataclass(frozen=True)
class Comparison:
    """A figure of one contender against that of a rival, and the bar that the ratio must meet, if there is one.

    Without a rival it is the figure itself that must meet the bar.
    """

    figure: Figure
    contender: str
    rival: str | None
    bar: float | None = None

    @property
    def wants_more(self) -> bool:
        """Tell whether a larger ratio is the better one."""
        return self.figure.unit == "per second"

    def holds(self, value: float) -> bool | None:
        """Tell whether a value meets the bar."""
        if self.bar is None:
            return None
        return value >= self.bar if self.wants_more else value <= self.bar


@dataclass(frozen=True)
class Order:
    """Calls to make in a running process, and the figures that come of them."""

    operation: str
    kind: str
    is_async: bool
    at_once: int
    contenders: tuple[str, ...]
    processor: Figure | None = None
    rate: Figure | None = None


@dataclass(frozen=True)
class Scale:
    """How long to measure: how often each thing is done, and for how many seconds at a time."""

    starts: int
    generations: int
    rounds: int
    seconds: float
    type_checks: int
    growing: tuple[str, ...]


SHORT: Final = Scale(starts=3, generations=1, rounds=2, seconds=0.25, type_checks=1, growing=("ours",))
FULL: Final = Scale(starts=15, generations=3, rounds=5, seconds=1.0, type_checks=3, growing=("openai", "ours", "httpx"))

ENVIRONMENTS: Final[Mapping[str, str]] = {
    "openai": "openai",
    "openai[aiohttp]": "openai[aiohttp]",
    "ours": "chatkit-sessions",
    "ours[aiohttp]": "chatkit-sessions[aiohttp]",
    "ours, injected client": "chatkit-sessions",
    "httpx": "chatkit-sessions",
}
"""Which environment a contender runs in."""

START_PLAIN: Final = Figure("process start to first session, http: CPU")
START_PLAIN_CLOCK: Final = Figure("process start to first session, http: wall clock")
START_PLAIN_PEAK: Final = Figure("process start to first session, http: peak memory", "bytes")
START_TLS: Final = Figure("process start to first session, TLS: CPU")
START_TLS_CLOCK: Final = Figure("process start to first session, TLS: wall clock")
START_TLS_PEAK: Final = Figure("process start to first session, TLS: peak memory", "bytes")
IMPORT: Final = Figure("process that only imports: CPU")
TYPES: Final = Figure("mypy on a ten-line file: CPU")
BYTES: Final = Figure("installed, with bytecode", "bytes")
SOURCE_BYTES: Final = Figure("installed, without bytecode", "bytes")
FILES: Final = Figure("installed files", "count")
PACKAGES: Final = Figure("installed packages", "count")
GROWTH: Final = Figure("memory growth over 20,000 sync calls", "bytes")
ASYNC_GROWTH: Final = Figure("memory growth over 20,000 async calls", "bytes")
CREATE_FEW: Final = Figure("one sync create, few headers: CPU")
CREATE_MANY: Final = Figure("one sync create, 17 headers: CPU")
CANCEL_FEW: Final = Figure("one sync cancel, few headers: CPU")
CANCEL_MANY: Final = Figure("one sync cancel, 17 headers: CPU")
THREADS: Final = Figure("16 threads on one sync client", "per second")
ASYNC_CREATE: Final = {1: Figure("one async create: CPU")} | {
    count: Figure(f"async create, {count} at once: CPU each") for count in (10, 100, 500)
}
ASYNC_RATE: Final = {count: Figure(f"async create, {count} at once", "per second") for count in (1, 10, 100, 500)}

WEB_AT_ONCE: Final = (1, 50, 300)
WEB_CPU: Final = {count: Figure(f"web endpoint, {count} at once: CPU per visitor") for count in WEB_AT_ONCE}
WEB_RATE: Final = {count: Figure(f"web endpoint, {count} at once: visitors", "per second") for count in WEB_AT_ONCE}
WEB_LONGEST: Final = Figure("web endpoint, 300 at once: longest callback, CPU")

_SYNC: Final = ("openai", "ours", "ours, injected client", "httpx")
_ASYNC: Final = ("openai", "ours", "ours[aiohttp]", "openai[aiohttp]", "ours, injected client", "httpx")

ORDERS: Final = (
    Order("create", "few", False, 1, _SYNC, processor=CREATE_FEW),
    Order("create", "many", False, 1, _SYNC, processor=CREATE_MANY),
    Order("cancel", "few", False, 1, _SYNC, processor=CANCEL_FEW),
    Order("cancel", "many", False, 1, _SYNC, processor=CANCEL_MANY),
    Order("create", "few", False, 16, _SYNC, rate=THREADS),
    *(
        Order("create", "few", True, count, _ASYNC, processor=ASYNC_CREATE[count], rate=ASYNC_RATE[count])
        for count in (1, 10, 100, 500)
    ),
)

_MIB: Final = 1024 * 1024

COMPARISONS: Final = (
    Comparison(START_PLAIN, "ours", "openai", 0.14),
    Comparison(START_PLAIN, "ours", "httpx", 1.05),
    Comparison(START_PLAIN_CLOCK, "ours", "openai"),
    Comparison(START_PLAIN_PEAK, "ours", "openai", 0.40),
    Comparison(START_PLAIN_PEAK, "ours", "httpx"),
    Comparison(START_TLS, "ours", "openai", 0.14),
    Comparison(START_TLS, "ours", "httpx", 1.15),
    Comparison(START_TLS_CLOCK, "ours", "openai"),
    Comparison(START_TLS_PEAK, "ours", "openai", 0.40),
    Comparison(IMPORT, "ours", "openai", 0.05),
    Comparison(IMPORT, "ours", "httpx"),
    Comparison(CREATE_FEW, "ours", "openai", 0.33),
    Comparison(CREATE_FEW, "ours", "httpx", 0.72),
    Comparison(CREATE_FEW, "ours, injected client", "openai", 0.42),
    Comparison(CREATE_MANY, "ours", "openai", 0.28),
    Comparison(CREATE_MANY, "ours", "httpx", 0.60),
    Comparison(CREATE_MANY, "ours, injected client", "openai"),
    *(
        Comparison(figure, contender, rival)
        for figure in (CANCEL_FEW, CANCEL_MANY)
        for contender, rival in (("ours", "openai"), ("ours", "httpx"), ("ours, injected client", "openai"))
    ),
    Comparison(ASYNC_CREATE[1], "ours", "openai", 0.45),
    Comparison(ASYNC_CREATE[1], "ours", "httpx", 0.55),
    Comparison(ASYNC_CREATE[1], "ours, injected client", "openai", 0.50),
    Comparison(ASYNC_CREATE[1], "ours[aiohttp]", "openai"),
    Comparison(ASYNC_CREATE[1], "ours[aiohttp]", "openai[aiohttp]"),
    *(
        Comparison(ASYNC_CREATE[count], contender, "openai")
        for count in (10, 100, 500)
        for contender in ("ours", "ours[aiohttp]")
    ),
    *(
        Comparison(ASYNC_RATE[count], contender, rival, bar)
        for count, bars in (
            (1, (None, None, None)),
            (10, (None, None, None)),
            (100, (3.5, 5.0, 5.0)),
            (500, (4.5, 5.5, 5.0)),
        )
        for contender, rival, bar in (
            ("ours", "openai", bars[0]),
            ("ours", "httpx", bars[1]),
            ("ours[aiohttp]", "openai", bars[2]),
            ("ours[aiohttp]", "openai[aiohttp]", None),
            ("ours, injected client", "openai", None),
        )
    ),
    Comparison(THREADS, "ours", "openai", 2.0),
    Comparison(THREADS, "ours", "httpx"),
    Comparison(THREADS, "ours, injected client", "openai"),
    Comparison(GROWTH, "ours", None, _MIB),
    Comparison(ASYNC_GROWTH, "ours", None, _MIB),
    Comparison(SOURCE_BYTES, "ours", "openai", 0.20),
    Comparison(BYTES, "ours", "openai", 0.20),
    Comparison(FILES, "ours", "openai"),
    Comparison(PACKAGES, "ours", "openai"),
    Comparison(BYTES, "ours[aiohttp]", "openai[aiohttp]"),
    Comparison(TYPES, "ours", "openai"),
    *(
        comparison
        for count, cpu, rate in ((1, None, None), (50, 0.5, None), (300, 0.5, 3.0))
        for comparison in (
            Comparison(WEB_CPU[count], "ours", "openai", cpu),
            Comparison(WEB_RATE[count], "ours", "openai", rate),
        )
    ),
    Comparison(WEB_LONGEST, "ours", None, 0.01),
)
