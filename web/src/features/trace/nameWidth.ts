/** Owns how wide the name column makes itself: enough for nine rows in ten, never over its share of the page. */
import { shortOperation } from "../../lib/operation";
import { peerOf } from "../../lib/peer";
import type { Row } from "../../lib/spanRows";

const letter = 6.7;

function rowWidth(row: Row, indent: number): number {
  const base = 16 + row.depth * indent + 46;
  if (row.node.kind === "missing") return base + 200;
  const span = row.node.kind === "span" ? row.node.span : row.node.like;
  const service = span.service_name === row.parentService ? 0 : span.service_name.length * 7.1 + 22;
  const peer = peerOf(span);
  return base + service + shortOperation(span.operation_name).length * letter + (peer === null ? 0 : peer.length * letter + 24) + (row.node.kind === "group" ? 30 : 0) + 16;
}

/** Pixels for the names of these rows beside a page `available` pixels wide. */
export function nameWidth(rows: Row[], indent: number, available: number): number {
  const widths = rows.slice(0, 500).map((row) => rowWidth(row, indent)).sort((a, b) => a - b);
  const enough = widths[Math.floor(widths.length * 0.9)] ?? 260;
  const most = available < 600 ? available * 0.56 : available * 0.44;
  return Math.min(Math.max(enough, 220), Math.max(most, 160));
}
