/** Owns loading the outline of a trace in a worker, so that a large one never holds up the page. */
import { ApiError } from "./client";
import type { TraceOutline } from "./readSkeleton";

export type Said = { outline?: TraceOutline; problem?: { status: number; code: string; message: string; field: string | null } };

/** Raises ApiError; ends the work when the signal says so. */
export function loadOutline(traceId: string, signal: AbortSignal): Promise<TraceOutline> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL("./skeletonWorker.ts", import.meta.url), { type: "module" });
    const end = () => worker.terminate();
    signal.addEventListener("abort", () => {
      end();
      reject(new DOMException("Nobody waits for this trace any more", "AbortError"));
    });
    worker.addEventListener("error", () => {
      end();
      reject(new ApiError(0, "unreadable", "The trace could not be read."));
    });
    worker.addEventListener("message", ({ data }: MessageEvent<Said>) => {
      end();
      if (data.outline !== undefined) resolve(data.outline);
      else if (data.problem !== undefined) reject(new ApiError(data.problem.status, data.problem.code, data.problem.message, data.problem.field));
    });
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker has no other origin
    worker.postMessage(traceId);
  });
}
