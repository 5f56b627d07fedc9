"""Every record is accounted for, to the unit, whatever happens in whatever order."""

import asyncio
import random
from pathlib import Path

import pytest

from argus.errors import Unavailable
from argus.model import Batch
from argus.pipeline.processors import SeverityFloor
from tests.pipeline.ledger import Ledger
from tests.pipeline.parts import Running, logs, running, spans


class Story:
    """A random sequence of requests and faults, and what was acked in it."""

    def __init__(self, seed: int, ledger: Ledger) -> None:
        self.chance = random.Random(seed)
        self.ledger = ledger
        self.sent: list[Batch] = []
        self.acked: set[str] = set()
        self.numbers = iter(range(10**9))

    def request(self) -> Batch:
        if self.sent and self.chance.random() < 0.2:
            return self.chance.choice(self.sent)  # a retry of the same bytes
        texts = [f"{next(self.numbers)}" for _ in range(self.chance.randrange(1, 9))]
        if self.chance.random() < 0.1:
            texts[0] = "poison " + texts[0]
        batch = spans(*texts, invalid=2) if self.chance.random() < 0.5 else logs(*texts)
        self.sent.append(batch)
        return batch

    async def send(self, argus: Running) -> None:
        batch = self.request()
        try:
            await argus.pipeline.consume(batch)
        except Unavailable:
            return
        self.acked.update(self.ledger.texts_of(batch))

    async def tell(self, argus: Running, steps: int) -> None:
        for _ in range(steps):
            match self.chance.randrange(8):
                case 0:
                    self.ledger.down = True
                case 1 | 2:
                    self.ledger.down = False
                case 3:
                    await asyncio.sleep(self.chance.uniform(0, 0.3))
                case _:
                    count = self.chance.randrange(1, 6)
                    await asyncio.gather(*(self.send(argus) for _ in range(count)))


class Poisoned(Ledger):
    """A ledger that takes no text that begins with "poison"."""

    def _write(self, batches):  # type: ignore[no-untyped-def]
        self.poison = {
            text for batch in batches for text in self.texts_of(batch) if text.startswith("poison")
        }
        return super()._write(batches)


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_received_equals_the_sum_of_what_became_of_it(tmp_path: Path, seed: int) -> None:
    ledger = Poisoned(tmp_path / "ledger.db")
    story = Story(seed, ledger)
    for max_bytes in (1 << 30, 40_960, 1 << 30):  # each is a restart
        async with running(
            ledger, tmp_path / "dlq", max_bytes=max_bytes, processors=[SeverityFloor("INFO")]
        ) as argus:
            await story.tell(argus, steps=25)
        assert argus.accounts.balance()
    ledger.down = False
    async with running(ledger, tmp_path / "dlq") as argus:
        await argus.empty()
        assert argus.accounts.balance()
    stored = ledger.stored()
    poison = {text for text in story.acked if text.startswith("poison")}
    assert set(stored.values()) == {1}
    assert story.acked - poison <= stored.keys()
    assert not any(text.startswith("poison") for text in stored)
    known = {text for batch in story.sent for text in ledger.texts_of(batch)}
    assert stored.keys() <= known


async def test_the_accounts_balance_while_letters_wait(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger.db")
    ledger.down = True
    async with running(ledger, tmp_path / "dlq") as argus:
        await argus.pipeline.consume(spans("a", "b", invalid=3))
        await argus.pipeline.consume(logs("c"))
        assert argus.accounts.sum("argus_received_records_total", "traces") == 5
        assert argus.accounts.sum("argus_dlq_records", "traces") == 5
        assert argus.accounts.sum("argus_rejected_records_total", "traces") == 0
        assert argus.accounts.balance()
        ledger.down = False
        await argus.empty()
        assert argus.accounts.sum("argus_rejected_records_total", "traces") == 3
        assert argus.accounts.balance()
