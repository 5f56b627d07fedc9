/** Owns the keys under which live snapshots lie in the query cache; nothing is ever fetched for them. */
import { queryOptions, skipToken } from "@tanstack/react-query";
import type { EventSnapshot, Health } from "./types";

/** The newest snapshot of one service, or (null) of all. */
export const liveEventsQuery = (service: string | null) =>
  queryOptions<EventSnapshot>({ queryKey: ["live", "events", service], queryFn: skipToken, staleTime: Infinity });

/** How Argus itself is doing, every few seconds. */
export const liveHealthQuery = queryOptions<Health>({ queryKey: ["live", "health"], queryFn: skipToken, staleTime: Infinity });
