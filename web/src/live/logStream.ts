/** Owns a live tail of log records: what is on display, what is held back while it is paused, and how the connection is. */
import { LogBuffer, type StreamRow } from "./logBuffer";
import { LiveSocket, liveAddress, type SocketOptions, type SocketState } from "./socket";
import type { Log, Notice } from "./types";

/** What a page shows. `received` counts records since it was opened, `waiting` those that a pause holds back; `problem` is what the server said about the filter. */
export type LogStreamView = { rows: readonly StreamRow[]; state: SocketState; received: number; waiting: number; problem: string | null };

const silenceMs = 45_000;
/** How many of the newest rows are kept. */
export const capacity = 2_000;

const nothing: LogStreamView = { rows: [], state: "closed", received: 0, waiting: 0, problem: null };

/** While open it watches, resumes where it was after each interruption, and tells its listeners of each change. */
export class LogStream {
  view = nothing;
  private readonly listeners = new Set<() => void>();
  private readonly options: Partial<SocketOptions> & { capacity?: number };
  private buffer: LogBuffer;
  private socket: LiveSocket | null = null;
  private filter = "";
  private paused = false;
  private held = 0;

  constructor(options: Partial<SocketOptions> & { capacity?: number } = {}) {
    this.options = options;
    this.buffer = new LogBuffer(options.capacity ?? capacity);
  }

  /** Begins to watch, from now on. */
  open(): void {
    this.socket = new LiveSocket({
      address: () => liveAddress("/ws"),
      silenceMs,
      ...this.options,
      greeting: () => ({ notices: true, filter: this.filter || null, since: this.buffer.lastId }),
      onMessage: (message) => (Array.isArray(message) ? this.take(message as Log[]) : this.heed(message as Notice)),
      onState: (state) => this.show({ state }),
    });
  }

  /** Ends watching, and forgets what was on display. */
  close(): void {
    this.socket?.close();
    this.socket = null;
    this.buffer = new LogBuffer(this.options.capacity ?? capacity);
    this.clear();
    this.show({ received: 0 });
  }

  /** Shows what matches another filter, from now on. */
  setFilter(filter: string): void {
    if (filter === this.filter) return;
    this.filter = filter;
    this.clear();
    this.socket?.send({ filter: filter || null });
  }

  /** Holds new records back, or shows those that were. */
  setPaused(paused: boolean): void {
    this.paused = paused;
    if (!paused) this.held = 0;
    this.show({});
  }

  clear(): void {
    this.buffer.clear();
    this.held = 0;
    this.show({ rows: [], problem: null });
  }

  /** Calls `listener` after each change of `view`, until the function that it returns is called. */
  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  private take(logs: Log[]): void {
    const fresh = this.buffer.add(logs);
    if (fresh === 0) return;
    if (this.paused) this.held += fresh;
    this.show({ received: this.view.received + fresh });
  }

  private heed(notice: Notice): void {
    if (notice.notice === "gap") this.buffer.gap(notice.missed);
    if (notice.notice === "watching") this.buffer.rewind(notice.since);
    if (notice.notice === "error") this.show({ problem: notice.message });
    else if (notice.notice === "watching") this.show({ problem: null });
    else this.show({});
  }

  private show(change: Partial<LogStreamView>): void {
    const rows = this.paused ? this.view.rows : this.buffer.rows;
    const next = { ...this.view, rows, waiting: this.held, ...change };
    const same = (Object.keys(next) as (keyof LogStreamView)[]).every((key) => next[key] === this.view[key]);
    if (same) return;
    this.view = next;
    for (const listener of this.listeners) listener();
  }
}
