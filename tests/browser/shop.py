"""The simulated shop as something to look at: a server that got its telemetry, and a model."""

import asyncio
import json
import os
import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.analysis.model_server import ModelServer, Writer, model_server, says
from tests.e2e.conftest import Argus, running

SIMULATION = Path(__file__).parents[2] / "test-services" / "run_simulation.sh"
EXPLANATIONS = {
    "card declined": (
        "The card gateway refused the payment, so the order was not placed.",
        "The gateway answered that the card has no cover; the shop itself is healthy.",
        ["Share of declined cards per issuer", "Whether the customer tried again"],
    ),
    "shipped": (
        "The order was paid but no shipment was booked.",
        "Booking the shipment failed after the payment had been taken.",
        ["Orders that are paid and not shipped", "Errors of shipping-service at this minute"],
    ),
    "notified": (
        "The customer was not told about the order; the order itself is complete.",
        "The mail relay did not accept the message.",
        ["Reachability of the mail relay", "Messages that wait in the queue"],
    ),
    "": (
        "A request failed because a service it depends on did not answer properly.",
        "The failure began in the service called last and was passed on unhandled.",
        ["The failed span that is deepest in the trace", "What was deployed before it"],
    ),
}


def explained(question: list[dict[str, Any]]) -> dict[str, Any]:
    """What a model might say to a question of Argus, on the evidence that the question holds."""
    lines = [json.loads(line) for line in question[-1]["content"].splitlines()]
    names = [line["name"] for line in lines if "name" in line]
    text = question[-1]["content"]
    summary, claim, checks = next(said for word, said in EXPLANATIONS.items() if word in text)
    causes = [{"claim": claim, "evidence": names[:3]}]
    return {"summary": summary, "causes": causes, "checks": checks, "confidence": "medium"}


@contextmanager
def explaining_model() -> Iterator[ModelServer]:
    """A model server on a thread of its own, for tests that block."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    async def answer(writer: Writer) -> None:
        await says(explained(model.requests[-1].body["messages"]))(writer)

    serving = model_server(answer)
    model = asyncio.run_coroutine_threadsafe(serving.__aenter__(), loop).result()
    try:
        yield model
    finally:
        closing = serving.__aexit__(None, None, None)
        asyncio.run_coroutine_threadsafe(closing, loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def command(argus: Argus, seconds: float, rate: float, luck: int = 1) -> dict[str, Any]:
    """How the shop and its customers are started, sending to the server."""
    settings = {"OTEL_EXPORTER_OTLP_ENDPOINT": f"http://{argus.grpc}", "SHOP_SEED": str(luck)}
    return {
        "args": [str(SIMULATION), "--duration", str(seconds), "--rate", str(rate)],
        "env": os.environ | settings,
    }


def eventful(argus: Argus) -> bool:
    """Whether enough went wrong in the shop to look at: two traces, a checkout of them, a log."""
    traces = argus.get("/api/traces", status="ERROR", limit=200)["traces"]
    checkout = any(trace["root_operation"] == "POST /checkout" for trace in traces)
    return len(traces) > 1 and checkout and argus.get("/api/logs", severity="ERROR")["total"] > 0


@contextmanager
def simulating(argus: Argus, seconds: float, rate: float) -> Iterator[None]:
    """The shop is open meanwhile, at most for so long."""
    with subprocess.Popen(**command(argus, seconds, rate), stdout=subprocess.DEVNULL) as shop:
        try:
            yield
        finally:
            shop.send_signal(signal.SIGINT)


@contextmanager
def open_shop(folder: Path, seconds: float, rate: float) -> Iterator[Argus]:
    """A server that has received what the shop did, whose errors a model explains."""
    with explaining_model() as model:
        settings = {"OPENAI_BASE_URL": model.url, "OPENAI_API_KEY": "none", "OPENAI_MODEL": "small"}
        with running(folder, **settings) as argus:
            # What goes wrong is a matter of luck, and of how fast the machine is.
            for luck in range(1, 6):
                done = subprocess.run(
                    **command(argus, seconds, rate, luck),
                    capture_output=True,
                    text=True,
                    timeout=seconds + 90,
                )
                assert done.returncode == 0, done.stderr
                if eventful(argus):
                    break
            yield argus
