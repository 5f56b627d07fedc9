"""Has upkeep that takes processor time give way to questions, which have people waiting."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

REST = 1.0
"""Upkeep rests so many times as long as it worked, while a question is being answered: more, and
it falls behind what comes in, and questions wait for it."""
LONGEST_REST_S = 0.25


class Courtesy:
    """Knows whether a question is being answered. Any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._answering = 0
        self._nobody_asks = threading.Event()
        self._nobody_asks.set()

    @contextmanager
    def answering(self) -> Iterator[None]:
        """A question is being answered inside this context."""
        with self._lock:
            self._answering += 1
            self._nobody_asks.clear()
        try:
            yield
        finally:
            with self._lock:
                self._answering -= 1
                if not self._answering:
                    self._nobody_asks.set()

    def work(self, rest: float = REST) -> "Work":
        """Work that begins now, on the thread that calls; `rest` as in `REST`."""
        return Work(self._nobody_asks, rest)


class Work:
    """A piece of upkeep, made of shorter ones between which it can rest."""

    def __init__(self, nobody_asks: threading.Event, rest: float) -> None:
        self._nobody_asks = nobody_asks
        self._rest = rest
        self._rested = time.thread_time()

    def rest(self) -> None:
        """Return at once when nobody asks, else when nobody does any more, or after a rest in
        proportion to the processor time that was spent since the last one."""
        worked_s = time.thread_time() - self._rested
        self._nobody_asks.wait(min(self._rest * worked_s, LONGEST_REST_S))
        self._rested = time.thread_time()
