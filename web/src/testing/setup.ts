/** Gives jsdom what a browser has and it lacks: sizes, media queries, observers, scrolling. */
import "@testing-library/jest-dom/vitest";
import { cleanup, configure } from "@testing-library/react";
import { afterEach } from "vitest";
import { readOutline } from "../api/readOutline";

const size = (value: number) => ({ configurable: true, get: () => value });
Object.defineProperties(HTMLElement.prototype, { offsetWidth: size(1400), offsetHeight: size(800), clientWidth: size(1400), clientHeight: size(800) });
Element.prototype.scrollTo = () => {};
window.scrollTo = () => {};
Element.prototype.scrollIntoView = () => {};
HTMLCanvasElement.prototype.getContext = () => null;

class StillObserver implements ResizeObserver {
  constructor(private readonly tell: ResizeObserverCallback) {}
  observe(target: Element) {
    const rect = { width: 1400, height: 800, top: 0, left: 0, right: 1400, bottom: 800, x: 0, y: 0, toJSON: () => ({}) };
    this.tell([{ target, contentRect: rect, borderBoxSize: [{ inlineSize: 1400, blockSize: 800 }], contentBoxSize: [], devicePixelContentBoxSize: [] }], this);
  }
  unobserve() {}
  disconnect() {}
}
globalThis.ResizeObserver = StillObserver;

/** A window 1400 pixels wide, light. */
window.matchMedia = (query: string) => {
  const em = Number(/([\d.]+)em/.exec(query)?.[1] ?? 0) * 16;
  const matches = query.includes("min-width") ? em <= 1400 : query.includes("max-width") ? em >= 1400 : false;
  return { matches, media: query, onchange: null, addEventListener: () => {}, removeEventListener: () => {}, addListener: () => {}, removeListener: () => {}, dispatchEvent: () => true };
};

/** The worker's work without a thread: jsdom has none. */
class WorkerInPlace extends EventTarget {
  terminate() {}
  postMessage(bytes: ArrayBuffer | null) {
    if (bytes !== null) this.dispatchEvent(new MessageEvent("message", { data: readOutline(bytes) }));
  }
}
globalThis.Worker = WorkerInPlace as unknown as typeof Worker;

configure({ asyncUtilTimeout: 10_000 });
afterEach(cleanup);
