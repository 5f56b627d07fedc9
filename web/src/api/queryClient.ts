/** Owns the query cache's rules: what is retried and how long an answer is fresh. */
import { QueryClient } from "@tanstack/react-query";
import { ApiError } from "./client";

/** Only what may pass by itself is tried again: no answer at all, and 503. */
const mayPass = (error: unknown) => error instanceof ApiError && (error.status === 0 || error.status === 503);

export const makeQueryClient = (): QueryClient =>
  new QueryClient({
    defaultOptions: {
      queries: { staleTime: 10_000, retry: (failures, error) => failures < 1 && mayPass(error), retryDelay: 800 },
    },
  });
