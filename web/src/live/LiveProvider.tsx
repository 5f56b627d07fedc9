/** Owns live mode: while it is on, snapshots flow into the query cache under `['live', …]`. */
import { useQueryClient } from "@tanstack/react-query";
import { createContext, useContext, useEffect, useMemo, useRef, useState, type ReactNode } from "react";
import { liveEventsQuery, liveHealthQuery } from "./liveQueries";
import { LiveSocket, liveAddress, type SocketState } from "./socket";
import type { EventSnapshot, Health } from "./types";

type Live = { on: boolean; setOn: (on: boolean) => void; state: SocketState; watch: (service: string | null) => void };

const LiveContext = createContext<Live | null>(null);
const healthSilenceMs = 15_000;

/** Live mode: whether it is on, how its connection is, and which service it watches. */
export function useLive(): Live {
  const live = useContext(LiveContext);
  if (live === null) throw new Error("useLive needs a LiveProvider above it");
  return live;
}

export function LiveProvider({ children }: { children: ReactNode }) {
  const [on, setOn] = useState(false);
  const [state, setState] = useState<SocketState>("closed");
  const [service, watch] = useState<string | null>(null);
  const events = useRef<LiveSocket | null>(null);
  const watched = useRef(service);
  const cache = useQueryClient();

  useEffect(() => {
    if (!on) return;
    const socket = new LiveSocket({
      address: () => liveAddress("/ws/events"),
      greeting: () => (watched.current === null ? undefined : { service: watched.current }),
      onMessage: (message) => {
        const snapshot = message as EventSnapshot;
        cache.setQueryData(liveEventsQuery(snapshot.service).queryKey, snapshot);
      },
      onState: setState,
    });
    const health = new LiveSocket({
      address: () => liveAddress("/ws/health"),
      silenceMs: healthSilenceMs,
      onMessage: (message) => cache.setQueryData(liveHealthQuery.queryKey, message as Health),
      // snapshots only come when something changes: that theirs is dead shows on the other connection
      onState: (now) => now === "waiting" && socket.renew(),
    });
    events.current = socket;
    return () => {
      events.current = null;
      socket.close();
      health.close();
    };
  }, [on, cache]);

  useEffect(() => {
    watched.current = service;
    events.current?.send({ service });
  }, [service]);

  const live = useMemo(() => ({ on, setOn, state, watch }), [on, state]);
  return <LiveContext value={live}>{children}</LiveContext>;
}
