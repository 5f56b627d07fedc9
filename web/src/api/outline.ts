/** Owns loading the outline of a trace: a worker, which starts while the answer is on its way, reads it, so that a large one never holds up the page. */
import { ApiError, getBytes } from "./client";
import type { TraceOutline } from "./readOutline";

/** Raises ApiError as `get` does; ends the work when the signal says so. */
export async function loadOutline(traceId: string, signal: AbortSignal): Promise<TraceOutline> {
  const worker = new Worker(new URL("./outlineWorker.ts", import.meta.url), { type: "module" });
  const bytes = await getBytes(`/api/traces/${encodeURIComponent(traceId)}`, { view: "columns" }, signal).catch((cause: unknown) => {
    // not ended from here: were its script still on the way, the browser would go on waiting for that
    say(worker, null);
    throw cause;
  });
  return new Promise<TraceOutline>((resolve, reject) => {
    signal.addEventListener("abort", () => reject(new DOMException("Nobody waits for this trace any more", "AbortError")));
    worker.addEventListener("error", () => {
      worker.terminate();
      reject(new ApiError(0, "unreadable", "The trace could not be read."));
    });
    worker.addEventListener("message", ({ data }: MessageEvent<TraceOutline>) => resolve(data));
    say(worker, bytes);
  });
}

function say(worker: Worker, bytes: ArrayBuffer | null) {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker has no other origin
  worker.postMessage(bytes, bytes === null ? [] : [bytes]);
}
