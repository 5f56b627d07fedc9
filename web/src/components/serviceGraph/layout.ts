/** Owns where the nodes of the service map stand: layers from callers to callees. */
import { Graph, layout } from "@dagrejs/dagre";
import type { ServiceMap } from "../../api/types";
import { edgeId } from "../../lib/serviceGraph";

export const nodeWidth = 176;
export const nodeHeight = 62;

type Point = { x: number; y: number };

/** The upper left corner of each node by name, and the points between its ends that each edge passes, by `edgeId`; callees stand to the right of their callers or, `down`, below them. */
export type Places = { nodes: Map<string, Point>; routes: Map<string, Point[]>; down: boolean };

/** The room that a screen usually has for the map. */
const room = { width: 1060, height: 760 };

/** The points that an edge passes, from its caller's side to that of what it calls. */
export function lineOf(places: Places, { source, target }: { source: string; target: string }): Point[] {
  const [from, to] = [places.nodes.get(source), places.nodes.get(target)];
  if (from === undefined || to === undefined) return [];
  const [x, y] = [nodeWidth / 2, nodeHeight / 2];
  const route = places.routes.get(edgeId({ source, target })) ?? [];
  if (places.down) return [{ x: from.x + x, y: from.y + nodeHeight }, ...route, { x: to.x + x, y: to.y }];
  return [{ x: from.x + nodeWidth, y: from.y + y }, ...route, { x: to.x, y: to.y + y }];
}

/** An edge that skips layers passes each of them straight, between the nodes that stand there. */
const throughLayers = (points: Point[], down: boolean): Point[] =>
  points.flatMap(({ x, y }) => (down ? [{ x, y: y - nodeHeight / 2 }, { x, y: y + nodeHeight / 2 }] : [{ x: x - nodeWidth / 2, y }, { x: x + nodeWidth / 2, y }]));

/** The same shape gives the same places, in whatever order it is told; in the direction in which it can be drawn larger. */
export function placeNodes(map: ServiceMap): Places {
  const [right, down] = [place(map, false), place(map, true)];
  return zoomOf(down) > zoomOf(right) ? down : right;
}

function zoomOf({ nodes }: Places): number {
  const corners = [...nodes.values()];
  const [width, height] = [Math.max(...corners.map(({ x }) => x)) + nodeWidth, Math.max(...corners.map(({ y }) => y)) + nodeHeight];
  return Math.min(1, room.width / width, room.height / height);
}

const margin = 24;
const [leastZoom, readableZoom] = [0.65, 0.85];

/** All of the graph where it can be read like that, else the part around one node. */
export function viewportFor({ nodes, routes }: Places, space: { width: number; height: number }, around: string | undefined): Point & { zoom: number } {
  const corners = [...nodes.values()].flatMap(({ x, y }) => [{ x, y }, { x: x + nodeWidth, y: y + nodeHeight }]);
  const points = [...corners, ...[...routes.values()].flat()];
  const [left, right] = [Math.min(...points.map(({ x }) => x)), Math.max(...points.map(({ x }) => x))];
  const [top, bottom] = [Math.min(...points.map(({ y }) => y)), Math.max(...points.map(({ y }) => y))];
  const zoom = Math.min(1, (space.width - 2 * margin) / (right - left), (space.height - 2 * margin) / (bottom - top));
  const node = around === undefined ? undefined : nodes.get(around);
  if (zoom >= leastZoom || node === undefined) return { x: (space.width - (left + right) * zoom) / 2, y: (space.height - (top + bottom) * zoom) / 2, zoom };
  return { x: space.width / 2 - (node.x + nodeWidth / 2) * readableZoom, y: space.height / 3 - (node.y + nodeHeight / 2) * readableZoom, zoom: readableZoom };
}

function place(map: ServiceMap, down: boolean): Places {
  const graph = new Graph();
  graph.setGraph({ rankdir: down ? "TB" : "LR", nodesep: 22, edgesep: 22, ranksep: down ? 70 : 92, marginx: 8, marginy: 8 });
  const names = map.nodes.map((node) => node.name).sort();
  for (const name of names) graph.setNode(name, { width: nodeWidth, height: nodeHeight });
  const edges = map.edges.filter(({ source, target }) => graph.hasNode(source) && graph.hasNode(target));
  for (const { source, target } of edges.toSorted((a, b) => (edgeId(a) < edgeId(b) ? -1 : 1))) graph.setEdge(source, target, {});
  layout(graph);
  const corner = ({ x, y }: Point) => ({ x: x - nodeWidth / 2, y: y - nodeHeight / 2 });
  return {
    nodes: new Map(names.map((name) => [name, corner(graph.node(name) as Point)])),
    routes: new Map(edges.map((edge) => [edgeId(edge), throughLayers(skipped(graph.edge(edge.source, edge.target) as { points: Point[] }, down), down)])),
    down,
  };
}

/** Of the points that dagre gives an edge (its ends, the layers and the halves between them), those within layers that it skips; none on the way back. */
function skipped({ points }: { points: Point[] }, down: boolean): Point[] {
  const [first, last] = [points[0] ?? { x: 0, y: 0 }, points.at(-1) ?? { x: 0, y: 0 }];
  const forward = down ? last.y > first.y : last.x > first.x;
  return forward ? points.filter((_, at) => at > 1 && at < points.length - 2 && at % 2 === 0) : [];
}
