"""One client of the log hub: what it asked for, how far it is, and what it missed."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from argus.errors import ArgusError
from argus.live import TRY_AGAIN_LATER, Link, close_code
from argus.live.log_stream import Delivery, Group, LogStream, Matches
from argus.live.messages import MAX_RECORDS, Encode, Message, messages, notice
from argus.model import LogRecord, log_id_text
from argus.storage import Reader
from argus.telemetry import LiveMetrics, MissedReason

MAX_RESUMED = 2000
"""Most records that a client who comes back is sent from the database."""

_PATIENCE_S = 5.0
_HOLD_S = 0.2
"""A client that says at once what it wants, say to go on where it was, gets nothing else first."""


@dataclass(slots=True)
class _Gap:
    """Records that were not sent after the one with id `since`; how many is None when uncounted."""

    since: int
    reason: MissedReason
    missed: int | None = 0


@dataclass(frozen=True, slots=True)
class Tools:
    """What all clients of a hub share. `resuming` bounds how many are read back to at a time: what
    is read waits in memory until it is taken."""

    encode: Encode
    compile_filter: Callable[[str], Matches]
    metrics: LiveMetrics
    resuming: asyncio.Semaphore


class LogClient:
    """Sees what its filter lets through, in order of arrival, each record once.

    What cannot be sent is a gap. Who asked for notices is told of it as soon as anything can be
    sent again; for anyone else the connection ends (1013): a stream that lacks records without
    saying so is worth less than none.
    """

    def __init__(self, link: Link, stream: LogStream, reader: Reader, tools: Tools) -> None:
        self.stream = stream
        self.notices = False
        self._link = link
        self._reader = reader
        self._tools = tools
        self._position = 0
        self._read_to = 0
        self._gap: _Gap | None = None
        self._chosen = stream.group(None, tools.compile_filter)
        self.group: Group | None = self._chosen
        self._held: list[Delivery] | None = []
        self._holding = asyncio.get_running_loop().call_later(_HOLD_S, self._release)
        link.on_drained = self._tell_gap
        stream.clients.add(self)

    @property
    def filter(self) -> str | None:
        """The text of the filter that holds; None lets everything through."""
        return self._chosen.filter

    async def ask(self, filter_: str | None, since: int | None = None) -> None:
        """See what a filter's text lets through (everything when None) and, with `since`, first
        what arrived after that record. Raises what compiling and reading do; then the filter that
        held before holds on."""
        self._holding.cancel()
        try:
            await self._change(filter_, since)
        finally:
            self._release()
        self._notify("watching", filter=filter_, since=log_id_text(self._position))

    async def _change(self, filter_: str | None, since: int | None) -> None:
        group = self.stream.group(filter_, self._tools.compile_filter)
        self.group = None
        try:
            if since is not None:
                async with self._tools.resuming:
                    await self._catch_up(since, group)
                self._read_to = self._position
                self._held = None
        except BaseException:
            self.stream.release(group)
            self.group = self._chosen
            raise
        self.stream.release(self._chosen)
        self._chosen = self.group = group

    def refuse(self, error: ArgusError) -> None:
        """Say what is wrong with what this client asked; without notices that ends it."""
        if self.notices:
            self._notify("error", code=error.code, message=error.message, field=error.field)
        else:
            self._link.close(close_code(error), error.message)

    def leave(self) -> None:
        """The client is gone."""
        self.group = None
        self._holding.cancel()
        self._link.on_drained = None
        self.stream.clients.discard(self)
        self.stream.release(self._chosen)

    def inform(self, frame: bytes) -> None:
        """Send a notice to a client that asked for notices, unless it is behind."""
        if self.notices and not self._link.behind:
            self._link.send_frame(frame)

    def offer(self, delivery: Delivery) -> int:
        """Send what of a delivery is new to this client; how many frames that took."""
        if self._held is not None:
            self._held.append(delivery)
            return 0
        return self._send(delivery, None)

    def _send(self, delivery: Delivery, matches: Matches | None) -> int:
        news = delivery.chosen
        if matches is not None or self._read_to >= delivery.first_id:
            news = [one for one in news if one.id > self._read_to]
            news = [one for one in news if matches is None or matches(one)]
        sent = 0
        if self._link.behind and news:
            self._miss(len(news), "slow")
        elif news:
            whole = news is delivery.chosen
            framed = delivery.messages if whole else delivery.messages_of(news)
            sent = len(framed)
            for message in framed:
                self._push(message)
        self._position = max(self._position, delivery.last_id)
        return sent

    def lose(self, records: int, last_id: int, reason: MissedReason) -> None:
        """So many records up to this id, matching or not, are left out."""
        self._miss(records, reason, counted=self._chosen.matches is None)
        self._position = max(self._position, last_id)

    def _release(self) -> None:
        """Send what was held back, as far as it matches what is asked for by now."""
        held, self._held = self._held or [], None
        for delivery in held:
            self._send(delivery, self._chosen.matches)

    def _framed(self, records: list[LogRecord]) -> list[Message]:
        return list(messages(records, self._tools.encode(records)))

    def _push(self, message: Message) -> None:
        if message.frame is None:
            self._miss(message.records, "too_large")
        elif self._link.behind:
            self._miss(message.records, "slow")
        else:
            self._link.send_frame(message.frame)
        self._position = max(self._position, message.last_id)

    def _miss(self, records: int, reason: MissedReason, counted: bool = True) -> None:
        self._tools.metrics.missed(reason, records)
        if not self.notices:
            if reason != "too_large":
                self._link.close(TRY_AGAIN_LATER, f"{reason}: log records could not be sent")
            return
        gap = self._gap or _Gap(self._position, reason)
        gap.missed = gap.missed + records if counted and gap.missed is not None else None
        self._gap = gap
        if not self._link.behind:
            self._tell_gap()

    def _tell_gap(self) -> None:
        gap, self._gap = self._gap, None
        if gap is not None:
            self._notify("gap", reason=gap.reason, missed=gap.missed, since=log_id_text(gap.since))

    def _notify(self, kind: str, **members: Any) -> None:
        if self.notices:
            self._link.send_frame(notice(kind, **members))

    async def _catch_up(self, since: int, group: Group) -> None:
        """Send what the database has after a record, until the stream has told nothing newer."""
        told = self.stream.told_id
        # a row more at either end: does the record exist, and are others left out?
        found = await self._reader.logs_after(since - 1, MAX_RESUMED + 2)
        if found and found[0].id == since:
            found = found[1:]
        elif not found:
            since = told  # no record has this id: it is of another database
        self._position = since
        while True:
            await self._send_rows(found, group)
            self._position = max(self._position, told)
            if self._position >= self.stream.told_id or not self._link.open:
                return
            told = self.stream.told_id
            found = await self._reader.logs_after(self._position, MAX_RESUMED + 1)

    async def _send_rows(self, rows: list[LogRecord], group: Group) -> None:
        if len(rows) > MAX_RESUMED:
            rows = rows[-MAX_RESUMED:]
            since = log_id_text(self._position)
            self._notify("gap", reason="resumed", missed=None, since=since)
        matches, patient = group.matches, True
        for start in range(0, len(rows), MAX_RECORDS):
            some = rows[start : start + MAX_RECORDS]
            chosen = some if matches is None else [one for one in some if matches(one)]
            for message in self._framed(chosen):
                patient = patient and await self._drained()
                self._push(message)
            await asyncio.sleep(0)
            self._position = some[-1].id

    async def _drained(self) -> bool:
        """Wait until the client has read enough; False when it takes too long."""
        try:
            async with asyncio.timeout(_PATIENCE_S):
                await self._link.drained()
        except TimeoutError:
            return False
        return True
