"""Takes the pictures of docs/screenshots of a server that the simulated shop feeds.

    python -m docs.screenshots.make                      all of the set, in four minutes or so
    python -m docs.screenshots.make --url URL --only map  one page of a server that runs

`--all` also takes what is not part of the set: every tab, dialog, empty and failed state.
"""

import argparse
import asyncio
import re
import tempfile
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

import httpx2
from playwright.async_api import Page, Route, expect

from tests.browser.conftest import browsing
from tests.browser.shop import open_shop, simulating

FOLDER = Path(__file__).parent
SIZES = {"": (1600, 1000), "-phone": (390, 844)}
Deed = Callable[[Page], Awaitable[Any]]


class Picture(NamedTuple):
    """A page: its address, what is done there before it is taken, whether the set has it."""

    name: str
    path: str
    deed: Deed | None = None
    kept: bool = False


def pressing(*keys: str) -> Deed:
    """Press keys, one after the other."""

    async def deed(page: Page) -> None:
        for key in keys:
            await page.keyboard.press(key)
            await page.wait_for_timeout(300)

    return deed


def failing(api: str) -> Deed:
    """Have a route of the API fail, and load the page again."""

    async def refuse(route: Route) -> None:
        error = {"code": "unavailable", "message": "the database is locked"}
        await route.fulfill(status=503, json={"error": error})

    async def deed(page: Page) -> None:
        await page.route(f"**{api}*", refuse)
        await page.reload()
        await page.wait_for_timeout(6000)

    return deed


async def scroll_back(page: Page) -> None:
    """Read further up in the live tail, while records come."""
    await page.get_by_role("region", name="Live log records").hover()
    await page.wait_for_timeout(8000)
    await page.mouse.wheel(0, -300)
    await page.get_by_role("button", name=re.compile("[1-9][0-9] new")).wait_for()


async def preview(page: Page) -> None:
    """Open what would be sent to the model."""
    await page.get_by_role("button", name="What is sent").click()
    await page.wait_for_timeout(500)


async def widest_region(page: Page) -> None:
    """Drag a rectangle over the slow requests of the latency map."""
    chart = page.get_by_role("img", name=re.compile("^Durations of")).first
    box = await chart.bounding_box()
    assert box is not None
    await page.mouse.move(box["x"] + box["width"] * 0.4, box["y"] + 4)
    await page.mouse.down()
    await page.mouse.move(box["x"] + box["width"] * 0.98, box["y"] + box["height"] * 0.4, steps=5)
    await page.mouse.up()
    await page.wait_for_timeout(2500)


def pictures(url: str) -> list[Picture]:
    """All pages, on what the shop has done."""

    def get(path: str, **params: Any) -> Any:
        return httpx2.get(url + path, params=params).raise_for_status().json()

    failed = next(
        one["trace_id"]
        for one in get("/api/traces", status="ERROR", limit=500, sort_by="span_count")["traces"]
        if one["root_operation"] == "POST /checkout"
    )
    good = get("/api/traces", filter='name:"POST /checkout"', status="UNSET", sort_by="span_count")[
        "traces"
    ][0]["trace_id"]
    spans = get(f"/api/traces/{failed}")["spans"]
    broken = next(one["span_id"] for one in spans if one["events"])
    plain = next(one["span_id"] for one in spans if one["kind"] == "SERVER" and not one["events"])
    errors = get("/api/logs", severity="ERROR", limit=1000)["logs"]
    log = next(one for one in errors if "exception.type" in one["attributes"])
    told = next((one for one in errors if one["ai_insight"]), log)
    chosen, explained = (f"log={one['id']}&at={one['timestamp']}" for one in (log, told))
    trace, tail = f"/traces/{failed}", "range=5m"
    return [
        Picture("overview", f"/overview?{tail}", kept=True),
        Picture("overview-live", "/overview?live=1"),
        Picture("overview-explain", f"/overview?{tail}", widest_region),
        Picture("overview-empty", "/overview?range=5m&service=nobody"),
        Picture("overview-failed", f"/overview?{tail}", failing("/api/metrics/dashboard")),
        Picture("traces", f"/traces?{tail}", kept=True),
        Picture("traces-picked", f"/traces?{tail}&pick={good}&pick={failed}"),
        Picture("traces-empty", f"/traces?{tail}&filter=zzz"),
        Picture("traces-failed", f"/traces?{tail}", failing("/api/traces")),
        Picture("traces-wrong", f"/traces?{tail}&filter=status:failed"),
        Picture("trace", f"{trace}?span={plain}", kept=True),
        Picture("trace-error", f"{trace}?span={broken}"),
        Picture("trace-path", f"{trace}?path=1"),
        *(
            Picture(f"trace-{tab}", f"{trace}?tab={tab}")
            for tab in ("flame", "spans", "statistics", "map", "logs", "json")
        ),
        Picture("trace-missing", f"/traces/{'a' * 32}"),
        Picture("compare", f"/compare?a={good}&b={failed}", kept=True),
        Picture("compare-none", "/compare"),
        Picture("logs", f"/logs?{tail}", kept=True),
        Picture("logs-record", f"/logs?{tail}&col=code.function.name&{chosen}"),
        Picture("logs-around", f"/logs?{tail}&{chosen}&view=around"),
        Picture("logs-patterns", f"/logs?{tail}&tab=patterns"),
        Picture("logs-empty", f"/logs?{tail}&filter=zzz"),
        Picture("insight", f"/logs?{tail}&{explained}&view=insight", kept=True),
        Picture("insight-preview", f"/logs?{tail}&{explained}&view=insight", preview),
        Picture("live-tail", "/logs?live=1", scroll_back, kept=True),
        Picture("map", f"/map?{tail}", kept=True),
        Picture("map-latency", f"/map?{tail}&mode=latency"),
        Picture("map-throughput", f"/map?{tail}&mode=throughput"),
        Picture("map-focus", f"/map?{tail}&focus=payment-service"),
        Picture("service", f"/services/payment-service?{tail}", kept=True),
        Picture("send", "/send"),
        Picture("admin", "/admin", kept=True),
        *(
            Picture(f"admin-{tab}", f"/admin?tab={tab}")
            for tab in ("dead-letters", "state", "data", "about")
        ),
        Picture("missing", "/nowhere"),
        Picture("palette", f"/traces?{tail}", pressing("Control+k")),
        Picture("shortcuts", f"/traces?{tail}", pressing("?")),
        Picture("time", f"/traces?{tail}", pressing("d")),
        Picture("completion", f"/traces?{tail}", pressing("/", "s")),
    ]


async def loaded(page: Page) -> None:
    """Wait until nothing grey stands for what is on its way."""
    await page.locator("h1, h2").first.wait_for(state="attached")
    grey = page.locator("[aria-busy=true], [class*=Skeleton]")
    for _ in range(2):
        await page.wait_for_timeout(600)
        await expect(grey).to_have_count(0, timeout=20_000)


async def take(url: str, todo: list[Picture], folder: Path, themes: list[str]) -> None:
    """Write each picture in each theme and size."""
    for scheme in themes:
        for suffix, (width, height) in SIZES.items():
            async with browsing(url, scheme, width, height, refusals=(400, 404, 503)) as page:
                for name, path, deed, _ in todo:
                    # on a phone the details of a span would hide the trace
                    await page.goto(path.partition("?span=")[0] if suffix else path)
                    await loaded(page)
                    if deed is not None:
                        await deed(page)
                    await page.screenshot(path=folder / f"{name}-{scheme}{suffix}.png")
                    await page.unroute_all()


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m docs.screenshots.make")
    parser.add_argument("--url", help="a server that runs, instead of one of its own")
    parser.add_argument("--seconds", type=float, default=240, help="how long the shop is open")
    parser.add_argument("--only", nargs="*", default=[], help="names of pictures")
    parser.add_argument("--all", action="store_true", help="also what is not in the set")
    parser.add_argument("--theme", nargs="*", default=["light", "dark"])
    parser.add_argument("--to", type=Path, default=FOLDER, help="the folder for the pictures")
    return parser.parse_args()


def main() -> None:
    given = arguments()
    with ExitStack() as stack:
        url = given.url
        if url is None:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            argus = stack.enter_context(open_shop(folder, given.seconds, 4))
            url = argus.url
            stack.enter_context(simulating(argus, 900, 4))
        todo = [
            one
            for one in pictures(url)
            if (one.name in given.only if given.only else one.kept or given.all)
        ]
        given.to.mkdir(exist_ok=True)
        asyncio.run(take(url, todo, given.to, given.theme))


if __name__ == "__main__":
    main()
