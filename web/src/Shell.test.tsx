import { fireEvent, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it } from "vitest";
import { accessibilityFaults, open } from "./testing/app";

const nothing = { "/api/traces": { traces: [], total: 0, limit: 100, offset: 0, next_cursor: null }, "/api/logs": { logs: [], total: 0, limit: 200, offset: 0, next_cursor: null } };
const press = (key: string, more = {}) => fireEvent.keyDown(document.documentElement, { key, ...more });

describe("the shell", () => {
  it("sends a newcomer to the settings", async () => {
    const { router } = await open("/", { "/api/metadata/services": [] });
    await expect.poll(() => router.state.location.pathname).toBe("/send");
  });

  it("sends everyone else to the overview", async () => {
    const { router } = await open("/", nothing);
    await expect.poll(() => router.state.location.pathname).toBe("/overview");
  });

  it("marks the page one is on", async () => {
    await open("/logs", nothing);
    expect(await screen.findByRole("link", { name: "Logs" })).toHaveAttribute("aria-current", "page");
    expect(document.title).toBe("Logs · Argus");
  });

  it("goes to a page with g and its key", async () => {
    const { router } = await open("/traces", nothing);
    await screen.findByRole("navigation", { name: "Pages" });
    press("g");
    press("l");
    await expect.poll(() => router.state.location.pathname).toBe("/logs");
  });

  it("lets the keyboard skip the menu", async () => {
    await open("/traces", nothing);
    await userEvent.tab();
    expect(await screen.findByRole("link", { name: "Skip to content" })).toHaveAttribute("href", "#page");
  });

  it("shows the shortcuts on demand", async () => {
    await open("/traces", nothing);
    await userEvent.click(await screen.findByRole("button", { name: "Keyboard shortcuts" }));
    expect(await screen.findByRole("dialog", { name: "Keyboard shortcuts" })).toBeInTheDocument();
    expect(await accessibilityFaults()).toEqual([]);
  });

  it("changes the colours and remembers it where the no-flash script looks", async () => {
    await open("/traces", nothing);
    await userEvent.click(await screen.findByRole("radio", { name: "Dark" }));
    expect(document.documentElement.dataset.mantineColorScheme).toBe("dark");
    expect(localStorage.getItem("mantine-color-scheme-value")).toBe("dark");
  });

  it("says that there is no page at an unknown address", async () => {
    await open("/nowhere", nothing);
    expect(await screen.findByText("There is no page at this address")).toBeVisible();
  });
});
