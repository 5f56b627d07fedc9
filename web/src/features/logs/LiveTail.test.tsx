import { fireEvent, screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it } from "vitest";
import { accessibilityFaults, open } from "../../testing/app";
import { aLog } from "../../testing/builders";
import { liveServer } from "../../testing/liveServer";

const record = (id: number) => aLog({ id: String(id).padStart(4, "0"), body: `line ${id}` });

async function openTail(address = "/logs?live=1") {
  const server = await liveServer();
  const view = await open(address);
  return { ...view, peer: await server.peer(0), server };
}

describe("the live tail", () => {
  it("asks the server for what the filters say", async () => {
    const { peer } = await openTail("/logs?live=1&service=shop&severity=ERROR&severity=FATAL&search=card+declined");
    await expect.poll(() => peer.heard[0]).toEqual({ notices: true, since: null, filter: 'service:shop (severity:ERROR OR severity:FATAL) "card" "declined"' });
  });

  it("shows records as they come, and is accessible", async () => {
    const { peer } = await openTail();
    peer.say([record(1), record(2)]);
    const rows = await within(await screen.findByRole("list", { name: "Log records" })).findAllByRole("listitem");
    expect(rows.map((row) => row.textContent)).toEqual([expect.stringContaining("line 1"), expect.stringContaining("line 2")]);
    expect(await accessibilityFaults()).toEqual([]);
  });

  it("stands still while one reads further up, and counts what is new", async () => {
    const { peer } = await openTail();
    peer.say([record(1)]);
    fireEvent.wheel(await screen.findByRole("region", { name: "Live log records" }), { deltaY: -100 });
    peer.say([record(2), record(3)]);
    await userEvent.click(await screen.findByRole("button", { name: "2 new" }));
    expect(await screen.findByText("line 3")).toBeVisible();
    expect(screen.queryByRole("button", { name: /new/ })).toBeNull();
  });

  it("resumes on End", async () => {
    const { peer } = await openTail();
    peer.say([record(1)]);
    await userEvent.click(await screen.findByRole("button", { name: "Pause" }));
    peer.say([record(2)]);
    await screen.findByRole("button", { name: "1 new" });
    expect(screen.queryByText("line 2")).toBeNull();
    await userEvent.keyboard("{End}");
    expect(await screen.findByText("line 2")).toBeVisible();
  });

  it("says where records are missing", async () => {
    const { peer } = await openTail();
    peer.say({ notice: "gap", reason: "slow", missed: 214, since: "1" });
    expect(await screen.findByText(/214 records left out here/)).toBeVisible();
  });

  it("says that the connection is lost", async () => {
    const { peer } = await openTail();
    peer.say([record(1)]);
    await screen.findByText("line 1");
    peer.cut();
    expect(await screen.findByText("Connection lost, trying again…")).toBeVisible();
    expect(screen.getByText("line 1")).toBeVisible();
  });
});
