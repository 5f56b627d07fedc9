/** Owns how an edge of the service map is drawn: past the nodes of the layers that it skips. */
import { BaseEdge, type Edge, type EdgeProps } from "@xyflow/react";
import classes from "./Graph.module.css";

type Point = { x: number; y: number };
export type CallEdge = Edge<{ text: string; failing: boolean; route: Point[]; label: Point | undefined }, "call">;

/** A curve through all points that leaves and reaches each of them level. */
function curve(points: Point[]): string {
  return points.map((to, at) => {
    const from = points[at - 1];
    if (from === undefined) return `M${to.x},${to.y}`;
    const reach = Math.max(24, Math.abs(to.x - from.x) / 2);
    return `C${from.x + reach},${from.y} ${to.x - reach},${to.y} ${to.x},${to.y}`;
  }).join(" ");
}

export function MapCall({ id, sourceX, sourceY, targetX, targetY, data, style, markerEnd }: EdgeProps<CallEdge>) {
  const { text = "", failing = false, route = [], label } = data ?? {};
  const points = [{ x: sourceX, y: sourceY }, ...route, { x: targetX, y: targetY }];
  return (
    <>
      <BaseEdge id={id} path={curve(points)} style={style} markerEnd={markerEnd} interactionWidth={16} />
      {text !== "" && label !== undefined && (
        <text className={classes.label} data-failing={failing || undefined} x={label.x} y={label.y + 4} textAnchor="middle">
          {text}
        </text>
      )}
    </>
  );
}
