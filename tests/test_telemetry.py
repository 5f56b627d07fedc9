"""Argus' own numbers."""

import asyncio
import re
import time

from prometheus_client.parser import text_string_to_metric_families

from argus.telemetry import OTHER, Telemetry


def sample(telemetry: Telemetry, name: str, **labels: str) -> float | None:
    """The value of one sample of the exposition, None when it is not there."""
    for family in text_string_to_metric_families(telemetry.render().decode()):
        for found in family.samples:
            if found.name == name and labels.items() <= found.labels.items():
                return found.value
    return None


def test_committed_spans_and_logs_count_as_ingested() -> None:
    telemetry = Telemetry()
    telemetry.stored("traces", 3)
    telemetry.stored("logs", 4)
    assert sample(telemetry, "argus_ingestion_rate_total") == 7
    assert sample(telemetry, "argus_stored_records_total", signal="logs") == 4
    assert telemetry.ingested_total == 7


def test_rejected_and_filtered_records_are_counted_by_reason() -> None:
    telemetry = Telemetry()
    telemetry.rejected("traces", "end_before_start", 2)
    telemetry.filtered("logs", "severity", 5)
    name = "argus_rejected_records_total"
    assert sample(telemetry, name, signal="traces", reason="end_before_start") == 2
    assert sample(telemetry, "argus_filtered_records_total", signal="logs", reason="severity") == 5


def test_an_unknown_reason_makes_no_new_time_series() -> None:
    telemetry = Telemetry()
    for number in range(500):
        telemetry.rejected("traces", f"made-up-{number}", 1)
    assert sample(telemetry, "argus_rejected_records_total", reason=OTHER) == 500
    assert b"made-up" not in telemetry.render()


def test_the_specified_metrics_are_there_from_the_start() -> None:
    text = Telemetry().render().decode()
    for name in (
        "argus_ingestion_rate_total",
        "argus_active_connections",
        "argus_db_latency_bucket",
        "argus_dlq_size",
        "argus_queue_depth",
        "argus_inflight_bytes",
        "process_resident_memory_bytes",
    ):
        assert re.search(rf"^{name}[ {{]", text, re.MULTILINE), name


def test_open_connections_are_those_opened_and_not_closed() -> None:
    telemetry = Telemetry()
    telemetry.connection_opened()
    telemetry.connection_opened()
    telemetry.connection_closed()
    assert telemetry.active_connections == 1
    assert sample(telemetry, "argus_active_connections") == 1


def test_p99_is_the_nearest_rank_of_the_recent_latencies() -> None:
    telemetry = Telemetry()
    assert telemetry.db_latency_p99_ms() == 0
    for milliseconds in range(1, 201):
        telemetry.db_latency(milliseconds / 1000)
    assert telemetry.db_latency_p99_ms() == 198
    assert sample(telemetry, "argus_db_latency_count") == 200


def test_the_rate_of_a_fresh_server_counts_since_its_start() -> None:
    telemetry = Telemetry()
    telemetry.stored("traces", 600)
    assert 60 < telemetry.ingestion_rate() <= 600


def test_the_rate_forgets_what_is_over_a_minute_old() -> None:
    telemetry = Telemetry()
    telemetry.stored("traces", 600)
    telemetry._per_second[0] = (telemetry._per_second[0][0] - 61, 600)
    assert telemetry.ingestion_rate() == 0


def test_gauges_show_the_last_value() -> None:
    telemetry = Telemetry()
    telemetry.dead_letters.waiting(2, 300, {"logs": 7}, oldest_ns=None)
    telemetry.queue_depth(4)
    telemetry.inflight_bytes(5)
    assert sample(telemetry, "argus_dlq_size") == 2
    assert sample(telemetry, "argus_dlq_bytes") == 300
    assert sample(telemetry, "argus_dlq_records", signal="logs") == 7
    assert sample(telemetry, "argus_queue_depth") == 4
    assert sample(telemetry, "argus_inflight_bytes") == 5


def test_two_servers_in_one_process_do_not_share_numbers() -> None:
    one, other = Telemetry(), Telemetry()
    one.stored("traces", 1)
    one.request("grpc", "traces", "OK")
    assert other.ingested_total == 0
    assert sample(other, "argus_requests_total") is None
    assert sample(one, "argus_requests_total", transport="grpc", code="OK") == 1


async def test_a_blocked_event_loop_shows_as_lag() -> None:
    telemetry = Telemetry()
    watch = asyncio.create_task(telemetry.watch_loop())
    await asyncio.sleep(0.05)
    time.sleep(0.3)  # noqa: ASYNC251
    await asyncio.sleep(0.02)
    watch.cancel()
    assert sample(telemetry, "argus_event_loop_lag_seconds_count") == 1
    assert (sample(telemetry, "argus_event_loop_lag_seconds_sum") or 0) > 0.2
