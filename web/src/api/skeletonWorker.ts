/** Owns the worker's end: one trace id comes in, its outline or an error goes out. */
import { ApiError } from "./client";
import { buffersOf, readSkeleton } from "./readSkeleton";

addEventListener("message", async (event: MessageEvent<string>) => {
  try {
    const outline = await readSkeleton(event.data);
    postMessage({ outline }, { transfer: buffersOf(outline) as ArrayBuffer[] });
  } catch (cause) {
    const { status, code, message, field } = cause instanceof ApiError ? cause : new ApiError(0, "unreadable", String(cause));
    postMessage({ problem: { status, code, message, field } });
  }
});
