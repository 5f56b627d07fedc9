/** Owns reading what the AI said of a log record: structured if it kept to the form, plain text if not. */
import { type Fields, fieldsOf, listOf, textOf } from "./reading";

/** Something a claim rests on: a span, a log record, a trace; `verified` says whether it exists, null when nobody looked. */
export type Evidence = { kind: string; id: string; traceId: string; says: string; verified: boolean | null };
export type Insight = {
  status: "ready" | "pending" | "none" | "disabled";
  /** The whole as text, for when there is nothing else. */
  text: string;
  summary: string;
  cause: string;
  checks: string[];
  evidence: Evidence[];
  confidence: string;
  model: string;
  createdAt: string;
  problem: string;
};

const percent = (value: unknown): string => (typeof value === "number" ? `${Math.round((value <= 1 ? value * 100 : value))} %` : typeof value === "string" ? value : "");

function evidenceOf(entry: unknown): Evidence {
  if (typeof entry === "string") return { kind: "", id: entry, traceId: "", says: "", verified: null };
  const fields = fieldsOf(entry);
  const [span, log, trace] = [textOf(fields, "span_id"), textOf(fields, "log_id"), textOf(fields, "trace_id")];
  const verified = fields.verified ?? fields.exists;
  return {
    kind: textOf(fields, "kind", "type") || (span !== "" ? "span" : log !== "" ? "log" : trace !== "" ? "trace" : ""),
    id: textOf(fields, "id") || span || log || trace,
    traceId: trace,
    says: textOf(fields, "claim", "text", "note", "why"),
    verified: typeof verified === "boolean" ? verified : null,
  };
}

const textsOf = (fields: Fields, ...names: string[]): string[] => {
  const value = names.map((name) => fields[name]).find((one) => one !== undefined && one !== null);
  return typeof value === "string" ? [value] : listOf(value).map((one) => (typeof one === "string" ? one : textOf(fieldsOf(one), "text", "check", "title")));
};

export function readInsight(answer: unknown): Insight {
  const body = fieldsOf(answer);
  const details = fieldsOf(body.details);
  const status = (["ready", "pending", "none", "disabled"] as const).find((one) => one === body.status) ?? "none";
  return {
    status,
    text: textOf(body, "insight"),
    summary: textOf(details, "summary"),
    cause: textOf(details, "likely_cause", "cause"),
    checks: textsOf(details, "suggested_checks", "checks").filter((text) => text !== ""),
    evidence: listOf(details.evidence ?? details.evidence_ids).map(evidenceOf).filter(({ id }) => id !== ""),
    confidence: percent(details.confidence),
    model: textOf(body, "model"),
    createdAt: textOf(body, "created_at"),
    problem: textOf(body, "problem", "error", "reason") || textOf(details, "problem", "error"),
  };
}

/** What would be sent, as one text: the messages one after another, or the JSON as it is. */
export function previewText(answer: unknown): string {
  const body = fieldsOf(answer);
  const messages = listOf(body.messages);
  if (messages.length > 0) return messages.map((message) => `${textOf(fieldsOf(message), "role").toUpperCase()}\n${textOf(fieldsOf(message), "content")}`).join("\n\n");
  return textOf(body, "prompt", "text", "preview") || JSON.stringify(answer, null, 2);
}
