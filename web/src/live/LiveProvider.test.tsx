/** Live mode writes what the server shows into the query cache, and only while it is on. */
import { QueryClient, QueryClientProvider, useQuery } from "@tanstack/react-query";
import { act, renderHook } from "@testing-library/react";
import type { ReactNode } from "react";
import { expect, onTestFinished, test, vi } from "vitest";
import { LiveProvider, useLive } from "./LiveProvider";
import { liveEventsQuery, liveHealthQuery } from "./liveQueries";
import { liveServer } from "../testing/liveServer";

function open() {
  const cache = new QueryClient();
  const wrapper = ({ children }: { children: ReactNode }) => (
    <QueryClientProvider client={cache}>
      <LiveProvider>{children}</LiveProvider>
    </QueryClientProvider>
  );
  const view = renderHook(() => ({ live: useLive(), events: useQuery(liveEventsQuery(null)).data, health: useQuery(liveHealthQuery).data }), { wrapper });
  onTestFinished(() => {
    view.unmount();
    cache.clear();
  });
  return { ...view, cache };
}

const snapshot = (service: string | null, generated_at: string) => ({ service, generated_at, dashboard: {}, traces: [] });

test("nothing connects until live mode is on, and nothing stays connected after it", async () => {
  const server = await liveServer();
  const { result } = open();
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(server.control.attempts).toBe(0);
  act(() => result.current.live.setOn(true));
  await server.peer(0, "/ws/events");
  await vi.waitFor(() => expect(result.current.live.state).toBe("open"));
  act(() => result.current.live.setOn(false));
  await vi.waitFor(() => expect(result.current.live.state).toBe("closed"));
});

test("snapshots and health reach those who read them from the cache", async () => {
  const server = await liveServer();
  const { result } = open();
  act(() => result.current.live.setOn(true));
  const events = await server.peer(0, "/ws/events");
  const health = await server.peer(0, "/ws/health");
  events.say(snapshot(null, "1"));
  health.say({ status: "ok" });
  await vi.waitFor(() => expect(result.current.events).toMatchObject({ generated_at: "1" }));
  await vi.waitFor(() => expect(result.current.health).toEqual({ status: "ok" }));
  events.say(snapshot(null, "2"));
  await vi.waitFor(() => expect(result.current.events).toMatchObject({ generated_at: "2" }));
});

test("the watched service is asked for, at once and on each new connection", async () => {
  const server = await liveServer();
  const { result, cache } = open();
  act(() => result.current.live.setOn(true));
  const first = await server.peer(0, "/ws/events");
  await vi.waitFor(() => expect(result.current.live.state).toBe("open"));
  act(() => result.current.live.watch("shop"));
  await vi.waitFor(() => expect(first.heard).toEqual([{ service: "shop" }]));
  first.say(snapshot("shop", "1"));
  await vi.waitFor(() => expect(cache.getQueryData(liveEventsQuery("shop").queryKey)).toMatchObject({ generated_at: "1" }));
  first.cut();
  const second = await server.peer(1, "/ws/events");
  await vi.waitFor(() => expect(second.heard).toEqual([{ service: "shop" }]));
});

test("where health falls silent the snapshots' connection is made anew as well", async () => {
  const server = await liveServer();
  const { result } = open();
  act(() => result.current.live.setOn(true));
  await server.peer(0, "/ws/events");
  await vi.waitFor(() => expect(result.current.live.state).toBe("open"));
  (await server.peer(0, "/ws/health")).cut();
  await server.peer(1, "/ws/events");
  await vi.waitFor(() => expect(result.current.live.state).toBe("open"));
});
