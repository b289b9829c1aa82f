"""Takes the samples: in rounds, in each of which every contender has its turn, so that a busy moment meets them all."""

import sys
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar

from benchmarks import plan, programs
from benchmarks.environments import Environment
from benchmarks.plan import Figure, Order, Scale
from benchmarks.processes import Child, Server, check_types, run_program

Item = TypeVar("Item")


class Samples:
    """The samples of each figure and contender; those at the same place belong to the same round."""

    def __init__(self) -> None:
        self._taken: dict[tuple[Figure, str], list[float]] = defaultdict(list)

    def add(self, figure: Figure | None, contender: str, value: float) -> None:
        if figure is not None:
            self._taken[figure, contender].append(value)

    def of(self, figure: Figure, contender: str) -> Sequence[float]:
        return self._taken.get((figure, contender), ())

    def all(self) -> Iterable[tuple[Figure, str, Sequence[float]]]:
        return [(figure, contender, values) for (figure, contender), values in self._taken.items()]


def take(environments: Mapping[str, Environment], server: Server, scale: Scale) -> Samples:
    """Take all samples."""
    samples = Samples()
    homes = {contender: environments[name] for contender, name in plan.ENVIRONMENTS.items()}
    _sizes(samples, homes)
    _type_checks(samples, homes, scale)
    _starts(samples, homes, server, scale)
    _calls(samples, homes, server, scale)
    _growth(samples, homes, server, scale)
    return samples


def _sizes(samples: Samples, homes: Mapping[str, Environment]) -> None:
    for contender in ("openai", "ours", "openai[aiohttp]", "ours[aiohttp]"):
        home = homes[contender]
        size = home.size()
        samples.add(plan.BYTES, contender, size.total_bytes)
        samples.add(plan.SOURCE_BYTES, contender, size.total_bytes - size.bytecode_bytes)
        samples.add(plan.FILES, contender, size.files)
        samples.add(plan.PACKAGES, contender, len(home.versions()))


def _type_checks(samples: Samples, homes: Mapping[str, Environment], scale: Scale) -> None:
    for number in range(scale.type_checks):
        _say(f"type checks {number + 1}/{scale.type_checks}")
        for contender, program in programs.TYPED.items():
            samples.add(plan.TYPES, contender, check_types(homes[contender], program).processor)


def _starts(samples: Samples, homes: Mapping[str, Environment], server: Server, scale: Scale) -> None:
    kinds = {
        "few": (plan.START_PLAIN, plan.START_PLAIN_CLOCK, plan.START_PLAIN_PEAK),
        "tls": (plan.START_TLS, plan.START_TLS_CLOCK, plan.START_TLS_PEAK),
    }
    for number in range(scale.starts):
        _say(f"starts {number + 1}/{scale.starts}")
        for kind, (processor, clock, peak) in kinds.items():
            for contender, program in _turned(programs.FIRST_SESSION.items(), number):
                cost = run_program(homes[contender], program, server.variables(kind))
                samples.add(processor, contender, cost.processor)
                samples.add(clock, contender, cost.clock)
                samples.add(peak, contender, cost.peak)
        for contender, program in _turned(programs.IMPORT.items(), number):
            cost = run_program(homes[contender], program, server.variables("few"))
            samples.add(plan.IMPORT, contender, cost.processor)


def _calls(samples: Samples, homes: Mapping[str, Environment], server: Server, scale: Scale) -> None:
    for generation in range(scale.generations):
        children = {name: Child(home, name, server.variables("few")) for name, home in homes.items()}
        for number in range(scale.rounds):
            _say(f"calls {generation * scale.rounds + number + 1}/{scale.generations * scale.rounds}")
            for order in plan.ORDERS:
                for contender in _turned(order.contenders, number):
                    children[contender].tell(_order(order, server, scale, "cost"))
                    cost = children[contender].answer()
                    samples.add(order.processor, contender, cost["seconds"])
                    samples.add(order.rate, contender, cost["rate"])
        for child in children.values():
            child.close()


def _growth(samples: Samples, homes: Mapping[str, Environment], server: Server, scale: Scale) -> None:
    for contender in scale.growing:
        _say(f"memory growth of {contender}")
        children = {
            figure: Child(homes[contender], contender, server.variables("few"))
            for figure in (plan.GROWTH, plan.ASYNC_GROWTH)
        }
        for figure, child in children.items():
            child.unpin()
            order = Order("create", "many", figure is plan.ASYNC_GROWTH, 1, (contender,))
            child.tell(_order(order, server, scale, "growth"))
        for figure, child in children.items():
            samples.add(figure, contender, child.answer()["bytes"])
            child.close()


def _order(order: Order, server: Server, scale: Scale, measure: str) -> dict[str, object]:
    return {
        "measure": measure,
        "operation": order.operation,
        "base_url": server.urls[order.kind],
        "is_async": order.is_async,
        "at_once": order.at_once,
        "seconds": scale.seconds,
    }


def _turned(items: Iterable[Item], number: int) -> list[Item]:
    """Return the items in an order of this round's own, so that none always follows the same."""
    listed = list(items)
    start = number % len(listed)
    return listed[start:] + listed[:start]


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
