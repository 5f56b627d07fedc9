"""The log stream of one tenant: what is pending, who watches, and who is told what."""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple, Protocol

from argus.live.messages import MAX_RECORDS, Encode, Message, messages
from argus.live.pace import Pace
from argus.model import Batch, LogRecord
from argus.telemetry import MissedReason

Matches = Callable[[LogRecord], bool]

_LEAST_RECORD_BYTES = 256
"""What a record weighs at least while it waits, however short it was on the wire."""


class Group:
    """Clients with the same filter: for them, records are chosen and framed once."""

    def __init__(self, filter_: str | None, matches: Matches | None) -> None:
        self.filter = filter_
        self.matches = matches
        self.size = 0


class Delivery:
    """What one group gets of some consecutive records, from `first_id` to `last_id`."""

    def __init__(self, chunk: "_Chunk", matches: Matches | None) -> None:
        records = chunk.records
        self.first_id, self.last_id = records[0].id, records[-1].id
        self.chosen = records if matches is None else [one for one in records if matches(one)]
        self._chunk = chunk
        self._messages: list[Message] | None = None

    @property
    def messages(self) -> list[Message]:
        """The messages, written when the first client can take them: most cost is here."""
        if self._messages is None:
            self._messages = self.messages_of(self.chosen)
        return self._messages

    def messages_of(self, records: list[LogRecord]) -> list[Message]:
        """The messages of only some of its records."""
        return list(messages(records, self._chunk.texts(records)))


class Audience(Protocol):
    """A client as its stream sees it. Without a group it is not told anything for now."""

    group: Group | None

    def offer(self, delivery: Delivery) -> int:
        """Send what of a delivery is new to this client; how many frames that took."""

    def inform(self, frame: bytes) -> None:
        """Send a notice to a client that asked for notices, unless it is behind."""

    def lose(self, records: int, last_id: int, reason: MissedReason) -> None:
        """So many records up to this id, matching or not, are left out."""


@dataclass(slots=True)
class Backlog:
    """What waits in all streams together."""

    records: int = 0
    bytes: int = 0


class _Pending(NamedTuple):
    first_id: int
    logs: Sequence[LogRecord]
    bytes: int


class LogStream:
    """Pending records in order of arrival, and the clients who wait for them."""

    def __init__(self, tenant: str, encode: Encode, backlog: Backlog) -> None:
        self.tenant = tenant
        self.clients: set[Audience] = set()
        self.told_id = 0
        """Up to here records were told: who joins later finds them in the database only."""
        self._encode = encode
        self._backlog = backlog
        self.pending = 0
        """Records that wait to be told."""
        self._pending: deque[_Pending] = deque()
        self._taken = 0
        self._groups: dict[str | None, Group] = {None: Group(None, None)}

    def group(self, filter_: str | None, compile_filter: Callable[[str], Matches]) -> Group:
        """The group of a filter, counted in until `release`. Raises what `compile_filter` does."""
        group = self._groups.get(filter_)
        if group is None:
            matches = None if filter_ is None else compile_filter(filter_)
            group = self._groups[filter_] = Group(filter_, matches)
        group.size += 1
        return group

    def release(self, group: Group) -> None:
        """One client fewer has this filter."""
        group.size -= 1
        if not group.size and group.filter is not None:
            del self._groups[group.filter]

    def add(self, batch: Batch) -> None:
        """A batch with log records is durable."""
        size = max(batch.size, _LEAST_RECORD_BYTES * len(batch.logs))
        self._pending.append(_Pending(batch.first_log_id, batch.logs, size))
        self._count(len(batch.logs))
        self._backlog.bytes += size

    def take(self) -> list[LogRecord]:
        """The oldest pending records, with their ids, as many as fit in one message."""
        records: list[LogRecord] = []
        while self._pending and len(records) < MAX_RECORDS:
            oldest, first = self._pending[0], self._taken
            last = min(first + MAX_RECORDS - len(records), len(oldest.logs))
            ids = range(oldest.first_id + first, oldest.first_id + last)
            some = islice(oldest.logs, first, last)
            records += [record._replace(id=id_) for id_, record in zip(ids, some, strict=True)]
            self._taken = last
            if last == len(oldest.logs):
                self._drop_oldest()
        self._count(-len(records))
        return records

    def overflow(self) -> None:
        """Leave out the oldest batch that is pending; there must be one."""
        oldest = self._pending[0]
        last_id = oldest.first_id + len(oldest.logs) - 1
        self.lose(self._forget_oldest(), last_id, "overloaded")

    def forget_all(self) -> None:
        """Nobody waits for anything any more."""
        while self._pending:
            self._forget_oldest()

    def _forget_oldest(self) -> int:
        left = len(self._pending[0].logs) - self._taken
        self._count(-left)
        self._drop_oldest()
        return left

    def _count(self, records: int) -> None:
        self.pending += records
        self._backlog.records += records

    def _drop_oldest(self) -> None:
        self._backlog.bytes -= self._pending.popleft().bytes
        self._taken = 0

    async def tell(self, records: list[LogRecord], pace: Pace) -> None:
        """Offer records, which follow what was told before, to every client who watches."""
        self.told_id = records[-1].id
        chunk = _Chunk(records, self._encode)
        deliveries: dict[Group, Delivery] = {}
        for client in tuple(self.clients):
            group = client.group
            if group is None:
                continue
            delivery = deliveries.get(group)
            if delivery is None:
                delivery = deliveries[group] = Delivery(chunk, group.matches)
            await pace.breathe(client.offer(delivery))

    def lose(self, records: int, last_id: int, reason: MissedReason) -> None:
        """Leave records out for every client who watches."""
        self.told_id = max(self.told_id, last_id)
        for client in tuple(self.clients):
            if client.group is not None:
                client.lose(records, last_id, reason)


class _Chunk:
    """Some consecutive records; each is written as JSON at most once, and only when chosen."""

    def __init__(self, records: list[LogRecord], encode: Encode) -> None:
        self.records = records
        self._encode = encode
        self._texts: dict[int, bytes] = {}

    def texts(self, chosen: list[LogRecord]) -> list[bytes]:
        """The JSON of some of the records."""
        missing = [one for one in chosen if one.id not in self._texts]
        self._texts.update(zip((one.id for one in missing), self._encode(missing), strict=True))
        return [self._texts[one.id] for one in chosen]
