"""Config: every setting of Argus, read from the environment, then `.env`, then its default.

Each field of `Config` is one environment variable and declares its key, default and meaning in one
place; `.env.example` and docs/configuration.md are generated from the same declarations.
"""

import socket
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from argus.errors import StartError
from argus.settings import (
    Parser,
    Setting,
    boolean,
    duration,
    host,
    hosts,
    is_address,
    names,
    one_of,
    origins,
    port,
    read_env_file,
    size,
    text,
    web_address,
    whole,
    whole_or_none,
)


def _setting(
    group: str,
    default: str,
    parse: Parser,
    help: str,
    *,
    key: str = "",
    secret: bool = False,
    works: bool = True,
) -> Any:
    def default_value() -> Any:
        return parse(default)

    declared = Setting(key, "", group, default, help, parse, secret, works)
    return field(default_factory=default_value, metadata={"setting": declared})


@dataclass(frozen=True, repr=False)
class Config:
    """The settings of one Argus process; `Config()` is all defaults.

    Durations are seconds, sizes are bytes, lists are tuples, a text that is not set is empty.
    A field's key is its name in capitals (`admin_token` is ARGUS_ADMIN_TOKEN).
    """

    host: str = _setting("Server", "127.0.0.1", host, "Address that all three ports listen on.")
    http_port: int = _setting(
        "Server", "8080", port, "Web app, API, WebSockets; OTLP over HTTP too."
    )
    grpc_port: int = _setting("Server", "4317", port, "OTLP over gRPC.")
    otlp_http_port: int = _setting("Server", "4318", port, "OTLP over HTTP.")
    allowed_hosts: tuple[str, ...] = _setting(
        "Server", "", hosts,
        "Host headers that HTTP and WebSocket requests may carry besides localhost and loopback "
        "addresses, comma-separated; `*.domain` is a domain and its names. Not set: this machine's "
        "names and `HOST`.",
    )  # fmt: skip
    cors_origins: tuple[str, ...] = _setting(
        "Server", "", origins,
        "Origins whose pages may send OTLP over HTTP from a browser, comma-separated.",
    )  # fmt: skip
    admin_token: str = _setting(
        "Server", "", text,
        "Bearer token for requests that change or destroy. Without it they answer 403 as soon as "
        "`HOST` is not a loopback address.",
        key="ARGUS_ADMIN_TOKEN", secret=True,
    )  # fmt: skip
    db_driver: str = _setting(
        "Database", "sqlite", one_of("sqlite", "postgres", "mysql", "sqlserver"),
        "Kind of database: sqlite, postgres, mysql or sqlserver.",
    )  # fmt: skip
    db_dsn: str = _setting(
        "Database", "argus.db", text,
        "Where the database is: a file for sqlite, the driver's connection string, or a "
        "SQLAlchemy URL.",
        secret=True,
    )  # fmt: skip
    dlq_path: Path = _setting(
        "Dead letters", "./data/dlq", Path,
        "Folder that takes requests the database cannot take.",
    )  # fmt: skip
    dlq_replay_interval: float = _setting(
        "Dead letters", "5m", duration, "How often waiting requests are tried again."
    )
    dlq_max_bytes: int = _setting(
        "Dead letters", "1GiB", size(1),
        "Most that may wait; beyond it new requests are refused for now.",
    )  # fmt: skip
    retention_days: int = _setting(
        "Retention", "7", whole(0, 36500),
        "Days that telemetry is kept, counted from its arrival; 0 keeps it for ever."
    )  # fmt: skip
    retention_bytes: int = _setting(
        "Retention", "0", size(0), "Most that telemetry may take up; 0 is no limit."
    )
    retention_traces_days: int | None = _setting(
        "Retention", "", whole_or_none(0, 36500),
        "`RETENTION_DAYS` for traces alone.",
    )  # fmt: skip
    retention_logs_days: int | None = _setting(
        "Retention", "", whole_or_none(0, 36500), "`RETENTION_DAYS` for logs alone."
    )
    retention_metrics_days: int | None = _setting(
        "Retention", "", whole_or_none(0, 36500),
        "`RETENTION_DAYS` for metrics alone.", works=False,
    )  # fmt: skip
    retention_rollups_days: int = _setting(
        "Retention", "90", whole(0, 36500),
        "Days that the numbers of the overview are kept, counted from when it happened; 0 keeps "
        "them for ever."
    )  # fmt: skip
    max_request_bytes: int = _setting(
        "Limits", "64MiB", size(1024, 2**31 - 1),
        "Largest request after decompression; a larger one is refused for good.",
    )  # fmt: skip
    max_inflight_bytes: int = _setting(
        "Limits", "256MiB", size(1024),
        "Most that may be on its way to the database; beyond it requests are refused for now.",
    )  # fmt: skip
    query_timeout: float = _setting("Limits", "10s", duration, "Longest that a query may run.")
    ws_max_clients: int = _setting(
        "Limits", "1000", whole(1, 10**6), "Most WebSocket clients at once."
    )
    ws_max_clients_per_peer: int = _setting(
        "Limits", "100", whole(1, 10**6),
        "Most WebSocket clients at once from one address.",
    )  # fmt: skip
    ingest_min_severity: str = _setting(
        "Ingest filter", "INFO",
        one_of("TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL",
               warning="WARN", critical="FATAL"),
        "Lowest severity of logs that are stored; logs without a severity always are.",
    )  # fmt: skip
    ingest_allowed_services: tuple[str, ...] = _setting(
        "Ingest filter", "", names,
        "Services that are stored, comma-separated; none named stores all.",
    )  # fmt: skip
    ingest_excluded_services: tuple[str, ...] = _setting(
        "Ingest filter", "", names,
        "Services that are not stored, comma-separated.",
    )  # fmt: skip
    ai_enabled: bool = _setting(
        "AI", "true", boolean,
        "Whether error logs may be sent to the model below. Without an endpoint nothing is sent.",
    )  # fmt: skip
    azure_openai_endpoint: str = _setting(
        "AI", "", web_address, "Endpoint of an Azure OpenAI resource."
    )
    azure_openai_key: str = _setting("AI", "", text, "Key of that resource.", secret=True)
    azure_openai_model: str = _setting("AI", "", text, "Model name; not set: the deployment's.")
    azure_openai_deployment: str = _setting("AI", "", text, "Deployment name.")
    azure_openai_api_version: str = _setting("AI", "", text, "API version.")
    openai_base_url: str = _setting(
        "AI", "", web_address,
        "Base URL of any server that speaks OpenAI's API, instead of the Azure settings.",
    )  # fmt: skip
    openai_api_key: str = _setting("AI", "", text, "Key for that server.", secret=True)
    openai_model: str = _setting("AI", "", text, "Model name at that server.")
    ai_tokens_per_hour: int = _setting(
        "AI", "200000", whole(0, 10**12), "Most tokens to spend in an hour, over all tenants."
    )
    log_level: str = _setting(
        "Application", "INFO", one_of("DEBUG", "INFO", "WARN", "ERROR", warning="WARN"),
        "Lowest level of Argus' own log lines: DEBUG, INFO, WARN or ERROR.",
    )  # fmt: skip
    log_format: str = _setting(
        "Application", "text", one_of("text", "json"),
        "text (`time=… level=… msg=…`) or json. Not set and `APP_ENV=production`: json.",
    )  # fmt: skip
    app_env: str = _setting(
        "Application", "development", one_of("development", "production"),
        "development or production. Production logs JSON, refuses the development web server's "
        "origin and prints no hints.",
    )  # fmt: skip

    def __post_init__(self) -> None:
        if not self.allowed_hosts:
            object.__setattr__(self, "allowed_hosts", _own_hosts(self.host))

    def __repr__(self) -> str:
        shown = (f"{one.name}={self._shown(one)}" for one in SETTINGS)
        return f"Config({', '.join(shown)})"

    def _shown(self, setting: Setting) -> str:
        value = getattr(self, setting.name)
        return "'***'" if setting.secret and value else repr(value)

    @classmethod
    def load(cls, environ: Mapping[str, str], env_file: str | Path | None = ".env") -> "Config":
        """The settings of `environ`, over those of `env_file` when it exists, over the defaults.

        An empty value is as good as none. Raises StartError, whose one line names the key and
        what was expected, without the value of a secret.
        """
        given = (read_env_file(Path(env_file)) if env_file else {}) | dict(environ)
        given = {key: value.strip() for key, value in given.items() if value.strip()}
        if given.get("APP_ENV", "").lower() == "production":
            given.setdefault("LOG_FORMAT", "json")
        values = {one.name: _parsed(one, given[one.key]) for one in SETTINGS if one.key in given}
        config = cls(**values)
        _refuse_contradictions(config, given)
        return config

    @property
    def loopback_only(self) -> bool:
        """Whether nobody but this machine can reach the ports."""
        return self.host == "localhost" or (
            is_address(self.host) and ip_address(self.host).is_loopback
        )

    @property
    def production(self) -> bool:
        """Whether this is APP_ENV=production."""
        return self.app_env == "production"

    @property
    def ai_endpoint(self) -> str:
        """Where the model is, or nothing when AI is off or not set up."""
        return (self.azure_openai_endpoint or self.openai_base_url) if self.ai_enabled else ""


def _declared() -> tuple[Setting, ...]:
    return tuple(
        Setting(
            old.key or one.name.upper(), one.name, old.group, old.default, old.help, old.parse,
            old.secret, old.works,
        )
        for one in fields(Config)
        for old in [one.metadata["setting"]]
    )  # fmt: skip


SETTINGS = _declared()
"""Every setting, in the order of the documentation."""


def _parsed(setting: Setting, value: str) -> Any:
    try:
        return setting.parse(value)
    except ValueError as error:
        got = "" if setting.secret else f", got {value[:80]!r}"
        raise StartError(f"{setting.key}: expected {error}{got}") from None


def _refuse_contradictions(config: Config, given: Mapping[str, str]) -> None:
    taken: dict[int, str] = {}
    for key in ("HTTP_PORT", "GRPC_PORT", "OTLP_HTTP_PORT"):
        number = getattr(config, key.lower())
        if number in taken:
            raise StartError(f"{key}: expected another port than {taken[number]}, got {number}")
        taken[number] = key
    if config.max_inflight_bytes < config.max_request_bytes:
        raise StartError(
            f"MAX_INFLIGHT_BYTES: expected at least MAX_REQUEST_BYTES ({config.max_request_bytes})"
            f", got {config.max_inflight_bytes}"
        )
    if config.db_driver != "sqlite" and "DB_DSN" not in given:
        raise StartError(f"DB_DSN: expected a connection string for DB_DRIVER={config.db_driver}")
    own = [one.key for one in SETTINGS if one.key.startswith("OPENAI_") and one.key in given]
    azure = [one.key for one in SETTINGS if one.key.startswith("AZURE_") and one.key in given]
    if own and azure:
        raise StartError(f"{own[0]}: expected no value while {azure[0]} is set; choose one family")
    for name, needed in _needed_by_endpoint(config):
        if not getattr(config, needed):
            raise StartError(f"{needed.upper()}: expected a value while {name.upper()} is set")


def _needed_by_endpoint(config: Config) -> Iterator[tuple[str, str]]:
    """(endpoint, what has to be set with it), while there is an endpoint to be asked."""
    if not config.ai_enabled:
        return
    if config.azure_openai_endpoint:
        for name in ("key", "deployment", "api_version"):
            yield "azure_openai_endpoint", f"azure_openai_{name}"
    if config.openai_base_url:
        yield "openai_base_url", "openai_model"


def _own_hosts(host: str) -> tuple[str, ...]:
    # No look-up of the qualified name: without a name server it blocks the start for seconds.
    name = socket.gethostname().lower()
    found = ["localhost", "127.0.0.1", "::1", name, name.partition(".")[0]]
    if host in ("0.0.0.0", "::"):
        found += [
            _own_address(socket.AF_INET, "192.0.2.1"),
            _own_address(socket.AF_INET6, "2001:db8::1"),
        ]
    else:
        found.append(host)
    return tuple(dict.fromkeys(filter(None, found)))


def _own_address(family: socket.AddressFamily, anywhere: str) -> str:
    # Connecting a datagram socket sends nothing; it only asks which of our addresses would be used.
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((anywhere, 9))
            return str(probe.getsockname()[0])
    except OSError:
        return ""
