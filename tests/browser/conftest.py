"""A real server fed by the simulation, and the system's Chromium looking at it."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, async_playwright, expect

from tests.browser.shop import open_shop
from tests.e2e.conftest import Argus

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
# whoever looks at a page on a busy machine waits longer for what is to be there
expect.set_options(timeout=20_000)
AXE = Path(__file__).parents[2] / "web" / "node_modules" / "axe-core" / "axe.min.js"


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Argus]:
    """A server that has received what the simulated shop did in a few seconds, with a model."""
    with open_shop(tmp_path_factory.mktemp("shop"), seconds=6, rate=5) as argus:
        yield argus


class Watched:
    """What a page did that no page may do."""

    def __init__(self, page: Page, origin: str, refusals: tuple[int, ...]) -> None:
        self.faults: list[str] = []
        expected = tuple(
            f"Failed to load resource: the server responded with a status of {status}"
            for status in refusals
        )
        page.on("pageerror", lambda error: self.faults.append(f"error: {error}"))
        page.on(
            "console",
            lambda message: (
                self.faults.append(f"console: {message.text}")
                if message.type == "error" and not message.text.startswith(expected)
                else None
            ),
        )
        page.on(
            "request",
            lambda request: (
                self.faults.append(f"request to {request.url}")
                if not request.url.startswith((origin, "data:"))
                else None
            ),
        )


@asynccontextmanager
async def browsing(
    origin: str,
    scheme: str = "light",
    width: int = 1600,
    height: int = 1000,
    refusals: tuple[int, ...] = (),
) -> AsyncIterator[Page]:
    """A fresh page; at its end nothing may have failed and no other host been asked.

    `refusals` are the statuses that the test makes the server answer with.
    """
    if CHROMIUM is None:
        pytest.skip("browser: needs Chromium")
    async with async_playwright() as playwright:
        browser: Browser = await playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        context = await browser.new_context(
            base_url=origin,
            color_scheme="dark" if scheme == "dark" else "light",
            viewport={"width": width, "height": height},
            permissions=["clipboard-read", "clipboard-write"],
        )
        page = await context.new_page()
        watched = Watched(page, origin, refusals)
        yield page
        await asyncio.sleep(0.1)
        await browser.close()
        assert watched.faults == []
