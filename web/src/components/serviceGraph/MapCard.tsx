/** Owns how a node of the service map is drawn. */
import { Handle, type Node, type NodeProps, Position } from "@xyflow/react";
import type { MapNode } from "../../api/types";
import { serviceColor } from "../../lib/colors";
import { formatShare } from "../../lib/count";
import { formatDuration } from "../../lib/duration";
import { healthColor, type MapMode, nodeErrorRate, perSecond } from "../../lib/serviceGraph";
import classes from "./Graph.module.css";
import { kindIcons } from "./kindIcons";

export type CardNode = Node<{ node: MapNode; mode: MapMode; strength: number; seconds: number; down: boolean }, "card">;

export function MapCard({ data: { node, mode, strength, seconds, down }, selected }: NodeProps<CardNode>) {
  const Icon = kindIcons[node.kind];
  const errorRate = nodeErrorRate(node);
  const edge = mode === "health" ? healthColor(errorRate) : `color-mix(in oklab, var(--mantine-color-indigo-5) ${Math.round(strength * 100)}%, var(--argus-line))`;
  return (
    <div className={classes.node} data-kind={node.kind} data-selected={selected || undefined} style={{ borderLeftColor: edge, background: mode === "health" ? undefined : `color-mix(in oklab, var(--mantine-color-indigo-5) ${Math.round(strength * 26)}%, var(--argus-panel))` }}>
      <Handle type="target" position={down ? Position.Top : Position.Left} className={classes.handle} isConnectable={false} />
      <span className={classes.nodeName} title={node.name}>
        <Icon size={14} aria-hidden="true" style={node.kind === "service" ? { color: serviceColor(node.name) } : undefined} />
        <span>{node.name}</span>
      </span>
      <span className={classes.nodeFacts}>
        <span data-lead={mode === "throughput" || undefined}>{node.kind === "user" ? "outside callers" : perSecond(node.total_calls, seconds)}</span>
        <span data-lead={mode === "latency" || undefined}>{node.p95_latency_us === null ? "" : formatDuration(node.p95_latency_us)}</span>
        {node.error_count > 0 && <span className={classes.nodeErrors}>{formatShare(errorRate)}</span>}
      </span>
      <Handle type="source" position={down ? Position.Bottom : Position.Right} className={classes.handle} isConnectable={false} />
    </div>
  );
}
