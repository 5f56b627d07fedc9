/** Owns what a span says about the other side: its protocol, its peer and the facts worth a pill. */
import type { Span } from "../api/types";

export type Protocol = "database" | "messaging" | "rpc" | "http" | "internal";

const first = (span: Span, ...keys: string[]): string | null => {
  for (const key of keys) {
    const value = span.attributes[key];
    if (typeof value === "string" && value !== "") return value;
    if (typeof value === "number") return String(value);
  }
  return null;
};

/** The protocol a span speaks, by the semantic conventions, old and new names alike. */
export function protocolOf(span: Span): Protocol {
  if (first(span, "db.system.name", "db.system") !== null) return "database";
  if (first(span, "messaging.system") !== null || span.kind === "PRODUCER" || span.kind === "CONSUMER") return "messaging";
  if (first(span, "rpc.system", "rpc.system.name") !== null) return "rpc";
  if (first(span, "http.request.method", "http.method", "http.response.status_code", "http.status_code") !== null) return "http";
  return "internal";
}

/** What the kind alone tells. */
export const protocolOfKind = (kind: Span["kind"]): Protocol => (kind === "PRODUCER" || kind === "CONSUMER" ? "messaging" : "internal");

/** The uninstrumented other side of an outgoing call: a database system, a queue, a host. */
export function peerOf(span: Span): string | null {
  if (span.kind !== "CLIENT" && span.kind !== "PRODUCER") return null;
  return first(span, "peer.service", "service.peer.name", "db.system.name", "db.system", "messaging.destination.name", "messaging.system", "server.address", "net.peer.name");
}

/** The HTTP status when there is one; from 400 on it is worth a pill. */
export function httpStatusOf(span: Span): number | null {
  const value = first(span, "http.response.status_code", "http.status_code");
  return value === null ? null : Number(value);
}
