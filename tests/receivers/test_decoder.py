"""The decoding thread: in order, beside the loop, and never a queue of more than a second."""

import asyncio
import threading
import time
from collections.abc import Callable

import pytest

from argus.errors import Overloaded
from argus.receivers.decoder import Decoder

MIB = 2**20


@pytest.fixture
def decoder() -> Decoder:
    return Decoder()


async def test_requests_are_decoded_in_order_of_arrival(decoder: Decoder) -> None:
    order: list[int] = []
    works: list[Callable[[], None]] = [lambda n=n: order.append(n) for n in range(8)]  # type: ignore[misc]
    await asyncio.gather(*(decoder.run(MIB, work) for work in works))
    assert order == list(range(8))
    decoder.close()


async def test_the_loop_goes_on_while_a_request_is_decoded(decoder: Decoder) -> None:
    go = threading.Event()
    decoding = asyncio.create_task(decoder.run(MIB, lambda: go.wait(10)))
    await asyncio.sleep(0.02)
    assert not decoding.done()
    go.set()
    assert await decoding
    decoder.close()


async def test_what_would_wait_for_long_is_refused_at_once_and_later_welcome(
    decoder: Decoder,
) -> None:
    go = threading.Event()
    decoding = [asyncio.create_task(decoder.run(MIB, lambda: go.wait(10))) for _ in range(16)]
    await asyncio.sleep(0)
    began = time.monotonic()
    with pytest.raises(Overloaded) as refusal:
        await decoder.run(MIB, int)
    assert time.monotonic() - began < 1
    assert refusal.value.retry_after_s
    go.set()
    await asyncio.gather(*decoding)
    assert await decoder.run(MIB, int) == 0
    decoder.close()


async def test_the_slower_it_decodes_the_less_may_wait(decoder: Decoder) -> None:
    async def most() -> int:
        """How many of 32 mebibytes at once are decoded."""
        done = await asyncio.gather(
            *(decoder.run(MIB, lambda: time.sleep(0.1)) for _ in range(32)), return_exceptions=True
        )
        return sum(not isinstance(one, Overloaded) for one in done)

    first = await most()
    assert first == 16
    assert await most() < first
    decoder.close()


async def test_a_small_request_is_not_kept_waiting(decoder: Decoder) -> None:
    go = threading.Event()
    decoding = asyncio.create_task(decoder.run(MIB, lambda: go.wait(10)))
    await asyncio.sleep(0)
    assert await asyncio.wait_for(decoder.run(512, lambda: "small"), 1) == "small"
    go.set()
    await decoding
    decoder.close()


async def test_a_request_that_cannot_be_decoded_leaves_its_place(decoder: Decoder) -> None:
    for _ in range(40):
        with pytest.raises(ZeroDivisionError):
            await decoder.run(MIB, lambda: 1 / 0)
    decoder.close()
