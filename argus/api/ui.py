"""The web app's files: precompressed assets, and index.html for every page of the app."""

from pathlib import Path
from wsgiref.headers import Headers

from servestatic import ServeStaticASGI
from starlette.types import Receive, Scope, Send

from argus.api.problems import method_not_allowed
from argus.errors import NotFound

SERVER_PATHS = ("/api", "/v1", "/ws", "/metrics", "/livez", "/readyz", "/assets")
"""Paths, with everything below them, that are never pages of the app."""


class WebApp:
    """Serves the bundle in `folder`; its files are read once, when this is made.

    Files below /assets carry a hash in their name and may be cached for ever, everything else
    is asked for again each time. Without a bundle every path is NotFound.
    """

    def __init__(self, folder: Path | None) -> None:
        self._static = None
        if folder is not None and (folder / "index.html").is_file():
            self._static = ServeStaticASGI(
                None,
                root=folder,
                max_age=None,
                allow_all_origins=False,
                immutable_file_test=r"^/assets/",
                add_headers_function=_revalidate,
            )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with a file or a page. Raises NotFound."""
        if scope["type"] != "http":
            raise NotFound("there is no WebSocket here")
        path = scope["path"]
        if self._static is None or path not in self._static.files:
            if not is_page(path):
                raise NotFound("not found")
            if self._static is None:
                raise NotFound("the web app is not part of this installation")
            scope = {**scope, "path": "/index.html"}
        if scope["method"] not in ("GET", "HEAD"):
            await method_not_allowed(scope, ("GET", "HEAD"))(scope, receive, send)
            return
        await self._static(scope, receive, send)


def is_page(path: str) -> bool:
    """Whether a path may be a page of the app: no server path, and no file's extension."""
    if any(path == prefix or path.startswith(f"{prefix}/") for prefix in SERVER_PATHS):
        return False
    return "." not in path.rpartition("/")[2]


def _revalidate(headers: Headers, path: str, url: str) -> None:
    if "Cache-Control" not in headers:
        headers["Cache-Control"] = "no-cache"
