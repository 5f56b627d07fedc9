"""The cases in which the same records come more than once."""

import asyncio
from pathlib import Path

from bench.reliability.records import Request
from bench.reliability.trial import Database, Outcome, Trial


async def sent_three_times(
    folder: Path, seed: int, requests: int = 100, database: Database = None
) -> Outcome:
    """G1: every request three times, the first reply of half of them dropped by the client."""
    async with Trial("G1", folder, seed, database=database) as trial:
        await trial.start()
        for _ in range(requests // 10):
            some = [trial.oracle.next_request(trial.draw.randint(1, 100)) for _ in range(10)]
            await asyncio.gather(*(_three_times(trial, request) for request in some))
        await trial.verify()
        metrics = trial.server.metrics()
        for signal in ("traces", "logs"):
            sent = trial.oracle.acked_records("traces" if signal == "traces" else "logs")
            stored = metrics.sum("argus_stored_records_total", signal=signal)
            trial.outcome.expect(stored == sent, f"{stored:.0f} of {sent} {signal} counted")
        trial.outcome.runs = requests
        return trial.outcome


async def _three_times(trial: Trial, request: Request) -> None:
    if trial.draw.random() < 0.5:
        await _without_reading(trial, request)
    else:
        await _acked(trial, request, over_http=False)
    await _acked(trial, request, over_http=True)
    await _acked(trial, request, over_http=False)
    trial.oracle.acked(request)


async def _acked(trial: Trial, request: Request, over_http: bool) -> None:
    answer = await trial.sender.send(request, over_http)
    trial.outcome.expect(answer.kind == "acked", f"not acked: {answer}")


async def _without_reading(trial: Trial, request: Request) -> None:
    """Send a request and close the connection before its answer is here."""
    host, _, port = trial.server.otlp.removeprefix("http://").rpartition(":")
    _, writer = await asyncio.open_connection(host, int(port))
    head = (
        f"POST /v1/{request.signal} HTTP/1.1\r\nHost: {host}:{port}\r\n"
        f"Content-Type: application/x-protobuf\r\nContent-Length: {len(request.body)}\r\n\r\n"
    )
    writer.write(head.encode() + request.body)
    await writer.drain()
    await asyncio.sleep(trial.draw.uniform(0, 0.02))
    writer.close()


async def batched_anew(
    folder: Path, seed: int, spans: int = 5_000, database: Database = None
) -> Outcome:
    """G2: the same spans in requests of other sizes, over and over, a restart in between."""
    async with Trial("G2", folder, seed, database=database) as trial:
        await trial.start()
        for size in (512, 100, 333):
            first = 1
            while first <= spans:
                n = min(size, spans + 1 - first)
                request = (
                    trial.oracle.request("traces", n)
                    if size == 512
                    else trial.oracle.records.request("traces", first, n)
                )
                await _acked(trial, request, over_http=trial.draw.random() < 0.5)
                if size == 512:
                    trial.oracle.acked(request)
                first += n
            if size == 100:
                await asyncio.to_thread(trial.server.kill)
                await trial.start()
        await trial.verify()
        trial.outcome.runs = 1
        return trial.outcome
