/** Owns the left half of a row: indent guides, child count, kind, service where it changes, operation, peer. */
import { ArrowRightLeft, Database, Globe, MessageSquareShare } from "lucide-react";
import { ErrorMark } from "../../components/ErrorMark";
import { ServiceDot } from "../../components/Service";
import { serviceColor } from "../../lib/colors";
import { shortOperation, splitOperation } from "../../lib/operation";
import { httpStatusOf, type Protocol, peerOf, protocolOf } from "../../lib/peer";
import { type Row, serviceOf } from "../../lib/spanRows";
import type { TreeNode } from "../../lib/spanTree";
import classes from "./NameCell.module.css";

const icons: Record<Protocol, typeof Globe | null> = { http: Globe, rpc: ArrowRightLeft, database: Database, messaging: MessageSquareShare, internal: null };

/** Levels above a row whose line passes it by; no more than a few dozen are drawn. */
function passing(row: Row): number[] {
  const levels: number[] = [];
  let level = row.depth - 1;
  for (let at = row.guide.above; at !== null && level > 0 && row.depth - level < 40; at = at.above, level -= 1) {
    if (at.goesOn) levels.push(level - 1);
  }
  return levels;
}

function Guides({ row, indent }: { row: Row; indent: number }) {
  const x = (level: number) => 8 + level * indent + 9;
  if (indent < 4) return null;
  return (
    <>
      {passing(row).map((level) => (
        <span key={level} className={classes.guide} style={{ left: x(level) }} />
      ))}
      {row.depth > 0 && <span className={classes.elbow} data-last={!row.guide.goesOn || undefined} style={{ left: x(row.depth - 1), width: Math.max(indent - 9 + 1, 3) }} />}
    </>
  );
}

function Toggle({ row, onToggle }: { row: Row; onToggle: (key: string) => void }) {
  const { node, open } = row;
  if (node.children.length === 0) return <span className={classes.leaf} style={{ background: serviceColor(serviceOf(node) ?? "") }} />;
  const hidden = node.kind === "group" ? node.children.length : node.count - 1;
  const children = node.children.reduce((sum, child) => sum + (child.kind === "group" ? child.children.length : 1), 0);
  const text = node.kind === "group" ? `×${hidden}` : String(open ? children : hidden);
  const label = node.kind === "group" ? `${text}: ${open ? "show the notable ones only" : "show all"}` : `${open ? "Collapse" : "Expand"} ${text}`;
  return (
    <button
      type="button"
      tabIndex={-1}
      className={classes.toggle}
      data-closed={!open || undefined}
      aria-label={label}
      title={label}
      onClick={(event) => {
        event.stopPropagation();
        onToggle(node.key);
      }}
    >
      {text}
    </button>
  );
}

function Operation({ name }: { name: string }) {
  const { head, tail } = splitOperation(shortOperation(name));
  return (
    <span className={classes.operation} title={name}>
      <span className={classes.head}>{head}</span>
      {tail !== "" && <span className={classes.tail}>{tail}</span>}
    </span>
  );
}

function errorLabel(node: TreeNode): string | null {
  if (node.errors === 0) return null;
  if (node.kind === "span" && node.span.status === "ERROR") return "error";
  return `${node.errors} ${node.errors === 1 ? "error" : "errors"} inside`;
}

export function NameCell({ row, indent, room, onToggle }: { row: Row; indent: number; room: number; onToggle: (key: string) => void }) {
  const { node } = row;
  const failed = errorLabel(node);
  const own = node.kind === "span" && node.span.status === "ERROR";
  const mark = failed !== null && (own || !row.open || node.kind === "group") && <ErrorMark label={failed} inside={!own} size={13} />;
  const span = node.kind === "span" ? node.span : node.kind === "group" ? node.like : null;
  const content = { paddingLeft: 8 + row.depth * indent };
  if (span === null) {
    return (
      <div className={classes.cell} style={content}>
        <Guides row={row} indent={indent} />
        <Toggle row={row} onToggle={onToggle} />
        {mark}
        <span className={classes.missing}>{node.kind === "missing" && `parent ${node.spanId.slice(0, 8)} has not arrived`}</span>
      </div>
    );
  }
  const Icon = icons[protocolOf(span)];
  const peer = peerOf(span);
  const status = httpStatusOf(span);
  const named = span.service_name !== row.parentService;
  return (
    <div className={classes.cell} style={content}>
      <Guides row={row} indent={indent} />
      <Toggle row={row} onToggle={onToggle} />
      {Icon !== null && room > 150 && <Icon size={13} className={classes.icon} aria-label={protocolOf(span)} />}
      {mark}
      {named && (
        <span className={classes.service} title={span.service_name}>
          <ServiceDot name={span.service_name} />
          {room > 180 && <span>{span.service_name}</span>}
        </span>
      )}
      <Operation name={span.operation_name} />
      {peer !== null && room > 210 && <span className={classes.peer}>→ {peer}</span>}
      {status !== null && status >= 400 && room > 200 && <span className={classes.pill}>{status}</span>}
      {row.note !== null && room > 200 && <span className={classes.note}>{row.note}</span>}
    </div>
  );
}
