"""What a person does in the browser, on a real server with the shop's telemetry."""

import re
import time
from pathlib import Path
from typing import Any, Literal

import httpx2
import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import AXE, browsing
from tests.e2e.conftest import Argus, running
from tests.receivers.test_decoding import request_with_span

SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
THEME = "data-mantine-color-scheme"
TRANSITIONS_ENDED = """new Promise(requestAnimationFrame).then(() => Promise.allSettled(
    document.getAnimations()
        .filter(one => Number.isFinite(one.effect.getComputedTiming().endTime))
        .map(one => one.finished)
))"""
TRACE_TABS = ("flame", "spans", "statistics", "map", "logs", "json")


def failing_checkout(shop: Argus) -> Any:
    """The summary of a checkout that failed."""
    traces = shop.get("/api/traces", status="ERROR", limit=200)["traces"]
    return next(one for one in traces if one["root_operation"] == "POST /checkout")


def test_traces_cross_five_services_with_right_parents_durations_and_errors(shop: Argus) -> None:
    summary = shop.get("/api/traces", sort_by="span_count", limit=1)["traces"][0]
    assert len(summary["services"]) >= 5
    spans = shop.get(f"/api/traces/{summary['trace_id']}")["spans"]
    by_id = {span["span_id"]: span for span in spans}
    assert len(spans) == summary["span_count"]
    assert [span["span_id"] for span in spans if span["parent_span_id"] is None] == [
        next(s["span_id"] for s in spans if s["operation_name"] == summary["root_operation"])
    ]
    assert all(s["parent_span_id"] in by_id for s in spans if s["parent_span_id"] is not None)
    errors = [span for span in spans if span["status"] == "ERROR"]
    assert len(errors) == summary["error_count"]
    for span in spans:
        parent = by_id.get(span["parent_span_id"])
        if parent is not None:
            assert parent["start_time"] <= span["start_time"]


async def test_a_failing_checkout_is_found_opened_and_followed_to_its_logs_and_back(
    shop: Argus,
) -> None:
    summary = failing_checkout(shop)
    async with browsing(shop.url) as page:
        await page.goto("/traces")
        await page.get_by_text("Errors", exact=True).first.click()
        row = page.get_by_role("row").filter(has_text="POST /checkout").first
        await row.get_by_role("link").first.click()
        await expect(page).to_have_url(re.compile(r"/traces/[0-9a-f]{32}"))
        await page.goto(f"/traces/{summary['trace_id']}")
        spans = page.get_by_role("treegrid", name="Spans")
        await expect(spans).to_be_visible()
        await expect(spans).to_have_attribute("aria-rowcount", str(summary["span_count"]))
        await page.get_by_role("tab", name="Logs").click()
        records = page.get_by_role("list", name="Log records")
        await expect(records.get_by_role("listitem").first).to_be_visible()
        await page.goto(f"/logs?search={summary['trace_id'][:1]}zzz")
        await page.goto("/logs")
        await page.get_by_role("link", name="Open the trace").first.click()
        await expect(page.get_by_role("treegrid", name="Spans")).to_be_visible()


async def test_a_link_to_a_span_opens_it_in_a_new_tab(shop: Argus) -> None:
    summary = failing_checkout(shop)
    spans = shop.get(f"/api/traces/{summary['trace_id']}")["spans"]
    failed = next(span for span in spans if span["status"] == "ERROR" and span["events"])
    async with browsing(shop.url) as page:
        await page.goto(f"/traces/{summary['trace_id']}?span={failed['span_id']}")
        details = page.get_by_role("complementary", name="Span details")
        await expect(details).to_contain_text(failed["operation_name"])
        await expect(details.get_by_role("region", name="Error")).to_be_visible()


async def test_the_first_data_is_announced_on_the_send_data_page(tmp_path: Path) -> None:
    with running(tmp_path) as argus:
        async with browsing(argus.url) as page:
            await page.goto("/")
            await expect(page).to_have_url(re.compile("/send"))
            await expect(page.get_by_text(re.compile("waiting", re.I)).first).to_be_visible()
            otlp_port = argus.otlp.rpartition(":")[2]
            await expect(page.get_by_text(f":{otlp_port}").first).to_be_visible()
            sent = httpx2.post(
                f"{argus.otlp}/v1/traces",
                content=request_with_span().SerializeToString(),
                headers={"content-type": "application/x-protobuf"},
            )
            assert sent.status_code == 200
            await expect(page.get_by_text("shop", exact=True).first).to_be_visible(timeout=10_000)


async def test_the_overview_leads_from_the_sickest_service_to_its_page_and_its_traces(
    shop: Argus,
) -> None:
    async with browsing(shop.url) as page:
        await page.goto("/")
        await expect(page).to_have_url(re.compile("/overview"))
        services = page.get_by_role("table", name="Services by health")
        name = await services.get_by_role("link").first.inner_text()
        await expect(
            page.get_by_role("img", name=re.compile("^Requests over time"))
        ).to_be_visible()
        await services.get_by_role("link").first.click()
        await expect(page).to_have_url(re.compile(f"/services/{name.strip()}"))
        await expect(page.get_by_role("table", name="Operations")).to_be_visible()
        await page.get_by_role("main").get_by_role("link", name="Traces", exact=True).click()
        await expect(page).to_have_url(re.compile(f"/traces.*service={name.strip()}"))
        await expect(page.get_by_role("table", name="Traces")).to_be_visible()


async def test_dragging_over_the_traffic_narrows_the_time_range(shop: Argus) -> None:
    async with browsing(shop.url) as page:
        await page.goto("/overview")
        box = await page.get_by_role("img", name=re.compile("^Requests over time")).bounding_box()
        assert box is not None
        middle = box["y"] + box["height"] / 2
        await page.mouse.move(box["x"] + box["width"] * 0.6, middle)
        await page.mouse.down()
        await page.mouse.move(box["x"] + box["width"] * 0.9, middle)
        await page.mouse.up()
        await expect(page).to_have_url(re.compile(r"start=.*&end="))


async def test_live_mode_goes_on_by_itself(shop: Argus) -> None:
    async with browsing(shop.url) as page:
        await page.goto("/overview")
        await page.get_by_role("button", name="Live").click()
        await expect(page.get_by_role("status").filter(has_text="Live")).to_be_visible()
        await expect(page).to_have_url(re.compile("live=1"))


async def test_the_service_map_shows_the_shop_and_leads_to_traces(shop: Argus) -> None:
    async with browsing(shop.url) as page:
        await page.goto("/map")
        await page.get_by_label("service order-service", exact=True).click()
        details = page.get_by_role("complementary", name="Details")
        await expect(details).to_contain_text("payment-service")
        await details.get_by_role("button", name=re.compile("^payment-service")).click()
        await expect(details.get_by_role("heading", level=2)).to_contain_text("order-service")
        await details.get_by_role("link", name="Traces of the caller").click()
        await expect(page).to_have_url(re.compile("/traces.*service=order-service"))


async def test_new_log_records_show_up_in_the_live_tail_that_matches_them(tmp_path: Path) -> None:
    with running(tmp_path) as argus:
        async with browsing(argus.url) as page:
            await page.goto("/logs?live=1&severity=ERROR")
            await expect(page.get_by_role("status").filter(has_text="Live")).to_be_visible()
            for severity, text in (("INFO", "all is well"), ("ERROR", "card declined")):
                record = {
                    "timeUnixNano": str(time.time_ns()),
                    "severityText": severity,
                    "body": {"stringValue": text},
                }
                scope = {"scopeLogs": [{"logRecords": [record]}]}
                sent = httpx2.post(f"{argus.otlp}/v1/logs", json={"resourceLogs": [scope]})
                assert sent.status_code == 200
            records = page.get_by_role("list", name="Log records")
            await expect(records.get_by_text("card declined")).to_be_visible()
            await expect(records.get_by_role("listitem")).to_have_count(1)


async def test_the_admin_page_tells_an_exporter_why_its_spans_are_missing(tmp_path: Path) -> None:
    with running(tmp_path) as argus:
        request = request_with_span()
        request.resource_spans[0].scope_spans[0].spans[0].trace_id = b"short"
        sent = httpx2.post(
            f"{argus.otlp}/v1/traces",
            content=request.SerializeToString(),
            headers={"content-type": "application/x-protobuf"},
        )
        assert sent.status_code == 200
        async with browsing(argus.url) as page:
            await page.goto("/admin")
            exporters = page.get_by_role("table", name="Exporters")
            await expect(exporters).to_contain_text(re.compile("1 rejected: "))


async def accessibility_faults(page: Page) -> list[str]:
    """What axe finds wrong with the page, once it is there, in both themes."""
    await page.locator("main").wait_for(state="attached")
    await page.locator("h1").first.wait_for(state="attached")
    await page.evaluate(AXE.read_text())
    faults: list[str] = []
    for scheme in SCHEMES:
        await page.emulate_media(color_scheme=scheme)
        await expect(page.locator("html")).to_have_attribute(THEME, scheme)
        await page.evaluate(TRANSITIONS_ENDED)
        faults += await page.evaluate(
            "axe.run(document, {resultTypes: ['violations']}).then(r => r.violations"
            ".map(v => v.id + ': ' + v.nodes.slice(0, 3).map(n => n.target.join(' ')).join(', ')))"
        )
    return faults


@pytest.mark.parametrize("width", [1600, 390])
async def test_every_page_is_accessible_in_both_themes_and_on_a_phone(
    shop: Argus, width: int
) -> None:
    if not AXE.is_file():
        pytest.skip("accessibility: needs axe-core in web/node_modules")
    summary = failing_checkout(shop)
    faults: dict[str, list[str]] = {}
    async with browsing(shop.url, "light", width, 844) as page:
        for path in (
            "/overview",
            "/overview?live=1",
            "/traces",
            *(
                f"/traces/{summary['trace_id']}{query}"
                for query in ("", "?path=1", *(f"?tab={tab}" for tab in TRACE_TABS))
            ),
            "/services/payment-service",
            "/logs",
            "/logs?live=1",
            "/map?node=order-service",
            "/send",
            "/admin",
            "/admin?tab=dead-letters",
            "/admin?tab=state",
            "/admin?tab=data",
            "/admin?tab=about",
        ):
            await page.goto(path)
            await page.wait_for_load_state("load")
            await page.wait_for_timeout(700)
            if found := await accessibility_faults(page):
                faults[path] = found
    assert faults == {}
