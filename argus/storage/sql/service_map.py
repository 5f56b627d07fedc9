"""Answers with the service map of a range: who calls whom."""

from collections import defaultdict
from collections.abc import Sequence

from argus.storage import MapEdge, MapNode, NodeKind, ServiceMap, TimeRange
from argus.storage.sql import edges
from argus.storage.sql.edges import nodes_of
from argus.storage.sql.engine import View
from argus.storage.sql.measures import Measure, Subject
from argus.storage.sql.numbers import Numbers
from argus.storage.sql.overview import latencies

_KINDS: dict[edges.NodeKind, NodeKind] = {
    edges.NodeKind.SERVICE: "service",
    edges.NodeKind.DATABASE: "database",
    edges.NodeKind.MESSAGING: "messaging",
    edges.NodeKind.EXTERNAL: "external",
    edges.NodeKind.USER: "user",
}


def service_map(views: Sequence[View], range_: TimeRange, services: tuple[str, ...]) -> ServiceMap:
    """The calls of a range, of those from or to the given services when there are any, and the
    nodes they connect; without services also those that nobody calls."""
    numbers = Numbers(views)
    plan = numbers.plan(range_, [Subject.CALLS])
    calls: dict[tuple[str, str], Measure] = defaultdict(Measure)
    kinds: dict[str, edges.NodeKind] = {}
    for key, found in numbers.whole_sums(plan, [Subject.CALLS], services):
        nodes = nodes_of(key.service, key.name, key.detail)
        calls[key.service, key.name].add(found)
        for name, kind in nodes:
            # a peer known by name only is the service of that name
            kinds[name] = min(kind, kinds.get(name, kind))
    calls = {pair: found for pair, found in calls.items() if found.count}
    connected = {name for pair in calls for name in pair}
    whole = numbers.plan(TimeRange(plan.start_ns, plan.end_ns), [Subject.SPANS])
    entries: dict[str, Measure] = defaultdict(Measure)
    for key, found in numbers.whole_sums(whole, [Subject.SPANS, Subject.ENTRIES]):
        if not services or key.service in connected or key.service in services:
            kinds[key.service] = edges.NodeKind.SERVICE
            connected.add(key.service)
            if key.subject == Subject.ENTRIES:
                entries[key.service].add(found)
    reached: dict[str, Measure] = defaultdict(Measure)
    for (_, target), found in calls.items():
        if kinds[target] != edges.NodeKind.SERVICE:
            reached[target].add(found)
    drawn = []
    for name in sorted(connected):
        numbers_of = entries[name] if kinds[name] == edges.NodeKind.SERVICE else reached[name]
        count, errors = numbers_of.count, numbers_of.errors
        drawn.append(MapNode(name, _KINDS[kinds[name]], count, errors, latencies(numbers_of)))
    lines = [
        MapEdge(source, target, found.count, found.errors, numbers_of_calls)
        for (source, target), found in sorted(calls.items())
        if (numbers_of_calls := latencies(found)) is not None
    ]
    return ServiceMap(plan.start_ns, plan.end_ns, drawn, lines)
