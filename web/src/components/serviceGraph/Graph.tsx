/** Owns the drawing of the service map; it is laid out anew only when nodes or edges come or go. */
import { Background, Controls, MarkerType, ReactFlow, useReactFlow, useStore } from "@xyflow/react";
import "@xyflow/react/dist/base.css";
import { useEffect, useMemo, useRef } from "react";
import type { ServiceMap } from "../../api/types";
import { edgeErrorRate, edgeId, edgeText, healthColor, type MapMode, secondsOf, shapeOf, strength } from "../../lib/serviceGraph";
import { healthOf } from "../../lib/trend";
import { placeLabels } from "./labels";
import { Legend } from "./Legend";
import { lineOf, nodeHeight, nodeWidth, type Places, placeNodes, viewportFor } from "./layout";
import { MapCall, type CallEdge } from "./MapCall";
import { type CardNode, MapCard } from "./MapCard";
import classes from "./Graph.module.css";

export type Choice = { kind: "node" | "edge"; id: string } | null;

const nodeTypes = { card: MapCard };
const edgeTypes = { call: MapCall };

function makeNodes(map: ServiceMap, mode: MapMode, places: Places, chosen: Choice): CardNode[] {
  const seconds = secondsOf(map);
  const weigh = (node: ServiceMap["nodes"][number]) => (mode === "latency" ? (node.p95_latency_us ?? 0) : node.total_calls);
  const weights = map.nodes.map(weigh);
  return map.nodes.map((node) => ({
    id: node.name,
    type: "card",
    measured: { width: nodeWidth, height: nodeHeight },
    position: places.nodes.get(node.name) ?? { x: 0, y: 0 },
    data: { node, mode, seconds, down: places.down, strength: strength(weigh(node), weights) },
    selected: chosen?.kind === "node" && chosen.id === node.name,
    ariaLabel: `${node.kind} ${node.name}`,
  }));
}

function makeEdges(map: ServiceMap, mode: MapMode, places: Places, chosen: Choice): CallEdge[] {
  const seconds = secondsOf(map);
  const counts = map.edges.map((edge) => edge.call_count);
  const latencies = map.edges.map((edge) => edge.p95_latency_us);
  const isNear = (edge: ServiceMap["edges"][number]) => chosen === null || chosen.id === edgeId(edge) || (chosen.kind === "node" && (edge.source === chosen.id || edge.target === chosen.id));
  const texts = new Map(map.edges.map((edge) => [edgeId(edge), edgeText(edge, mode, seconds, chosen !== null && isNear(edge))]));
  const said = map.edges.filter((edge) => texts.get(edgeId(edge)) !== "");
  const labels = placeLabels(said.toSorted((a, b) => Number(isNear(b)) - Number(isNear(a))).map((edge) => ({ id: edgeId(edge), points: lineOf(places, edge), width: (texts.get(edgeId(edge))?.length ?? 0) * characterPx + 8 })), places.down);
  return map.edges.map((edge) => {
    const rate = edgeErrorRate(edge);
    const near = isNear(edge);
    const tint = mode === "latency" ? strength(edge.p95_latency_us, latencies) : strength(edge.call_count, counts);
    const stroke = mode === "health" ? (healthOf(rate) === "good" ? "var(--map-edge)" : healthColor(rate)) : `color-mix(in oklab, var(--mantine-color-indigo-5) ${Math.round(tint * 100)}%, var(--map-edge))`;
    return {
      id: edgeId(edge),
      source: edge.source,
      target: edge.target,
      type: "call",
      data: { text: texts.get(edgeId(edge)) ?? "", label: labels.get(edgeId(edge)), down: places.down, failing: mode === "health" && rate > 0, route: places.routes.get(edgeId(edge)) ?? [] },
      className: near ? undefined : classes.far,
      style: { stroke, strokeWidth: 1.2 + 3 * strength(edge.call_count, counts) },
      markerEnd: { type: MarkerType.ArrowClosed, width: 12, height: 12, color: stroke, markerUnits: "userSpaceOnUse" },
      ariaLabel: `${edge.source} calls ${edge.target}`,
    };
  });
}

const characterPx = 6.6;

/** Shows the graph anew when the room for it changes. */
function FitToRoom({ places, first }: { places: Places; first: string | undefined }) {
  const width = useStore((state) => state.width);
  const height = useStore((state) => state.height);
  const { setViewport } = useReactFlow();
  const before = useRef(0);
  useEffect(() => {
    if (before.current === width || width === 0) return;
    before.current = width;
    void setViewport(viewportFor(places, { width, height }, first));
  }, [width, height, places, first, setViewport]);
  return null;
}

/** The node that a look begins with where not all fit: the chosen one, else what is called most from within. */
function firstOf(map: ServiceMap, chosen: Choice): string | undefined {
  if (chosen?.kind === "node") return chosen.id;
  const services = map.nodes.filter(({ kind }) => kind === "service");
  const degree = (name: string) => map.edges.filter(({ source }) => source === name).length;
  return services.toSorted((a, b) => degree(b.name) - degree(a.name))[0]?.name;
}

export function Graph({ map, mode, chosen, onChoose }: { map: ServiceMap; mode: MapMode; chosen: Choice; onChoose: (choice: Choice) => void }) {
  const shape = shapeOf(map);
  // oxlint-disable-next-line react/exhaustive-deps -- the numbers of the map must not move its nodes
  const places = useMemo(() => placeNodes(map), [shape]);
  const nodes = useMemo(() => makeNodes(map, mode, places, chosen), [map, mode, places, chosen]);
  const edges = useMemo(() => makeEdges(map, mode, places, chosen), [map, mode, places, chosen]);
  return (
    <ReactFlow
      key={shape}
      className={classes.flow}
      nodes={nodes}
      edges={edges}
      nodeTypes={nodeTypes}
      edgeTypes={edgeTypes}
      onNodeClick={(_, node) => onChoose({ kind: "node", id: node.id })}
      onEdgeClick={(_, edge) => onChoose({ kind: "edge", id: edge.id })}
      onNodesChange={(changes) => {
        for (const change of changes) if (change.type === "select" && change.selected) onChoose({ kind: "node", id: change.id });
      }}
      onPaneClick={() => onChoose(null)}
      nodesDraggable={false}
      nodesConnectable={false}
      fitViewOptions={{ padding: 0.05, maxZoom: 1 }}
      minZoom={0.2}
      maxZoom={1.6}
      proOptions={{ hideAttribution: true }}
    >
      <FitToRoom places={places} first={firstOf(map, chosen)} />
      <Background gap={22} size={1.2} color="var(--map-grid)" />
      <Controls showInteractive={false} className={classes.controls} />
      <Legend map={map} mode={mode} />
    </ReactFlow>
  );
}
