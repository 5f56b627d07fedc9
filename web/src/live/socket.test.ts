/** A live socket comes back whatever happens to it, not in a hurry, and says how it is. */
import { expect, onTestFinished, test, vi } from "vitest";
import { backoff, LiveSocket, type SocketOptions, type SocketState } from "./socket";
import { liveServer } from "../testing/liveServer";

function connect(host: string, options: Partial<SocketOptions> = {}) {
  const messages: unknown[] = [];
  const states: SocketState[] = [];
  const socket = new LiveSocket({
    address: () => `ws://${host}/ws`,
    onMessage: (message) => messages.push(message),
    onState: (state) => states.push(state),
    firstDelayMs: 20,
    ...options,
  });
  onTestFinished(() => socket.close());
  return { socket, messages, states };
}

test("messages arrive decoded", async () => {
  const server = await liveServer();
  const { messages } = connect(server.host);
  (await server.peer(0)).say({ a: [1] });
  await vi.waitFor(() => expect(messages).toEqual([{ a: [1] }]));
});

test.each([["the server goes away", 1001], ["the server is full", 1013]])("it comes back when %s, and greets again", async (_, code) => {
  const server = await liveServer();
  let greetings = 0;
  const { states, socket } = connect(server.host, { greeting: () => ({ greeting: (greetings += 1) }) });
  const first = await server.peer(0);
  await vi.waitFor(() => expect(first.heard).toEqual([{ greeting: 1 }]));
  first.close(code);
  const second = await server.peer(1);
  await vi.waitFor(() => expect(second.heard).toEqual([{ greeting: 2 }]));
  expect(states).toEqual(["connecting", "open", "waiting", "connecting", "open"]);
  socket.send({ more: true });
  await vi.waitFor(() => expect(second.heard).toHaveLength(2));
});

test("it comes back when the connection is cut", async () => {
  const server = await liveServer();
  connect(server.host);
  (await server.peer(0)).cut();
  await server.peer(1);
});

test("silence counts as a lost connection, signs of life do not", async () => {
  const server = await liveServer();
  connect(server.host, { silenceMs: 150 });
  const first = await server.peer(0);
  const beat = setInterval(() => first.say({}), 30);
  await new Promise((resolve) => setTimeout(resolve, 400));
  expect(server.peers).toHaveLength(1);
  clearInterval(beat);
  await server.peer(1);
});

test("a closed socket stays closed", async () => {
  const server = await liveServer();
  const { socket, states } = connect(server.host);
  await server.peer(0);
  socket.close();
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect(states.at(-1)).toBe("closed");
  expect(server.peers).toHaveLength(1);
});

test("attempts that fail become rare, and being online again hurries the next", async () => {
  const server = await liveServer();
  server.control.refuse = true;
  const { states } = connect(server.host, { firstDelayMs: 60, longestDelayMs: 600_000 });
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  expect(server.control.attempts).toBeGreaterThan(1);
  expect(server.control.attempts).toBeLessThan(8);
  server.control.refuse = false;
  await vi.waitFor(() => expect(states.at(-1)).toBe("waiting"));
  dispatchEvent(new CustomEvent("online"));
  await server.peer(0);
});

test("the pause doubles up to the longest, and is between half and all of that", () => {
  const pauses = [0, 1, 2, 3, 10, 1000].map((attempt) => backoff(attempt, 500, 30_000, () => 1));
  expect(pauses).toEqual([500, 1000, 2000, 4000, 30_000, 30_000]);
  expect(backoff(2, 500, 30_000, () => 0)).toBe(1000);
});
