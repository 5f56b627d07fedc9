"""Upkeep rests while a question is being answered, and as long as it worked at most."""

import threading
import time

from argus.storage.sql.courtesy import LONGEST_REST_S, REST, Courtesy, Work


def worked(work: Work, seconds: float) -> float:
    """Use the processor for some time, then rest: seconds that the rest took."""
    until = time.thread_time() + seconds
    while time.thread_time() < until:
        pass
    began = time.monotonic()
    work.rest()
    return time.monotonic() - began


def test_upkeep_goes_on_at_once_when_nobody_asks() -> None:
    assert worked(Courtesy().work(), 0.1) < REST * 0.1


def test_upkeep_rests_as_it_worked_while_somebody_waits() -> None:
    courtesy = Courtesy()
    work = courtesy.work()
    with courtesy.answering():
        assert worked(work, 0.05) >= REST * 0.05
        assert worked(work, LONGEST_REST_S / REST + 0.2) < LONGEST_REST_S + 0.2


def test_the_last_answer_ends_the_rest() -> None:
    courtesy = Courtesy()
    work, first, second = courtesy.work(), courtesy.answering(), courtesy.answering()
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    threading.Timer(0.05, second.__exit__, (None, None, None)).start()
    assert worked(work, LONGEST_REST_S / REST) < LONGEST_REST_S
