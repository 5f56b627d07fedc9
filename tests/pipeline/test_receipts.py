"""Receipts: for each exporter, exact accounts of what it sent."""

from argus.model import Batch, Source
from argus.pipeline.receipts import MAX_EXPORTERS, Receipts
from tests.builders import a_batch, a_log_record, a_resource, a_span


def sent(*sources: Source, batch: Batch | None = None, peer: str = "10.0.0.1") -> Batch:
    batch = batch or a_batch()
    batch.sources, batch.peer = sources, peer
    return batch


def test_what_is_answered_is_queued_until_it_is_in_the_database() -> None:
    receipts = Receipts()
    span = a_span(resource=a_resource("shop", **{"service.instance.id": "pod-1"}))
    batch = sent(Source(span.resource, 1, {"invalid_span_id": 2}, 5), batch=a_batch(span))
    receipts.received(batch)
    (receipt,) = receipts.of_tenant("default")
    assert (receipt.service_name, receipt.instance, receipt.peer) == ("shop", "pod-1", "10.0.0.1")
    assert (receipt.accepted, receipt.queued, receipt.committed) == (1, 1, 0)
    assert receipt.rejected == {"invalid_span_id": 2}
    receipts.settled(batch, [batch])
    assert (receipt.queued, receipt.committed) == (0, 1)


def test_filtered_and_duplicate_records_are_counted_for_who_sent_them() -> None:
    receipts = Receipts()
    one, two = a_resource("one"), a_resource("two")
    logs = [a_log_record(n, resource=one if n < 3 else two) for n in range(5)]
    batch = a_batch(*logs[1:])
    batch.filtered = {"severity": 1}
    sent(Source(one, 3, {}, 1), Source(two, 2, {}, 1), batch=batch)
    receipts.received(batch)
    receipts.settled(batch, [a_batch(*logs[2:4])])
    two_, one_ = receipts.of_tenant("default")
    assert (one_.filtered, one_.duplicate, one_.committed, one_.queued) == (1, 1, 1, 0)
    assert (two_.filtered, two_.duplicate, two_.committed, two_.queued) == (0, 1, 1, 0)


def test_a_clock_that_is_ahead_shows_as_an_offset_and_a_slow_exporter_as_lag() -> None:
    receipts = Receipts()
    batch = a_batch()
    resource = a_resource("shop")
    receipts.received(sent(Source(resource, 1, {}, batch.received_ns + 2_000_000), batch=batch))
    (receipt,) = receipts.of_tenant("default")
    assert (receipt.lag_ms, receipt.clock_offset_ms) == (0.0, 2.0)
    receipts.received(sent(Source(resource, 1, {}, batch.received_ns - 3_000_000), batch=batch))
    assert (receipt.lag_ms, receipt.clock_offset_ms) == (3.0, 0.0)


def test_tenants_see_their_own_receipts_only() -> None:
    receipts = Receipts()
    receipts.received(sent(Source(a_resource("a"), 1, {}, 1), batch=a_batch(tenant="a")))
    assert receipts.of_tenant("default") == []
    assert len(receipts.of_tenant("a")) == 1


def test_exporters_without_end_are_forgotten_oldest_first() -> None:
    receipts = Receipts()
    for number in range(MAX_EXPORTERS + 10):
        receipts.received(sent(Source(a_resource("s"), 1, {}, 1), peer=f"p{number}"))
    known = receipts.of_tenant("default")
    assert len(known) == MAX_EXPORTERS
    assert known[0].peer == f"p{MAX_EXPORTERS + 9}"
    assert known[-1].peer == "p10"
