"""What settings promise: precedence, text forms, one-line refusals, secrets kept secret."""

from dataclasses import fields
from pathlib import Path

import pytest

from argus.config import SETTINGS, Config
from argus.errors import StartError


def load(**environ: str) -> Config:
    return Config.load(environ, env_file=None)


def refusal(**environ: str) -> str:
    with pytest.raises(StartError) as caught:
        load(**environ)
    message = str(caught.value)
    assert "\n" not in message
    return message


def env_file(folder: Path, content: str) -> Path:
    path = folder / ".env"
    path.write_text(content, "utf-8")
    return path


def test_defaults_are_those_of_the_contract() -> None:
    config = load()
    assert (config.host, config.http_port, config.grpc_port) == ("127.0.0.1", 8080, 4317)
    assert (config.otlp_http_port, config.db_driver, config.db_dsn) == (4318, "sqlite", "argus.db")
    assert (config.dlq_path, config.dlq_replay_interval) == (Path("data/dlq"), 300)
    assert (config.max_request_bytes, config.max_inflight_bytes) == (64 * 2**20, 256 * 2**20)
    assert (config.retention_days, config.retention_bytes) == (7, 0)
    assert (config.log_level, config.log_format, config.production) == ("INFO", "text", False)
    assert config == Config()


def test_every_field_is_one_environment_variable() -> None:
    assert [setting.name for setting in SETTINGS] == [field.name for field in fields(Config)]
    assert len({setting.key for setting in SETTINGS}) == len(SETTINGS)


def test_the_environment_wins_over_the_file_and_the_file_over_the_default(tmp_path: Path) -> None:
    path = env_file(tmp_path, "HTTP_PORT=1001\nGRPC_PORT=1002\n")
    config = Config.load({"HTTP_PORT": "2001"}, path)
    assert (config.http_port, config.grpc_port, config.otlp_http_port) == (2001, 1002, 4318)


def test_an_empty_value_is_as_good_as_none() -> None:
    assert load(HTTP_PORT="", DB_DSN=" ", ALLOWED_HOSTS="").http_port == 8080


def test_a_missing_settings_file_is_no_error(tmp_path: Path) -> None:
    assert Config.load({}, tmp_path / "absent").http_port == 8080


def test_the_settings_file_takes_comments_quotes_and_export(tmp_path: Path) -> None:
    path = env_file(
        tmp_path,
        "# a comment\n\n"
        "HTTP_PORT=9000              # the web app\n"
        "export LOG_LEVEL = debug\n"
        'DB_DSN="a \\"quoted\\" #1.db" # kept\n'
        "OPENAI_MODEL='single #2'\n"
        "OPENAI_API_KEY=p#ss=word\n"
        "SOMEONE_ELSES=setting\n",
    )
    config = Config.load({}, path)
    assert (config.http_port, config.log_level) == (9000, "DEBUG")
    assert (config.db_dsn, config.openai_model) == ('a "quoted" #1.db', "single #2")
    assert config.openai_api_key == "p#ss=word"


@pytest.mark.parametrize("line", ["no equals sign", '="no key"', 'DB_DSN="s3cret open'])
def test_a_broken_line_of_the_settings_file_is_named_but_not_shown(
    tmp_path: Path, line: str
) -> None:
    path = env_file(tmp_path, f"LOG_LEVEL=INFO\n{line}\n")
    with pytest.raises(StartError, match=r"line 2: expected KEY=value") as caught:
        Config.load({}, path)
    assert "s3cret" not in str(caught.value)


def test_a_settings_file_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(StartError, match="cannot be read"):
        Config.load({}, tmp_path)


@pytest.mark.parametrize(
    ("written", "seconds"),
    [("5m", 300), ("1h30m", 5400), ("500ms", 0.5), ("1.5h", 5400), (".5s", 0.5), ("1m0.5s", 60.5),
     ("250us", 0.00025), ("250µs", 0.00025)],
)  # fmt: skip
def test_durations_are_read_as_go_writes_them(written: str, seconds: float) -> None:
    assert load(QUERY_TIMEOUT=written).query_timeout == pytest.approx(seconds)


@pytest.mark.parametrize(
    "written", ["5", "0s", "-5m", "5 m", "m5", "1h-3m", "5d", "٥m", "9" * 30 + "h"]
)
def test_what_is_no_duration_is_refused(written: str) -> None:
    assert refusal(QUERY_TIMEOUT=written).startswith(
        "QUERY_TIMEOUT: expected a duration such as 30s, 5m or 1h30m, got "
    )


@pytest.mark.parametrize(
    ("written", "size"),
    [("4096", 4096), ("512KiB", 2**19), ("64mib", 2**26), ("1.5 GiB", 3 * 2**29), ("2048B", 2048)],
)
def test_sizes_are_bytes_or_take_a_binary_unit(written: str, size: int) -> None:
    assert load(DLQ_MAX_BYTES=written).dlq_max_bytes == size


@pytest.mark.parametrize("written", ["64MB", "-1", "0", "lots", "1e9", "9" * 40])
def test_what_is_no_size_is_refused(written: str) -> None:
    assert refusal(DLQ_MAX_BYTES=written).startswith("DLQ_MAX_BYTES: expected a size ")


@pytest.mark.parametrize("written", ["abc", "0", "65536", "-1", "80.0", "+80", "８０", "99999999"])
def test_ports_are_1_to_65535(written: str) -> None:
    assert refusal(HTTP_PORT=written) == (
        f"HTTP_PORT: expected a port from 1 to 65535, got {written!r}"
    )


@pytest.mark.parametrize(
    ("written", "value"), [("true", True), ("FALSE", False), ("1", True), ("off", False)]
)
def test_booleans_take_the_usual_words(written: str, value: bool) -> None:
    assert load(AI_ENABLED=written).ai_enabled is value


def test_lists_are_separated_by_commas_and_lose_their_blanks() -> None:
    config = load(INGEST_ALLOWED_SERVICES=" cart, payment ,,")
    assert config.ingest_allowed_services == ("cart", "payment")


def test_words_are_accepted_in_any_case_and_by_their_other_names() -> None:
    config = load(LOG_LEVEL="warning", INGEST_MIN_SEVERITY="Critical", DB_DRIVER="SQLite")
    assert (config.log_level, config.ingest_min_severity) == ("WARN", "FATAL")


@pytest.mark.parametrize(
    ("key", "written", "expected"),
    [
        ("AI_ENABLED", "maybe", "true or false"),
        ("LOG_LEVEL", "loud", "one of DEBUG, INFO, WARN, ERROR"),
        ("DB_DRIVER", "oracle", "one of sqlite, postgres, mysql, sqlserver"),
        ("RETENTION_DAYS", "-1", "a whole number from 0 to 36500"),
        ("RETENTION_LOGS_DAYS", "week", "a whole number from 0 to 36500"),
        ("HOST", "http://localhost", "an address or host name"),
        ("HOST", "127.0.0.1:8080", "an address or host name"),
        ("ALLOWED_HOSTS", "argus.example.com:8080", "host names without scheme or port"),
        ("CORS_ORIGINS", "https://shop.example.com/cart", "origins such as"),
        ("OPENAI_BASE_URL", "localhost:11434", "a URL that starts with http:// or https://"),
        ("MAX_REQUEST_BYTES", "2GiB", "a size from 1024 to 2147483647 bytes"),
    ],
)
def test_a_bad_value_names_the_key_what_was_expected_and_what_came(
    key: str, written: str, expected: str
) -> None:
    message = refusal(**{key: written})
    assert message.startswith(f"{key}: expected {expected}")
    assert message.endswith(f", got {written!r}")


def test_a_line_break_in_a_bad_value_cannot_forge_a_second_line() -> None:
    assert refusal(LOG_LEVEL="x\nlevel=INFO").endswith("got 'x\\nlevel=INFO'")


def test_two_listeners_on_one_port_are_refused() -> None:
    assert refusal(GRPC_PORT="8080") == "GRPC_PORT: expected another port than HTTP_PORT, got 8080"


def test_an_inflight_budget_below_one_request_is_refused() -> None:
    assert refusal(MAX_INFLIGHT_BYTES="1MiB").startswith(
        "MAX_INFLIGHT_BYTES: expected at least MAX_REQUEST_BYTES (67108864)"
    )


def test_another_database_than_sqlite_needs_a_connection_string() -> None:
    assert refusal(DB_DRIVER="postgres") == (
        "DB_DSN: expected a connection string for DB_DRIVER=postgres"
    )


def test_both_ai_families_at_once_are_refused_without_showing_a_key() -> None:
    message = refusal(OPENAI_API_KEY="s3cret", AZURE_OPENAI_KEY="s3cret")
    assert message == (
        "OPENAI_API_KEY: expected no value while AZURE_OPENAI_KEY is set; choose one family"
    )


def test_secrets_do_not_show_in_the_text_of_a_config() -> None:
    config = load(
        ARGUS_ADMIN_TOKEN="s3cret", OPENAI_API_KEY="s3cret", DB_DSN="postgresql://a:s3cret@db/argus"
    )
    assert "s3cret" not in f"{config!r} {config}"
    assert "admin_token='***'" in repr(config)


@pytest.mark.parametrize(
    ("host", "only"),
    [("127.0.0.1", True), ("127.9.9.9", True), ("::1", True), ("[::1]", True), ("localhost", True),
     ("0.0.0.0", False), ("::", False), ("10.1.2.3", False), ("argus.example.com", False)],
)  # fmt: skip
def test_only_loopback_addresses_count_as_loopback(host: str, only: bool) -> None:
    assert load(HOST=host).loopback_only is only


def test_hosts_answered_by_default_are_loopback_this_machine_and_host() -> None:
    allowed = load(HOST="argus.example.com").allowed_hosts
    assert {"localhost", "127.0.0.1", "::1", "argus.example.com"} <= set(allowed)
    assert "0.0.0.0" not in load(HOST="0.0.0.0").allowed_hosts


def test_named_hosts_replace_the_default_ones() -> None:
    assert load(ALLOWED_HOSTS="Argus.Example.com, *.lan,[::1]").allowed_hosts == (
        "argus.example.com",
        "*.lan",
        "::1",
    )


def test_production_logs_json_unless_told_otherwise() -> None:
    assert load(APP_ENV="production").log_format == "json"
    assert load(APP_ENV="production", LOG_FORMAT="text").log_format == "text"


def test_ai_has_an_endpoint_only_when_one_is_set_and_ai_is_on() -> None:
    url = "http://127.0.0.1:11434/v1"
    assert load().ai_endpoint == ""
    assert load(OPENAI_BASE_URL=url, OPENAI_MODEL="m").ai_endpoint == url
    assert load(OPENAI_BASE_URL=url, AI_ENABLED="false").ai_endpoint == ""


def test_an_endpoint_needs_what_it_takes_to_ask_it() -> None:
    url = "http://127.0.0.1:11434/v1"
    assert refusal(OPENAI_BASE_URL=url) == (
        "OPENAI_MODEL: expected a value while OPENAI_BASE_URL is set"
    )
    azure = {
        "AZURE_OPENAI_ENDPOINT": url,
        "AZURE_OPENAI_KEY": "k",
        "AZURE_OPENAI_DEPLOYMENT": "d",
        "AZURE_OPENAI_API_VERSION": "2024-06-01",
    }
    assert load(**azure).ai_endpoint == url
    for missing in list(azure)[1:]:
        message = refusal(**{key: value for key, value in azure.items() if key != missing})
        assert message == f"{missing}: expected a value while AZURE_OPENAI_ENDPOINT is set"
