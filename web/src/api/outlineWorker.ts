/** Owns the worker's end: the bytes of an answer come in, the outline of the trace goes out; null when there is none. Then it ends. */
import { buffersOf, readOutline } from "./readOutline";

addEventListener("message", (event: MessageEvent<ArrayBuffer | null>) => {
  if (event.data !== null) {
    const outline = readOutline(event.data);
    postMessage(outline, { transfer: buffersOf(outline) as ArrayBuffer[] });
  }
  close();
});
