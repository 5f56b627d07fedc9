/** Owns one row of the waterfall: the name on the left, the bar on the right. */
import { memo } from "react";
import type { Log } from "../../api/types";
import type { Row } from "../../lib/spanRows";
import { Bar, GroupBar } from "./Bars";
import { NameCell } from "./NameCell";
import type { View } from "./useTimeline";
import classes from "./Waterfall.module.css";

type Props = {
  row: Row;
  index: number;
  top: number;
  indent: number;
  trackWidth: number;
  nameRoom: number;
  view: View;
  startUs: number;
  logs: Log[];
  cursor: boolean;
  selected: boolean;
  onSelect: (key: string) => void;
  onToggle: (key: string) => void;
};

export const SpanRow = memo(function SpanRow({ row, index, top, indent, trackWidth, nameRoom, view, startUs, logs, cursor, selected, onSelect, onToggle }: Props) {
  const { node } = row;
  const failed = node.kind === "span" && node.span.status === "ERROR";
  const act = () => (node.kind === "span" ? onSelect(node.key) : onToggle(node.key));
  return (
    // oxlint-disable-next-line jsx-a11y/click-events-have-key-events -- the tree grid around it owns the keyboard
    <div
      id={`row-${node.key}`}
      role="row"
      aria-level={row.depth + 1}
      aria-rowindex={index + 1}
      aria-selected={selected}
      aria-expanded={node.children.length > 0 ? row.open : undefined}
      className={classes.row}
      data-failed={failed || undefined}
      data-selected={selected || undefined}
      data-cursor={cursor || undefined}
      style={{ transform: `translateY(${top}px)` }}
      onClick={act}
    >
      <div role="gridcell" className={classes.name}>
        <NameCell row={row} indent={indent} room={nameRoom} onToggle={onToggle} />
      </div>
      <div role="gridcell" className={classes.track}>
        <div className={classes.lane}>
          {node.kind === "group" ? <GroupBar node={node} view={view} startUs={startUs} trackWidth={trackWidth} /> : <Bar node={node} view={view} startUs={startUs} trackWidth={trackWidth} logs={logs} />}
        </div>
      </div>
    </div>
  );
});
