import { fireEvent, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it } from "vitest";
import { accessibilityFaults, open } from "../testing/app";
import { aSummary } from "../testing/builders";

const traces = { traces: [aSummary()], total: 1, limit: 100, offset: 0, next_cursor: null };
const operations = { start: "", end: "", operations: [{ service_name: "shop", operation_name: "POST /checkout", kind: "SERVER" }], total: 1 };

describe("the palette", () => {
  it("opens from the keyboard and leads to an operation's traces", async () => {
    const { router } = await open("/traces", { "/api/traces": traces, "/api/operations": operations });
    await screen.findByRole("table", { name: "Traces" });
    fireEvent.keyDown(document.documentElement, { key: "k", code: "KeyK", ctrlKey: true });
    await userEvent.type(await screen.findByRole("combobox", { name: /^Go to/ }), "checkout");
    expect(await screen.findByRole("option", { name: /POST \/checkout/ })).toHaveAttribute("aria-selected", "true");
    expect(await accessibilityFaults()).toEqual([]);
    await userEvent.keyboard("{Enter}");
    await expect.poll(() => router.state.location.search).toEqual({ filter: 'service:shop name:"POST /checkout"' });
    expect(screen.queryByRole("listbox", { name: "Where to go" })).toBeNull();
  });
});
