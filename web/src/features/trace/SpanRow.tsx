/** Owns one row of the waterfall: the name on the left, the bar on the right. */
import { memo } from "react";
import type { Log, Span } from "../../api/types";
import type { CriticalPath } from "../../lib/criticalPath";
import { hasChildren, isOpen, type Toggled } from "../../lib/spanRows";
import { isGroup, isSpan, nodeAt, type SpanTree } from "../../lib/spanTree";
import { Bar, GroupBar } from "./Bars";
import { NameCell } from "./NameCell";
import type { View } from "./useTimeline";
import classes from "./Waterfall.module.css";

type Props = {
  tree: SpanTree;
  path: CriticalPath | null;
  toggled: Toggled;
  at: number;
  index: number;
  top: number;
  indent: number;
  trackWidth: number;
  nameRoom: number;
  view: View;
  span: Span | undefined;
  logs: Log[];
  cursor: boolean;
  selected: boolean;
  /** Off the critical path while that is what is looked at. */
  aside: boolean;
  onSelect: (at: number) => void;
  onToggle: (at: number, deep: boolean) => void;
};

export const SpanRow = memo(function SpanRow({ tree, path, toggled, at, index, top, indent, trackWidth, nameRoom, view, span, logs, cursor, selected, aside, onSelect, onToggle }: Props) {
  const node = nodeAt(tree, at);
  const failed = node.type === "span" && node.status === "ERROR";
  const open = isOpen(tree, toggled, at);
  return (
    // oxlint-disable-next-line jsx-a11y/click-events-have-key-events -- the tree grid around it owns the keyboard
    <div
      id={`row-${at}`}
      role="row"
      aria-level={(tree.levels[at] ?? 0) + 1}
      aria-rowindex={index + 1}
      aria-selected={selected}
      aria-expanded={hasChildren(tree, at) ? open : undefined}
      className={classes.row}
      data-failed={failed || undefined}
      data-selected={selected || undefined}
      data-cursor={cursor || undefined}
      data-aside={aside || undefined}
      style={{ transform: `translateY(${top}px)` }}
      onClick={() => (isSpan(tree, at) ? onSelect(at) : onToggle(at, false))}
    >
      <NameCell tree={tree} toggled={toggled} node={node} span={span} indent={indent} room={nameRoom} onToggle={onToggle} />
      <div role="gridcell" className={classes.track}>
        {isGroup(tree, at) ? <GroupBar tree={tree} path={path} node={node} view={view} trackWidth={trackWidth} /> : <Bar tree={tree} path={path} node={node} span={span} logs={logs} view={view} trackWidth={trackWidth} />}
      </div>
    </div>
  );
});
