import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it } from "vitest";
import { accessibilityFaults, open } from "../../testing/app";
import { aLog, aSpan, aTrace, at, spanId } from "../../testing/builders";

const address = `/traces/${"a".repeat(32)}`;
const declined = { name: "declined", time: at(5), attributes: { "card.brand": "visa" }, dropped_attributes_count: 0 };
const answers = () => ({
  [`/api${address}`]: aTrace(
    [
      aSpan({ id: "root", attributes: { "user.name": "Ada", "http.route": "/pay" }, events: [declined], resource: { "host.name": "ada-1" } }),
      aSpan({ id: "below", parent: "root", from: 10, us: 20, operation_name: "SELECT", attributes: { "db.rows": 7 } }),
    ],
    [aLog({ body: "hello from it", span_id: spanId("root"), trace_id: "a".repeat(32), timestamp: at(2) })],
  ),
});
const panel = async () => within(await screen.findByRole("complementary", { name: "Span details" }));
const field = async () => (await panel()).findByRole("textbox", { name: "Find attributes of the span by key or value" });
const sections = async () => (await field()) && (await panel()).getAllByRole("heading", { level: 3 }).map((heading) => heading.textContent);
const openAt = async (span: string) => open(`${address}?span=${spanId(span)}`, answers());

beforeEach(() => localStorage.clear());

describe("finding attributes of a span", () => {
  it("shows what matches by key or value, in any case, of each part of the span, and nothing else", async () => {
    await openAt("root");
    await userEvent.type(await field(), "ADA");
    expect((await panel()).getByRole("status")).toHaveTextContent("2 attributes match");
    expect(await sections()).toEqual(["Attributes1", "Resource1"]);
    await userEvent.clear(await field());
    await userEvent.type(await field(), "card.");
    expect(await sections()).toEqual(["Event declined1"]);
    expect((await panel()).queryByText("hello from it")).toBeNull();
    expect(await accessibilityFaults()).toEqual([]);
  });

  it("says when nothing matches, and shows everything again after Esc", async () => {
    await openAt("root");
    await userEvent.type(await field(), "zzz");
    expect((await panel()).getByRole("status")).toHaveTextContent("No attribute of this span matches");
    await userEvent.keyboard("{Escape}");
    expect((await panel()).getByText("hello from it")).toBeVisible();
    expect(await field()).toHaveValue("");
  });
});

describe("pinned attributes", () => {
  it("stand on top in every span, of the resource too, and say where they are not", async () => {
    await openAt("root");
    await userEvent.click(await (await panel()).findByRole("button", { name: "Pin http.route" }));
    await userEvent.click((await panel()).getByRole("button", { name: /^Resource/ }));
    await userEvent.click((await panel()).getByRole("button", { name: "Pin host.name" }));
    expect((await sections()).slice(0, 2)).toEqual(["Pinned2", "Attributes2"]);
    await userEvent.click(screen.getByTitle("SELECT"));
    await (await panel()).findByRole("heading", { name: "SELECT" });
    const pinned = (await panel()).getByRole("button", { name: /^Pinned/ }).closest("section") as HTMLElement;
    expect(within(pinned).getAllByRole("term").map((term) => [term.textContent, term.nextElementSibling?.textContent])).toEqual([["http.route", "not here"], ["host.name", "not here"]]);
    expect(await accessibilityFaults()).toEqual([]);
  });

  it("are remembered in the browser until they are unpinned", async () => {
    const first = await openAt("root");
    await userEvent.click(await (await panel()).findByRole("button", { name: "Pin user.name" }));
    first.unmount();
    await openAt("root");
    expect((await sections())[0]).toBe("Pinned1");
    await userEvent.click((await panel()).getAllByRole("button", { name: "Unpin user.name" })[0] as HTMLElement);
    expect(await sections()).not.toContain("Pinned1");
    expect(JSON.parse(localStorage.getItem("argus-pinned-attributes") ?? "")).toEqual([]);
  });
});
