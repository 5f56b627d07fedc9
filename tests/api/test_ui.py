"""The web app's files."""

import gzip
from collections.abc import Iterator
from pathlib import Path

import pytest

from argus.api import create_app
from argus.api.ui import is_page
from tests.api.doubles import call, parts_with, serving
from tests.api.raw_http import exchange, request_bytes

SCRIPT = b"console.log('argus');" * 100
INDEX = b"<!doctype html><title>Argus</title>"


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("web") / "dist"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_bytes(INDEX)
    (folder / "theme.js").write_bytes(SCRIPT)
    (folder / "assets" / "index-abcd1234.js").write_bytes(SCRIPT)
    (folder / "assets" / "index-abcd1234.js.gz").write_bytes(gzip.compress(SCRIPT))
    (folder / "assets" / "index-abcd1234.js.br").write_bytes(b"brotli" * 9)
    (folder.parent / "secret.txt").write_text("secret")
    return folder


@pytest.fixture(scope="module")
def port(bundle: Path) -> Iterator[int]:
    with serving(create_app(parts_with(ui=bundle))) as port:
        yield port


def get(port: int, target: str, *headers: str) -> tuple[int, dict[str, str], bytes]:
    return exchange(port, request_bytes(target, "GET", "Host: localhost", *headers))


@pytest.mark.parametrize(
    "path", ["/", "/traces", "/traces/0102", "/logs?search=a.b", "/index.html"]
)
def test_a_page_of_the_app_is_the_index_which_is_asked_for_each_time(port: int, path: str) -> None:
    status, headers, body = get(port, path)
    assert (status, body) == (200, INDEX)
    assert headers["content-type"].startswith("text/html")
    assert headers["cache-control"] == "no-cache"
    assert headers["etag"]


def test_a_hashed_asset_may_be_kept_for_ever_and_any_other_file_not(port: int) -> None:
    _, headers, body = get(port, "/assets/index-abcd1234.js")
    assert body == SCRIPT
    assert "immutable" in headers["cache-control"]
    _, headers, _ = get(port, "/theme.js")
    assert headers["cache-control"] == "no-cache"


@pytest.mark.parametrize(
    ("accepted", "encoding", "body"),
    [
        ("br, gzip", "br", b"brotli" * 9),
        ("gzip", "gzip", None),
        ("identity", None, SCRIPT),
    ],
)
def test_an_asset_comes_in_the_best_prebuilt_encoding(
    port: int, accepted: str, encoding: str | None, body: bytes | None
) -> None:
    _, headers, received = get(port, "/assets/index-abcd1234.js", f"Accept-Encoding: {accepted}")
    assert headers.get("content-encoding") == encoding
    assert headers["vary"] == "Accept-Encoding"
    assert received == body if body else gzip.decompress(received) == SCRIPT


def test_an_unchanged_file_is_not_sent_again(port: int) -> None:
    _, headers, _ = get(port, "/")
    status, _, body = get(port, "/", f"If-None-Match: {headers['etag']}")
    assert (status, body) == (304, b"")


@pytest.mark.parametrize(
    "path",
    [
        "/assets/gone-ffff0000.js", "/favicon.png", "/api", "/api/", "/api/traces/x/y",
        "/v1/nope", "/ws", "/metrics/x", "/..", "/traces/secret.txt", "/livez/x",
        "/assets/index-abcd1234.js.gz",
    ],
)  # fmt: skip
def test_what_is_no_page_is_not_found(port: int, path: str) -> None:
    assert get(port, path)[0] == 404


@pytest.mark.parametrize(
    "path",
    [
        "/../secret.txt", "/assets/../../secret.txt", "/%2e%2e/secret.txt",
        "/assets/..%2f..%2fsecret.txt", "/assets/..%5c..%5csecret.txt", "//secret.txt",
        "/secret.txt%00.html", "/assets/%00", "/..%2fsecret",
    ],
)  # fmt: skip
def test_no_path_leaves_the_bundle(port: int, path: str) -> None:
    status, _, body = get(port, path)
    assert body != b"secret"
    assert status == 404 or body == INDEX


def test_a_page_takes_no_post(port: int) -> None:
    request = request_bytes("/traces", "POST", "Host: localhost")
    status, headers, _ = exchange(port, request)
    assert (status, headers["allow"]) == (405, "GET, HEAD")


@pytest.mark.parametrize("exists", [True, False])
def test_without_a_bundle_the_api_works_and_pages_are_not_found(
    tmp_path: Path, exists: bool
) -> None:
    app = create_app(parts_with(ui=tmp_path if exists else None))
    assert call(app, "/api/health")[0] == 200
    status, _, body = call(app, "/traces")
    assert status == 404
    assert b"not part of this installation" in body


def test_only_paths_without_an_extension_outside_the_server_are_pages() -> None:
    assert is_page("/apiary")
    assert is_page("/services/a.b/operations")
    assert not is_page("/api/x")
    assert not is_page("/services/a.b")
