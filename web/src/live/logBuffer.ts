/** Owns the log records on display: the newest ones in order of arrival, each once, with the gaps between them. */
import type { Log } from "./types";

/** A row of the stream. A gap stands where records are missing; how many is null when nobody counted. */
export type StreamRow = { kind: "log"; log: Log } | { kind: "gap"; id: string; missed: number | null };

/** Keeps the newest `capacity` rows. Ids are texts in the order of arrival. */
export class LogBuffer {
  rows: readonly StreamRow[] = [];
  lastId: string | null = null;

  constructor(private readonly capacity: number) {}

  /** Adds what is new, and says how many records that were. */
  add(logs: Log[]): number {
    const last = this.lastId;
    const fresh = last === null ? logs : logs.filter((log) => log.id > last);
    if (fresh.length === 0) return 0;
    this.lastId = fresh.at(-1)?.id ?? last;
    this.append(fresh.map((log) => ({ kind: "log", log })));
    return fresh.length;
  }

  gap(missed: number | null): void {
    this.append([{ kind: "gap", id: `gap after ${this.lastId ?? "nothing"} ${this.rows.length}`, missed }]);
  }

  /** The stream is only so far: a server whose data began anew counts from the beginning. */
  rewind(to: string): void {
    if (this.lastId !== null && to < this.lastId) this.lastId = to;
  }

  /** Forgets the rows, not how far the stream was. */
  clear(): void {
    this.rows = [];
  }

  private append(rows: StreamRow[]): void {
    this.rows = [...this.rows, ...rows].slice(-this.capacity);
  }
}
