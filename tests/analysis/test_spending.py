"""What asking a model has cost within the hour counts over restarts, whatever became of it."""

from prometheus_client import CollectorRegistry

from argus.analysis.prompt import MOST_ANSWER_TOKENS
from argus.model import LogRecord
from tests.analysis.conftest import Desk, Start
from tests.analysis.model_server import ModelServer, hangs, status
from tests.builders import a_log_record
from tests.live.server import until


def an_error(body: str = "order 7 failed") -> LogRecord:
    return a_log_record(body, service="orders", severity="ERROR")


async def test_what_failed_and_cancelled_requests_have_cost_counts_after_a_restart(
    desk: Desk, model: ModelServer, start: Start
) -> None:
    model.behaviours = [status(500), status(500), status(500), status(401), hangs]
    first = await start()
    await desk.send(an_error())
    await until(lambda: desk.metric("requests_total", outcome="failed") == 3)
    await desk.send(an_error("nobody is let in"))
    await until(lambda: desk.metric("requests_total", outcome="refused") == 1)
    await desk.send(an_error("the third thing hangs"))
    await until(lambda: len(model.requests) == 5)
    await first.__aexit__(None, None, None)
    used = first.state.tokens_used
    assert used > 4 * MOST_ANSWER_TOKENS
    desk.registry = CollectorRegistry()
    second = await start()
    assert second.state.tokens_used == used


async def test_what_an_insight_that_was_replaced_has_cost_counts_after_a_restart(
    desk: Desk, model: ModelServer, start: Start
) -> None:
    analyzer = await start()
    (record,) = await desk.stored(an_error())
    await until(lambda: desk.told != [])
    await analyzer.ask("default", record, anew=True)
    await until(lambda: len(desk.told) == 2)
    desk.registry = CollectorRegistry()
    second = await start()
    assert second.state.tokens_used == 1000


async def test_what_a_killed_process_may_have_spent_counts_after_a_restart(
    desk: Desk, model: ModelServer, start: Start
) -> None:
    model.behaviours = [hangs]
    first = await start()
    await desk.send(an_error())
    await until(lambda: model.requests != [])
    desk.registry = CollectorRegistry()
    second = await start()
    assert second.state.tokens_used == first.state.tokens_used > MOST_ANSWER_TOKENS
