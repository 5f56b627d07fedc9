"""REL-H24: no mutation of a request or a dead letter makes a decoder fail in another way."""

from bench.reliability import fuzz


def test_mutated_requests_and_letters_are_read_or_refused() -> None:
    assert fuzz.decoders(seed=24, inputs=3_000).problems == []
