"""The page of one trace in the browser."""

import asyncio

from playwright.async_api import Route, expect

from tests.browser.conftest import browsing
from tests.browser.test_pages import failing_checkout
from tests.e2e.conftest import Argus


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
