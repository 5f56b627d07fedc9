"""The page of one trace in the browser."""

import asyncio
import re
from typing import Any

import pytest
from playwright.async_api import Locator, Page, Route, expect

from tests.browser.conftest import AXE, browsing
from tests.browser.test_pages import accessibility_faults, failing_checkout
from tests.e2e.conftest import Argus

FIELD = "Find attributes of the span by key or value"


def largest(shop: Argus) -> Any:
    """The summary of the trace with the most spans."""
    return shop.get("/api/traces", sort_by="span_count", limit=1)["traces"][0]


async def open_root(page: Page, summary: Any) -> Locator:
    """The details of the root of a trace: docked, or in a drawer on a phone."""
    await page.goto(f"/traces/{summary['trace_id']}")
    await page.get_by_role("treegrid", name="Spans").get_by_role("row").first.click()
    details = page.get_by_role("complementary", name="Span details").or_(
        page.get_by_role("dialog", name="Span")
    )
    await expect(details.get_by_role("heading", name=summary["root_operation"])).to_be_visible()
    return details


@pytest.mark.parametrize("width", [1600, 390])
async def test_attributes_are_found_and_pinned_with_the_keyboard(shop: Argus, width: int) -> None:
    if not AXE.is_file():
        pytest.skip("accessibility: needs axe-core in web/node_modules")
    summary = largest(shop)
    async with browsing(shop.url, width=width, height=844) as page:
        details = await open_root(page, summary)
        field = details.get_by_role("textbox", name=FIELD)
        await field.focus()
        await page.keyboard.type("route")
        await expect(details.get_by_role("status")).to_have_text("1 attribute matches")
        await expect(details.get_by_role("term")).to_have_text(["http.route"])
        await details.get_by_role("button", name="Pin http.route").press("Enter")
        assert await accessibility_faults(page) == []
        await field.press("Escape")
        await expect(field).to_have_value("")
        await expect(details.get_by_role("heading", level=3).first).to_have_text("Pinned1")
        assert await accessibility_faults(page) == []
        await page.reload()
        details = await open_root(page, summary)
        await expect(details.get_by_role("heading", level=3).first).to_have_text("Pinned1")
        await details.get_by_role("button", name="Unpin http.route").first.press("Enter")
        await expect(details.get_by_role("heading", level=3).first).to_have_text(
            re.compile("^Attributes")
        )


@pytest.mark.parametrize("width", [1600, 390])
async def test_a_subtree_is_closed_and_opened_whole_by_alt_click_and_by_key(
    shop: Argus, width: int
) -> None:
    summary = largest(shop)
    async with browsing(shop.url, width=width, height=844) as page:
        await page.goto(f"/traces/{summary['trace_id']}")
        spans = page.get_by_role("treegrid", name="Spans")
        root = spans.get_by_role("row").first
        toggle = root.get_by_role("button").first
        count = str(summary["span_count"])
        await expect(spans).to_have_attribute("aria-rowcount", count)
        await toggle.click(modifiers=["Alt"])
        await expect(spans).to_have_attribute("aria-rowcount", "1")
        await toggle.click()
        below = spans.locator("[aria-level='2']")
        await expect(below.first).to_be_visible()
        await expect(spans.locator("[aria-level='3']")).to_have_count(0)
        await spans.focus()
        await page.keyboard.press("Home")
        for _ in range(await spans.get_by_role("row").count()):
            await page.keyboard.press("k")
        await page.keyboard.press("x")
        await expect(spans).to_have_attribute("aria-rowcount", "1")
        await page.keyboard.press("x")
        await expect(spans).to_have_attribute("aria-rowcount", count)
        await page.keyboard.press("Shift+?")
        sheet = page.get_by_role("dialog", name="Keyboard shortcuts")
        await expect(sheet.get_by_text("Collapse or expand with everything below")).to_be_visible()


async def test_what_stands_for_an_answer_that_is_waited_for_is_drawn_a_few_times_a_second(
    shop: Argus,
) -> None:
    answered = asyncio.Event()

    async def late(route: Route) -> None:
        await answered.wait()
        await route.continue_()

    async with browsing(shop.url) as page:
        await page.route("**/api/traces/*?view=columns", late)
        await page.goto(f"/traces/{failing_checkout(shop)['trace_id']}")
        await expect(page.get_by_role("status", name="Loading")).to_be_visible()
        timing = await page.locator(".mantine-Skeleton-root").first.evaluate(
            "bar => getComputedStyle(bar, '::after').animationTimingFunction"
        )
        answered.set()
        await expect(page.get_by_role("treegrid", name="Spans")).to_be_visible()
        assert timing == "steps(3)"
