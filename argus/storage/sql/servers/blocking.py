"""Uses an asyncio database driver from synchronous code: a private event loop per connection.

The loop only runs while a call is waited for, in the thread that waits, so that a connection may
go from thread to thread (one at a time) and gRPC never meets another loop.
"""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from sqlalchemy.util import greenlet_spawn

INTERRUPTED, TIMED_OUT = "interrupted", "the database does not answer"
CONNECT_S = 1.5
"""Longest that a connection may take to be made."""
_LAST_S = 0.1


class Cursor:
    """A cursor whose statement is waited for. The adapter's own is made with the first one."""

    def __init__(self, connection: "Held") -> None:
        self._connection = connection
        self._cursor: Any = None

    def execute(self, operation: str, parameters: Any = None) -> Any:
        return self._connection.spawn(self._made("execute"), operation, parameters)

    def executemany(self, operation: str, parameters: Any) -> Any:
        return self._connection.spawn(self._made("executemany"), operation, parameters)

    def _made(self, method: str) -> Callable[..., Any]:
        def call(*arguments: Any) -> Any:
            if self._cursor is None:
                self._cursor = self._connection.adapted.cursor()
            return getattr(self._cursor, method)(*arguments)

        return call

    def close(self) -> None:
        if self._cursor is not None:
            self._cursor.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._cursor, name)


class Held:
    """A connection of SQLAlchemy's adapter for an asyncio driver, as a synchronous one.

    A call that takes longer than `limit_s` fails, and the connection with it; 0: none does.
    `survives`: the driver can go on after a call that was interrupted.
    """

    adapted: Any = None

    def __init__(self, dialect: Any, connect: Any, limit_s: float, *, survives: bool) -> None:
        self._survives = survives
        self._error: type[Exception] = dialect.loaded_dbapi.OperationalError
        self._loop = asyncio.new_event_loop()
        self._running: asyncio.Task[Any] | None = None
        self._given_up = False
        self._why = ""
        self._limit_s = CONNECT_S
        try:
            self.adapted = self.spawn(connect)
        except BaseException as error:
            self._loop.close()
            if isinstance(error, OSError):
                raise self._error(error.strerror or str(error)) from error
            raise
        self._limit_s = limit_s

    def run(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        """Wait for a coroutine of the driver."""
        self._running = task = self._loop.create_task(coroutine)
        self._why = TIMED_OUT
        timer = self._loop.call_later(self._limit_s, self._cancel, TIMED_OUT)
        if not self._limit_s:
            timer.cancel()
        try:
            return self._loop.run_until_complete(task)
        except asyncio.CancelledError:
            if self._why != INTERRUPTED or not self._survives:
                self._drop()
            raise self._error(self._why) from None
        finally:
            timer.cancel()
            self._running = None

    def spawn(self, function: Any, *arguments: Any) -> Any:
        """Call a function of the adapter that waits for the driver."""
        return self.run(greenlet_spawn(function, *arguments))

    def _drop(self) -> None:
        """Let go of the server at once: nobody knows what its next answer would belong to."""
        if self.adapted is not None:
            self.adapted._terminate_force_close()

    def interrupt(self) -> None:
        """Give up the call that runs now, if any. Any thread."""
        if self._running is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._cancel, INTERRUPTED)

    def give_up(self) -> None:
        """End the call that runs now, and the connection with it; wait for no other. Any thread."""
        self._given_up, self._limit_s = True, _LAST_S
        if self._running is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._cancel, TIMED_OUT)

    def _cancel(self, why: str) -> None:
        if self._running is not None:
            self._why = why
            self._running.cancel()

    def begin(self) -> None:
        """Begin a transaction unless there is one; the adapter does that before its statements."""
        if getattr(self.adapted, "_transaction", self) is None:
            self.run(self.adapted._start_transaction())

    def autocommit(self, value: bool) -> None:
        self.spawn(self.adapted.autocommit, value)

    def cursor(self) -> Cursor:
        return Cursor(self)

    def commit(self) -> None:
        self.spawn(self.adapted.commit)

    def rollback(self) -> None:
        self.spawn(self.adapted.rollback)

    def close(self) -> None:
        try:
            if not self._given_up:
                self._limit_s = CONNECT_S
            self.spawn(self.adapted.close)
        except Exception:  # a connection that broke is closed
            self._drop()
        finally:
            self._loop.close()

    def terminate(self) -> None:
        """Close without waiting for anybody."""
        try:
            self._drop()
            self._loop.run_until_complete(asyncio.sleep(0))
        finally:
            self._loop.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.adapted, name)
