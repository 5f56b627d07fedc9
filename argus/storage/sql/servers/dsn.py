"""Reads `DB_DSN` of a database server: the strings that Go's drivers take, and SQLAlchemy URLs."""

import re
from collections.abc import Mapping
from urllib.parse import parse_qsl

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from argus.errors import StartError

_KEYWORD = re.compile(r"\s*(\w+)\s*=\s*(?:'((?:[^'\\]|\\.)*)'|([^\s']*))")
_MYSQL = re.compile(
    r"(?:(?P<user>[^:@]*)(?::(?P<password>.*))?@)?"
    r"(?:(?P<net>\w+)(?:\((?P<address>[^)]*)\))?)?/(?P<database>[^?/]*)(?:\?(?P<rest>.*))?"
)
_POSTGRES_IGNORED = {"connect_timeout", "timezone", "application_name", "client_encoding"}
_MYSQL_IGNORED = {"charset", "parsetime", "loc", "collation", "timeout", "readtimeout",
                  "writetimeout", "multistatements"}  # fmt: skip
_TLS_OF_MYSQL = {"true", "skip-verify", "preferred", "false"}


def postgres_url(dsn: str) -> URL:
    """`host=localhost user=argus password=... dbname=argus port=5432 sslmode=disable`, or a URL."""
    if "://" in dsn:
        url = _url(dsn, "postgres", "postgresql")
        words = {"host": url.host or "", "user": url.username or "", "dbname": url.database or "",
                 "password": url.password or "", "port": str(url.port or ""),
                 **_words_of(url.query)}  # fmt: skip
    else:
        words = _keywords(dsn)
    query = {"ssl": words["sslmode"]} if words.get("sslmode") else {}
    known = {"host", "user", "password", "dbname", "port", "sslmode", "ssl"} | _POSTGRES_IGNORED
    _require_known(words, known)
    return URL.create(
        "postgresql+argus",
        username=words.get("user") or None,
        password=words.get("password") or None,
        host=words.get("host") or "localhost",
        port=_port(words.get("port") or "5432"),
        database=words.get("dbname") or words.get("user") or None,
        query=query or ({"ssl": words["ssl"]} if words.get("ssl") else {}),
    )


def mysql_url(dsn: str) -> URL:
    """`user:password@tcp(host:3306)/argus?charset=utf8mb4&parseTime=True&loc=Local`, or a URL."""
    if "://" in dsn:
        url = _url(dsn, "mysql", "mariadb")
        words, database = _words_of(url.query), url.database
        host, port, user, password = url.host, url.port, url.username, url.password
    else:
        found = _MYSQL.fullmatch(dsn)
        if found is None:
            raise _bad("user:password@tcp(host:3306)/database")
        words = {key.lower(): value for key, value in parse_qsl(found["rest"] or "")}
        user, password, database = found["user"], found["password"], found["database"]
        host, port = found["address"] or "localhost", None
        if found["net"] == "unix":
            words["unix_socket"], host = host, None
        elif found["net"] not in (None, "tcp"):
            raise _bad("tcp(host:port) or unix(path)")
        else:
            host, _, text = host.partition(":") if host.count(":") < 2 else host.rpartition(":")
            host, port = host.strip("[]"), _port(text or "3306")
    _require_known(words, _MYSQL_IGNORED | {"tls", "unix_socket"})
    tls = words.get("tls", "false").lower()
    if tls not in _TLS_OF_MYSQL:
        raise _bad("tls=true, tls=skip-verify, tls=preferred or tls=false")
    if not database:
        raise _bad("a database")
    query = {"tls": tls}
    if "unix_socket" in words:
        query["unix_socket"] = words["unix_socket"]
    return URL.create("mysql+argus", user or None, password or None, host, port, database, query)


def sqlserver_url(dsn: str) -> URL:
    """`sqlserver://user:password@host:1433?database=argus`, or a URL of SQLAlchemy."""
    url = _url(dsn, "sqlserver", "mssql")
    words = _words_of(url.query)
    _require_known(words, {"database", "encrypt", "trustservercertificate"})
    encrypt = {"disable": "no", "false": "no"}.get(words.get("encrypt", ""), "yes")
    trusted = "yes" if words.get("trustservercertificate") == "true" else "no"
    return URL.create(
        "mssql+mssqlpython", username=url.username, password=url.password, host=url.host,
        port=url.port or 1433, database=words.get("database") or url.database,
        query={"Encrypt": encrypt, "TrustServerCertificate": trusted},
    )  # fmt: skip


def _url(dsn: str, *names: str) -> URL:
    try:
        url = make_url(dsn)
    except (ArgumentError, ValueError) as error:
        raise _bad("a URL") from error
    if url.drivername.split("+")[0] not in names:
        raise _bad(" or ".join(f"{name}://" for name in names))
    return url


def _words_of(query: Mapping[str, object]) -> dict[str, str]:
    return {key.lower(): str(value) for key, value in query.items()}


def _keywords(dsn: str) -> dict[str, str]:
    words: dict[str, str] = {}
    position = 0
    while position < len(dsn.rstrip()):
        found = _KEYWORD.match(dsn, position)
        if found is None:
            raise _bad("host=... user=... password=... dbname=... port=...")
        quoted = found[2]
        value = found[3] if quoted is None else re.sub(r"\\(.)", r"\1", quoted)
        words[found[1].lower()] = value
        position = found.end()
    return words


def _require_known(words: Mapping[str, str], known: set[str]) -> None:
    if unknown := sorted(set(words) - known):
        raise StartError(f"DB_DSN: unknown word {unknown[0]!r}")


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 0 < int(text) < 65_536):
        raise _bad("a port")
    return int(text)


def _bad(expected: str) -> StartError:
    return StartError(f"DB_DSN: expected {expected}")
