"""The composition root: builds every part, starts them downstream first, stops them in reverse."""

import asyncio
import logging
import signal
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from importlib.resources import files
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from starlette.routing import Router
from starlette.types import ASGIApp, Receive, Scope, Send

from argus import __version__
from argus.analysis.analyzer import Analyzer
from argus.analysis.disabled import Disabled
from argus.analysis.miner import PatternMiner
from argus.analysis.openai_client import Endpoint, OpenAIClient
from argus.api import ApiParts, HttpProtocol, Ports, Surface, SystemState, create_app, secure
from argus.api.live import (
    HEALTH_EVERY_S,
    Live,
    compile_filter,
    encode_logs,
    events_of,
    health_of,
    insight_notice,
    live_routes,
)
from argus.api.websocket_protocol import WebSocketProtocol
from argus.config import Config
from argus.errors import NotFound, StartError
from argus.live import Seats
from argus.live.log_hub import LogHub
from argus.live.snapshot_hub import SnapshotHub
from argus.pipeline import Processor
from argus.pipeline.budget import ByteBudget
from argus.pipeline.dead_letter import DeadLetters, Listing
from argus.pipeline.pipeline import Pipeline
from argus.pipeline.processors import ServiceLists, SeverityFloor
from argus.receivers.letters import decode_letter
from argus.receivers.otlp_grpc import OtlpGrpcReceiver
from argus.receivers.otlp_http import OtlpHttp
from argus.receivers.receive import RequestPath
from argus.servers import HttpServer
from argus.storage import Retention, Storage
from argus.storage.open import open_storage
from argus.telemetry import Telemetry

logger = logging.getLogger(__name__)


async def serve(config: Config) -> None:
    """Run Argus until SIGTERM or SIGINT, then stop within ten seconds.

    Everything acked before the signal is durable when this returns. Raises StartError when a
    port, the database or a setting makes a start impossible; nothing is left running then.
    """
    began = time.monotonic()
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    logger.info("starting Argus", extra={"version": __version__, "env": config.app_env})
    async with AsyncExitStack() as stack:
        servers = await _start(config, stack)
        logger.info("ready", extra=servers.addresses() | {"seconds": _since(began)})
        if not config.production:
            logger.info(f"open http://localhost:{servers.web.port} in a browser")
        await _until(stop, servers.tasks())
        began = time.monotonic()
        logger.info("stopping")
    logger.info("stopped", extra={"seconds": _since(began)})


async def _start(config: Config, stack: AsyncExitStack) -> "_Servers":
    telemetry = Telemetry()
    watch = asyncio.create_task(telemetry.watch_loop(), name="event loop lag")
    stack.callback(watch.cancel)
    storage = await open_storage(
        config.db_driver,
        config.db_dsn,
        query_timeout_s=config.query_timeout,
        observe_latency=telemetry.db_latency,
        retention=retention_of(config),
    )
    stack.push_async_callback(storage.close)
    telemetry.watch_wal(storage.wal_bytes)
    logger.info("database open", extra={"driver": config.db_driver})
    logs = LogHub(storage.reader, encode_logs, compile_filter, telemetry.live)
    events = SnapshotHub(events_of(storage.reader))
    for hub in (logs, events):
        await stack.enter_async_context(hub)
    analyzer = _analyzer(config, storage, logs, telemetry)
    if analyzer is not None:
        await stack.enter_async_context(analyzer)
        logger.info("errors are explained by a model", extra={"endpoint": config.ai_endpoint})
    letters = await stack.enter_async_context(
        DeadLetters(config.dlq_path, config.dlq_max_bytes, telemetry)
    )
    pipeline = await stack.enter_async_context(
        Pipeline(
            storage.writer,
            letters,
            decode_letter,
            telemetry,
            [*processors_of(config), await _miner(storage)],
            [logs, events, *([analyzer] if analyzer is not None else [])],
            replay_interval_s=config.dlq_replay_interval,
        )
    )
    budget = ByteBudget(config.max_inflight_bytes)
    path = RequestPath(pipeline, budget, config.max_request_bytes)
    stack.callback(path.close)
    insights = analyzer or Disabled(storage.reader)
    parts = _parts(config, storage, letters, pipeline, insights, telemetry)
    health = await stack.enter_async_context(
        SnapshotHub(health_of(parts), interval_s=HEALTH_EVERY_S)
    )
    seats = Seats(config.ws_max_clients, config.ws_max_clients_per_peer)
    live = Live(logs, events, health, seats, telemetry)
    servers = _Servers(config, path, telemetry, parts, live)
    return await stack.enter_async_context(servers)


def retention_of(config: Config) -> Retention:
    """What the operator wants to keep."""
    return Retention(
        days=config.retention_days,
        bytes=config.retention_bytes,
        traces_days=config.retention_traces_days,
        logs_days=config.retention_logs_days,
        rollup_days=config.retention_rollups_days,
    )


def processors_of(config: Config) -> list[Processor]:
    """The operator's ingest filters."""
    processors: list[Processor] = [SeverityFloor(config.ingest_min_severity)]
    allowed, excluded = config.ingest_allowed_services, config.ingest_excluded_services
    if allowed or excluded:
        processors.append(ServiceLists(allowed, excluded))
    return processors


def endpoint_of(config: Config) -> Endpoint | None:
    """Where errors may be sent to be explained; None: nowhere."""
    if not (config.ai_enabled and config.ai_endpoint):
        return None
    if config.azure_openai_endpoint:
        return Endpoint(
            config.azure_openai_endpoint,
            config.azure_openai_key,
            config.azure_openai_model or config.azure_openai_deployment,
            config.azure_openai_deployment,
            config.azure_openai_api_version,
        )
    return Endpoint(config.openai_base_url, config.openai_api_key, config.openai_model)


def _analyzer(
    config: Config, storage: Storage, logs: LogHub, telemetry: Telemetry
) -> Analyzer | None:
    endpoint = endpoint_of(config)
    if endpoint is None:
        return None
    return Analyzer(
        storage.reader,
        storage,
        OpenAIClient(endpoint),
        endpoint.url,
        config.ai_tokens_per_hour,
        telemetry.ai,
        lambda tenant, insight: logs.inform(tenant, "insight", insight_notice(insight)),
    )


async def _miner(storage: Storage) -> PatternMiner:
    miner = PatternMiner()
    miner.restore(await storage.known_patterns())
    return miner


def _parts(
    config: Config,
    storage: Storage,
    letters: DeadLetters,
    pipeline: Pipeline,
    insights: Analyzer | Disabled,
    telemetry: Telemetry,
) -> ApiParts:
    async def state() -> SystemState:
        stats = await storage.stats()
        return SystemState(
            writer_status=pipeline.status,
            queue_depth=pipeline.queue_depth,
            dlq_files=len(letters),
            dlq_bytes=letters.bytes,
            disk_path=stats.path,
            disk_bytes=stats.bytes,
            disk_free_bytes=stats.free_bytes,
            disk_full_in_days=stats.full_in_days,
        )

    async def ready() -> bool:
        return pipeline.accepting

    return ApiParts(
        reader=storage.reader,
        telemetry=telemetry,
        state=state,
        ready=ready,
        receipts=pipeline.receipts.of_tenant,
        dead_letters=_DeadLetterDesk(letters, pipeline),
        data=storage,
        insights=insights,
        retention=retention_of(config),
        ports=Ports(config.http_port, config.grpc_port, config.otlp_http_port),
        version=__version__,
        allowed_hosts=config.allowed_hosts,
        cors_origins=config.cors_origins,
        admin_token=config.admin_token,
        loopback_only=config.loopback_only,
        production=config.production,
        ui=_bundle(),
    )


class _DeadLetterDesk:
    """The dead-letter queue as the API uses it."""

    def __init__(self, letters: DeadLetters, pipeline: Pipeline) -> None:
        self._letters = letters
        self._pipeline = pipeline

    async def list(self, limit: int, after: str) -> Sequence[Listing]:
        return await self._letters.list(limit, after)

    async def replay(self, id_: str) -> None:
        await self._pipeline.replay(id_)

    async def discard(self, id_: str) -> None:
        await self._letters.discard({id_})


def _bundle() -> Path | None:
    """The web app: inside the installed package, else of the checkout this file lies in."""
    installed = Path(str(files("argus"))) / "web"
    checkout = Path(__file__).parents[1] / "web" / "dist"
    return next((path for path in (installed, checkout) if (path / "index.html").is_file()), None)


class _Servers:
    """The three ports. Entered when all listen; leaving drains all of them at the same time."""

    def __init__(
        self,
        config: Config,
        path: RequestPath,
        telemetry: Telemetry,
        parts: ApiParts,
        live: Live,
    ) -> None:
        otlp = OtlpHttp(path, telemetry)
        surface = Surface.of(config.allowed_hosts, config.cors_origins, config.production)
        otlp_app = secure(Router(otlp.routes(), redirect_slashes=False, default=_nothing), surface)
        web_app = create_app(parts, extra_routes=[*otlp.routes(), *live_routes(live)])
        self.web = self._http(web_app, config.host, config.http_port, "HTTP_PORT")
        self.otlp = self._http(otlp_app, config.host, config.otlp_http_port, "OTLP_HTTP_PORT")
        self.grpc = OtlpGrpcReceiver(path, telemetry, config.host, config.grpc_port)
        self._entered: list[Any] = []

    @staticmethod
    def _http(app: ASGIApp, host: str, port: int, key: str) -> HttpServer:
        return HttpServer(app, host, port, key, HttpProtocol, WebSocketProtocol)

    async def __aenter__(self) -> Self:
        try:
            # the web port last: it says when Argus is ready
            for server in (self.grpc, self.otlp, self.web):
                await server.__aenter__()
                self._entered.append(server)
        except StartError:
            await self._leave()
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._leave()

    async def _leave(self) -> None:
        leaving = [server.__aexit__(None, None, None) for server in self._entered]
        for result in await asyncio.gather(*leaving, return_exceptions=True):
            if isinstance(result, Exception):
                logger.error("a server did not stop cleanly", exc_info=result)

    def addresses(self) -> dict[str, object]:
        """What to say when everything listens."""
        return {"http": self.web.port, "otlp_http": self.otlp.port, "grpc": self.grpc.port}

    def tasks(self) -> list[asyncio.Task[None]]:
        """The tasks that must not end before Argus is told to."""
        return [task for task in (self.web.task, self.otlp.task) if task is not None]


async def _nothing(scope: Scope, receive: Receive, send: Send) -> None:
    raise NotFound("this port takes POST /v1/traces, /v1/logs and /v1/metrics")


async def _until(stop: asyncio.Event, tasks: list[asyncio.Task[None]]) -> None:
    """Wait for the signal; a server that ends by itself ends Argus with its error."""
    stopping = asyncio.create_task(stop.wait(), name="stop signal")
    await asyncio.wait([stopping, *tasks], return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    for task in tasks:
        if task.done():
            task.result()


def _since(began: float) -> float:
    return round(time.monotonic() - began, 3)
