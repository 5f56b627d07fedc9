/** Owns the worker's end: the bytes of an answer come in, the outline of the trace goes out. */
import { buffersOf, readOutline } from "./readOutline";

addEventListener("message", (event: MessageEvent<ArrayBuffer>) => {
  const outline = readOutline(event.data);
  postMessage(outline, { transfer: buffersOf(outline) as ArrayBuffer[] });
});
