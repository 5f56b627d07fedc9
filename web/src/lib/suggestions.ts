/** Names what the filter's editor is offered to write. */
import type { Writing } from "./filterTokens";

/** Something to write: `insert` replaces what is being written; `whole` when nothing has to follow it. */
export type Suggestion = { label: string; insert: string; says: string; count: number | null; kind: "field" | "attribute" | "value"; whole: boolean };
/** `counted` of `total` records were looked at for the counts; equal when all were. */
export type Suggestions = { list: Suggestion[]; counted: number; total: number };
export type Completer = (writing: Writing) => Promise<Suggestions>;
