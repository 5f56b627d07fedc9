"""The pattern miner: gives every log record the pattern it is of, before it is stored."""

from collections.abc import Iterable
from dataclasses import replace

from argus.analysis.shapes import shape, shape_key
from argus.analysis.templates import Room, Template, Templates
from argus.model import Batch, LogRecord, Pattern

MOST_PATTERNS_OF_A_TENANT = 5_000
MOST_PATTERNS = 20_000
"""Templates in memory. What is beyond either bound is of the pattern `<*>` until a restart."""

_REMEMBERED = 20_000
_LATECOMERS = ""
"""No tenant's name."""

_BEFORE_PATTERN = LogRecord._fields.index("pattern_id")


class _Tenant:
    def __init__(self, most: int, room: Room) -> None:
        self.templates = Templates(most, room)
        self.remembered: dict[bytes, Template] = {}


class PatternMiner:
    """A `Processor`. Patterns are the tenant's own; their ids hold across restarts when what
    storage knows is given to `restore`."""

    def __init__(
        self,
        most_of_a_tenant: int = MOST_PATTERNS_OF_A_TENANT,
        most: int = MOST_PATTERNS,
        remembered: int = _REMEMBERED,
    ) -> None:
        self._most_of_a_tenant = most_of_a_tenant
        self._room = Room(most)
        self._most_remembered = remembered
        self._tenants: dict[str, _Tenant] = {}
        self._remembered = 0

    @property
    def size(self) -> int:
        """Templates in memory."""
        return self._room.taken

    def restore(self, known: Iterable[tuple[str, Pattern]]) -> None:
        """Take in the patterns that storage knows, with their tenants, the most used first."""
        for name, pattern in known:
            self._tenant(name).templates.restore([pattern])

    def process(self, batch: Batch) -> Batch:
        """The batch with the pattern of each log record."""
        if not batch.logs:
            return batch
        tenant = self._tenant(batch.tenant)
        remembered, new = tenant.remembered, tuple.__new__
        logs: list[LogRecord] = []
        found: set[Template] = set()
        for record in batch.logs:
            key = shape_key(record)
            template = remembered.get(key) or self._mined(tenant, key, record)
            found.add(template)
            # LogRecord._replace costs five times as much
            logs.append(new(LogRecord, (*record[:_BEFORE_PATTERN], template.id)))
        patterns = tuple(Pattern(one.id, one.text) for one in found)
        return replace(batch, logs=logs, patterns=patterns)

    def _tenant(self, name: str) -> _Tenant:
        tenant = self._tenants.get(name)
        if tenant is None:
            # who comes when there is no room has no templates, and nothing of its own is kept
            name = _LATECOMERS if self._room.full else name
            tenant = self._tenants.get(name) or _Tenant(self._most_of_a_tenant, self._room)
            self._tenants[name] = tenant
        return tenant

    def _mined(self, tenant: _Tenant, key: bytes, record: LogRecord) -> Template:
        template, widened = tenant.templates.of(shape(record))
        if widened or self._remembered >= self._most_remembered:
            self._forget(tenant if widened else None)
        tenant.remembered[key] = template
        self._remembered += 1
        return template

    def _forget(self, tenant: _Tenant | None) -> None:
        for one in self._tenants.values() if tenant is None else (tenant,):
            self._remembered -= len(one.remembered)
            one.remembered.clear()
