/** Owns how an edge of the service map is drawn: past the nodes of the layers that it skips. */
import { BaseEdge, type Edge, type EdgeProps } from "@xyflow/react";
import classes from "./Graph.module.css";

type Point = { x: number; y: number };
export type CallEdge = Edge<{ text: string; failing: boolean; route: Point[]; label: Point | undefined; down: boolean }, "call">;

/** A curve through all points that leaves and reaches each of them level or, `down`, upright. */
function curve(points: Point[], down: boolean): string {
  return points.map((to, at) => {
    const from = points[at - 1];
    if (from === undefined) return `M${to.x},${to.y}`;
    const reach = Math.max(24, Math.abs(down ? to.y - from.y : to.x - from.x) / 2);
    if (down) return `C${from.x},${from.y + reach} ${to.x},${to.y - reach} ${to.x},${to.y}`;
    return `C${from.x + reach},${from.y} ${to.x - reach},${to.y} ${to.x},${to.y}`;
  }).join(" ");
}

export function MapCall({ id, sourceX, sourceY, targetX, targetY, data, style, markerEnd }: EdgeProps<CallEdge>) {
  const { text = "", failing = false, route = [], label, down = false } = data ?? {};
  const points = [{ x: sourceX, y: sourceY }, ...route, { x: targetX, y: targetY }];
  return (
    <>
      <BaseEdge id={id} path={curve(points, down)} style={style} markerEnd={markerEnd} interactionWidth={16} />
      {text !== "" && label !== undefined && (
        <text className={classes.label} data-failing={failing || undefined} x={label.x} y={label.y + 4} textAnchor="middle">
          {text}
        </text>
      )}
    </>
  );
}
