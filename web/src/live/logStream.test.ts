/** A live tail shows each record once and in order, through interruptions, pauses and gaps. */
import { act, renderHook } from "@testing-library/react";
import { expect, onTestFinished, test, vi } from "vitest";
import { aLog } from "../testing/builders";
import { LogBuffer } from "./logBuffer";
import { LogStream } from "./logStream";
import { liveServer } from "../testing/liveServer";
import type { StreamRow } from "./logBuffer";
import { useLogStream } from "./useLogStream";

const id = (number: number) => number.toString(16).padStart(16, "0");
const log = (number: number) => ({ ...aLog({ id: id(number), body: `${number}` }) });
const logs = (from: number, to: number) => Array.from({ length: to - from }, (_, at) => log(from + at));
const shown = (rows: readonly StreamRow[]) => rows.map((row) => (row.kind === "log" ? row.log.body : `gap ${row.missed}`));

function watch(filter = "") {
  const stream = new LogStream({ firstDelayMs: 20, capacity: 5 });
  stream.setFilter(filter);
  stream.open();
  onTestFinished(() => stream.close());
  return stream;
}

test("the buffer keeps the newest rows and takes no record twice", () => {
  const buffer = new LogBuffer(4);
  expect(buffer.add(logs(1, 4))).toBe(3);
  expect(buffer.add(logs(2, 4))).toBe(0);
  buffer.gap(7);
  buffer.add(logs(3, 6));
  expect(shown(buffer.rows)).toEqual(["3", "gap 7", "4", "5"]);
  expect(buffer.lastId).toBe(id(5));
});

test("after an interruption it asks for what came since and shows nothing twice", async () => {
  const server = await liveServer();
  const stream = watch("red");
  const first = await server.peer(0);
  await vi.waitFor(() => expect(first.heard).toEqual([{ notices: true, filter: "red", since: null }]));
  first.say(logs(1, 3));
  await vi.waitFor(() => expect(shown(stream.view.rows)).toEqual(["1", "2"]));
  first.cut();
  const second = await server.peer(1);
  await vi.waitFor(() => expect(second.heard).toEqual([{ notices: true, filter: "red", since: id(2) }]));
  second.say(logs(2, 5));
  await vi.waitFor(() => expect(shown(stream.view.rows)).toEqual(["1", "2", "3", "4"]));
  expect(stream.view.state).toBe("open");
});

test("a server whose data began anew is believed, though its ids are smaller", async () => {
  const server = await liveServer();
  const stream = watch();
  const first = await server.peer(0);
  first.say(logs(7, 9));
  await vi.waitFor(() => expect(shown(stream.view.rows)).toEqual(["7", "8"]));
  first.cut();
  const second = await server.peer(1);
  second.say({ notice: "watching", filter: null, since: id(0) });
  second.say(logs(1, 3));
  await vi.waitFor(() => expect(shown(stream.view.rows)).toEqual(["7", "8", "1", "2"]));
});

test("gaps are rows, problems with the filter are told, and a filter that works ends them", async () => {
  const server = await liveServer();
  const stream = watch();
  const peer = await server.peer(0);
  await vi.waitFor(() => expect(peer.heard).toHaveLength(1));
  peer.say({ notice: "gap", reason: "slow", missed: 3, since: id(0) });
  peer.say({ notice: "error", code: "invalid_argument", message: "a bracket is open", field: "filter" });
  await vi.waitFor(() => expect(stream.view.problem).toBe("a bracket is open"));
  expect(shown(stream.view.rows)).toEqual(["gap 3"]);
  stream.setFilter("blue");
  await vi.waitFor(() => expect(peer.heard.at(-1)).toEqual({ filter: "blue" }));
  peer.say({ notice: "watching", filter: "blue", since: id(0) });
  await vi.waitFor(() => expect(stream.view.problem).toBeNull());
  expect(stream.view.rows).toEqual([]);
});

test("a pause holds records back and counts them, and its end shows them", async () => {
  const server = await liveServer();
  const stream = watch();
  const peer = await server.peer(0);
  peer.say(logs(1, 3));
  await vi.waitFor(() => expect(stream.view.rows).toHaveLength(2));
  stream.setPaused(true);
  peer.say(logs(3, 5));
  await vi.waitFor(() => expect(stream.view.waiting).toBe(2));
  expect(shown(stream.view.rows)).toEqual(["1", "2"]);
  stream.setPaused(false);
  expect(shown(stream.view.rows)).toEqual(["1", "2", "3", "4"]);
  expect(stream.view.waiting).toBe(0);
});

test("a component watches while it is on, and lets go when it is off or gone", async () => {
  const server = await liveServer();
  const { result, rerender, unmount } = renderHook(({ on, filter }) => useLogStream(filter, { on }), { initialProps: { on: false, filter: "a" } });
  expect(result.current.state).toBe("closed");
  rerender({ on: true, filter: "a" });
  const peer = await server.peer(0);
  await vi.waitFor(() => expect(peer.heard.at(-1)).toMatchObject({ filter: "a" }));
  act(() => peer.say(logs(1, 2)));
  await vi.waitFor(() => expect(shown(result.current.rows)).toEqual(["1"]));
  rerender({ on: true, filter: "b" });
  await vi.waitFor(() => expect(peer.heard.at(-1)).toEqual({ filter: "b" }));
  expect(server.peers).toHaveLength(1);
  rerender({ on: false, filter: "b" });
  expect(result.current).toMatchObject({ rows: [], state: "closed" });
  unmount();
});
