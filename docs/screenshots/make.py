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
RANGE = "range=5m"
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


class Found(NamedTuple):
    """What of the shop's doings is looked at: traces, a span that failed and one that did not,
    an error record and one that a model explained."""

    failed: str
    good: str
    broken: str
    plain: str
    log: str
    told: str


def find(url: str) -> Found:
    """Ask the server for something to look at."""

    def get(path: str, **params: Any) -> Any:
        return httpx2.get(url + path, params=params).raise_for_status().json()

    traces = get("/api/traces", status="ERROR", limit=500, sort_by="span_count")["traces"]
    failed = next(t["trace_id"] for t in traces if t["root_operation"] == "POST /checkout")
    checkouts = 'name:"POST /checkout"'
    good = get("/api/traces", filter=checkouts, status="UNSET", sort_by="span_count")["traces"][0]
    spans = get(f"/api/traces/{failed}")["spans"]
    errors = get("/api/logs", severity="ERROR", limit=1000)["logs"]
    log = next(one for one in errors if "exception.type" in one["attributes"])
    told = next((one for one in errors if one["ai_insight"]), log)
    return Found(
        failed=failed,
        good=good["trace_id"],
        broken=next(one["span_id"] for one in spans if one["events"]),
        plain=next(s["span_id"] for s in spans if s["kind"] == "SERVER" and not s["events"]),
        log=f"log={log['id']}&at={log['timestamp']}",
        told=f"log={told['id']}&at={told['timestamp']}",
    )


def pictures(url: str) -> list[Picture]:
    """All pages, on what the shop has done."""
    found = find(url)
    return [*traces(found), *logs(found), *others()]


def traces(found: Found) -> list[Picture]:
    """The list of traces, a trace with each of its tabs, two compared."""
    trace, both = f"/traces/{found.failed}", f"a={found.good}&b={found.failed}"
    return [
        Picture("traces", f"/traces?{RANGE}", kept=True),
        Picture("traces-picked", f"/traces?{RANGE}&pick={found.good}&pick={found.failed}"),
        Picture("traces-empty", f"/traces?{RANGE}&filter=zzz"),
        Picture("traces-failed", f"/traces?{RANGE}", failing("/api/traces")),
        Picture("traces-wrong", f"/traces?{RANGE}&filter=status:failed"),
        Picture("trace", f"{trace}?span={found.plain}", kept=True),
        Picture("trace-error", f"{trace}?span={found.broken}"),
        Picture("trace-path", f"{trace}?path=1"),
        *(
            Picture(f"trace-{tab}", f"{trace}?tab={tab}")
            for tab in ("flame", "spans", "statistics", "map", "logs", "json")
        ),
        Picture("trace-missing", f"/traces/{'a' * 32}"),
        Picture("compare", f"/compare?{both}", kept=True),
        Picture("compare-none", "/compare"),
    ]


def logs(found: Found) -> list[Picture]:
    """Log records, one of them opened, their patterns, an insight, the live tail."""
    return [
        Picture("logs", f"/logs?{RANGE}", kept=True),
        Picture("logs-record", f"/logs?{RANGE}&col=code.function.name&{found.log}"),
        Picture("logs-around", f"/logs?{RANGE}&{found.log}&view=around"),
        Picture("logs-patterns", f"/logs?{RANGE}&tab=patterns"),
        Picture("logs-empty", f"/logs?{RANGE}&filter=zzz"),
        Picture("insight", f"/logs?{RANGE}&{found.told}&view=insight", kept=True),
        Picture("insight-preview", f"/logs?{RANGE}&{found.told}&view=insight", preview),
        Picture("live-tail", "/logs?live=1", scroll_back, kept=True),
    ]


def others() -> list[Picture]:
    """Overview, map, service, what Argus says of itself, what opens over a page."""
    return [
        Picture("overview", f"/overview?{RANGE}", kept=True),
        Picture("overview-live", "/overview?live=1"),
        Picture("overview-explain", f"/overview?{RANGE}", widest_region),
        Picture("overview-empty", "/overview?range=5m&service=nobody"),
        Picture("overview-failed", f"/overview?{RANGE}", failing("/api/metrics/dashboard")),
        Picture("map", f"/map?{RANGE}", kept=True),
        Picture("map-node", f"/map?{RANGE}&node=order-service"),
        Picture("map-latency", f"/map?{RANGE}&mode=latency"),
        Picture("map-throughput", f"/map?{RANGE}&mode=throughput"),
        Picture("map-focus", f"/map?{RANGE}&focus=payment-service"),
        Picture("service", f"/services/payment-service?{RANGE}", kept=True),
        Picture("send", "/send"),
        Picture("admin", "/admin", kept=True),
        *(
            Picture(f"admin-{tab}", f"/admin?tab={tab}")
            for tab in ("dead-letters", "state", "data", "about")
        ),
        Picture("missing", "/nowhere"),
        Picture("palette", f"/traces?{RANGE}", pressing("Control+k")),
        Picture("shortcuts", f"/traces?{RANGE}", pressing("?")),
        Picture("time", f"/traces?{RANGE}", pressing("d")),
        Picture("completion", f"/traces?{RANGE}", pressing("/", "s")),
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
