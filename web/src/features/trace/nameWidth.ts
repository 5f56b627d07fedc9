/** Owns how wide the name column makes itself: enough for nine rows in ten, never over its share of the page. */
import { shortOperation } from "../../lib/operation";
import { nodeAt, serviceAbove, type SpanTree } from "../../lib/spanTree";

const letter = 6.7;
const peerRoom = 80;

function rowWidth(tree: SpanTree, at: number, indent: number): number {
  const node = nodeAt(tree, at);
  const base = 16 + (tree.levels[at] ?? 0) * indent + 46;
  if (node.type === "missing") return base + 200;
  const service = node.service === serviceAbove(tree, at) ? 0 : node.service.length * 7.1 + 22;
  const peer = node.kind === "CLIENT" || node.kind === "PRODUCER" ? peerRoom : 0;
  return base + service + shortOperation(node.operation).length * letter + peer + (node.type === "group" ? 30 : 0) + 16;
}

/** Pixels for the names of these rows beside a page `available` pixels wide. */
export function nameWidth(tree: SpanTree, rows: Int32Array, indent: number, available: number): number {
  const widths = Array.from(rows.subarray(0, 500), (at) => rowWidth(tree, at, indent)).sort((a, b) => a - b);
  const enough = widths[Math.floor(widths.length * 0.9)] ?? 260;
  const most = available < 600 ? available * 0.56 : available * 0.44;
  return Math.min(Math.max(enough, 220), Math.max(most, 160));
}
