/** Names what the AI said of log records like one, and what it would be sent. */

/** A piece that a claim cites; `kind` and `id` are null for one that does not exist. `trace_id` and `at` say where it can be seen. */
export type Evidence = { name: string; kind: "log" | "span" | "pattern" | "trace" | null; id: string | null; trace_id?: string | null; at?: string | null };
/** What the model holds to be true; `verified`: it cites evidence, and all of that, and all that its text names, exists. */
export type Claim = { text: string; evidence: Evidence[]; verified: boolean };
/** `structured` is false when the model did not keep to the form; then `summary` is all of its text. `unverified_ids` were not in the evidence; `unverified_checks` are the positions of checks that name one. */
export type InsightDetails = { structured: boolean; summary: string; causes: Claim[]; checks: string[]; confidence: string | null; unverified_ids: string[]; summary_verified?: boolean; unverified_checks?: number[] };
export type Insight = { insight: string | null; status: "ready" | "pending" | "none" | "disabled"; details: InsightDetails | null; model: string | null; created_at: string | null };
/** Exactly what would be sent, where to, and about the most tokens it costs; `model` and `endpoint` are null when there is none. */
export type InsightPreview = { model: string | null; endpoint: string | null; messages: { role: string; content: string }[]; most_tokens: number };
