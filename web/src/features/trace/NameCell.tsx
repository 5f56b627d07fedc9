/** Owns the left half of a row: indent guides, child count, kind, service where it changes, operation, peer. */
import { ArrowRightLeft, Database, Globe, MessageSquareShare } from "lucide-react";
import { ErrorMark } from "../../components/ErrorMark";
import { ServiceDot } from "../../components/Service";
import { serviceColor } from "../../lib/colors";
import { shortOperation, splitOperation } from "../../lib/operation";
import type { Span } from "../../api/types";
import { httpStatusOf, type Protocol, peerOf, protocolOf, protocolOfKind } from "../../lib/peer";
import { goesOn, hasChildren, isOpen, noteOf, type Toggled } from "../../lib/spanRows";
import { childrenOf, parentOf, serviceAbove, type SpanTree, type TreeNode } from "../../lib/spanTree";
import classes from "./NameCell.module.css";

type OnToggle = (at: number, deep: boolean) => void;

const icons: Record<Protocol, typeof Globe | null> = { http: Globe, rpc: ArrowRightLeft, database: Database, messaging: MessageSquareShare, internal: null };

/** Levels above a row whose line passes it by; no more than a few dozen are drawn. */
function passing(tree: SpanTree, toggled: Toggled, at: number): number[] {
  const levels: number[] = [];
  const level = tree.levels[at] ?? 0;
  let up = parentOf(tree, at);
  for (let above = level - 1; above > 0 && up >= 0 && level - above < 40; above -= 1) {
    if (goesOn(tree, toggled, up)) levels.push(above - 1);
    up = parentOf(tree, up);
  }
  return levels;
}

function Guides({ tree, toggled, at, indent }: { tree: SpanTree; toggled: Toggled; at: number; indent: number }) {
  const x = (level: number) => 8 + level * indent + 9;
  const level = tree.levels[at] ?? 0;
  if (indent < 4) return null;
  return (
    <>
      {passing(tree, toggled, at).map((above) => (
        <span key={above} className={classes.guide} style={{ left: x(above) }} />
      ))}
      {level > 0 && <span className={classes.elbow} data-last={!goesOn(tree, toggled, at) || undefined} style={{ left: x(level - 1), width: Math.max(indent - 9 + 1, 3) }} />}
    </>
  );
}

function Toggle({ tree, node, open, onToggle }: { tree: SpanTree; node: TreeNode; open: boolean; onToggle: OnToggle }) {
  if (!hasChildren(tree, node.at)) return <span className={classes.leaf} style={{ background: serviceColor(node.service) }} />;
  const members = tree.groups.get(node.at)?.size;
  const shown = open ? childrenOf(tree, node.at).reduce((sum, child) => sum + (tree.groups.get(child)?.size ?? 1), 0) : node.count - 1;
  const text = members === undefined ? String(shown) : `×${members}`;
  const label = members === undefined ? `${open ? "Collapse" : "Expand"} ${text}` : `${text}: ${open ? "show the notable ones only" : "show all"}`;
  return (
    <button
      type="button"
      tabIndex={-1}
      className={classes.toggle}
      data-closed={!open || undefined}
      aria-label={label}
      title={members === undefined ? `${label}; with Alt everything below` : label}
      onClick={(event) => {
        event.stopPropagation();
        onToggle(node.at, event.altKey);
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
  if (node.type === "span" && node.status === "ERROR") return "error";
  return `${node.errors} ${node.errors === 1 ? "error" : "errors"} inside`;
}

type Props = { tree: SpanTree; toggled: Toggled; node: TreeNode; span: Span | undefined; indent: number; room: number; onToggle: OnToggle };

export function NameCell({ tree, toggled, node, span, indent, room, onToggle }: Props) {
  const open = isOpen(tree, toggled, node.at);
  const failed = errorLabel(node);
  const own = node.type === "span" && node.status === "ERROR";
  const mark = failed !== null && (own || !open || node.type === "group") && <ErrorMark label={failed} inside={!own} size={13} />;
  const lead = (
    <>
      <Guides tree={tree} toggled={toggled} at={node.at} indent={indent} />
      <Toggle tree={tree} node={node} open={open} onToggle={onToggle} />
    </>
  );
  const content = { paddingLeft: 8 + (tree.levels[node.at] ?? 0) * indent };
  if (node.type === "missing") {
    return (
      <div role="gridcell" className={classes.cell} style={content}>
        {lead}
        {mark}
        <span className={classes.missing}>parent {node.id.slice(0, 8)} has not arrived</span>
      </div>
    );
  }
  const protocol = span === undefined ? protocolOfKind(node.kind) : protocolOf(span);
  const Icon = icons[protocol];
  const peer = span === undefined ? null : peerOf(span);
  const status = span === undefined ? null : httpStatusOf(span);
  const note = noteOf(tree, toggled, node.at);
  return (
    <div role="gridcell" className={classes.cell} style={content}>
      {lead}
      {Icon !== null && room > 150 && <Icon size={13} className={classes.icon} aria-label={protocol} />}
      {mark}
      {node.service !== serviceAbove(tree, node.at) && (
        <span className={classes.service} title={node.service}>
          <ServiceDot name={node.service} />
          {room > 180 && <span>{node.service}</span>}
        </span>
      )}
      <Operation name={node.operation} />
      {peer !== null && room > 210 && <span className={classes.peer}>→ {peer}</span>}
      {status !== null && status >= 400 && room > 200 && <span className={classes.pill}>{status}</span>}
      {note !== null && room > 200 && <span className={classes.note}>{note}</span>}
    </div>
  );
}
