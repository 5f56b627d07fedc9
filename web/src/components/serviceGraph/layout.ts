/** Owns where the nodes of the service map stand: layers from callers to callees. */
import { Graph, layout } from "@dagrejs/dagre";
import type { ServiceMap } from "../../api/types";
import { edgeId } from "../../lib/serviceGraph";

export const nodeWidth = 176;
export const nodeHeight = 62;

type Point = { x: number; y: number };

/** The upper left corner of each node by name, and the points between its ends that each edge passes, by `edgeId`. */
export type Places = { nodes: Map<string, Point>; routes: Map<string, Point[]> };

/** The points that an edge passes, from the right of its caller to the left of what it calls. */
export function lineOf(places: Places, { source, target }: { source: string; target: string }): Point[] {
  const [from, to] = [places.nodes.get(source), places.nodes.get(target)];
  if (from === undefined || to === undefined) return [];
  const middle = nodeHeight / 2;
  return [{ x: from.x + nodeWidth, y: from.y + middle }, ...(places.routes.get(edgeId({ source, target })) ?? []), { x: to.x, y: to.y + middle }];
}

/** An edge that skips layers passes each of them straight, between the nodes that stand there. */
const throughLayers = (points: Point[]): Point[] => points.flatMap(({ x, y }) => [{ x: x - nodeWidth / 2, y }, { x: x + nodeWidth / 2, y }]);

/** The same shape gives the same places, in whatever order it is told. */
export function placeNodes(map: ServiceMap): Places {
  const graph = new Graph();
  graph.setGraph({ rankdir: "LR", nodesep: 22, edgesep: 22, ranksep: 92, marginx: 8, marginy: 8 });
  const names = map.nodes.map((node) => node.name).sort();
  for (const name of names) graph.setNode(name, { width: nodeWidth, height: nodeHeight });
  const edges = map.edges.filter(({ source, target }) => graph.hasNode(source) && graph.hasNode(target));
  for (const { source, target } of edges.toSorted((a, b) => (edgeId(a) < edgeId(b) ? -1 : 1))) graph.setEdge(source, target, {});
  layout(graph);
  const corner = ({ x, y }: Point) => ({ x: x - nodeWidth / 2, y: y - nodeHeight / 2 });
  return {
    nodes: new Map(names.map((name) => [name, corner(graph.node(name) as Point)])),
    routes: new Map(edges.map((edge) => [edgeId(edge), throughLayers(skipped(graph.edge(edge.source, edge.target) as { points: Point[] }))])),
  };
}

/** Of the points that dagre gives an edge (its ends, the layers and the halves between them), those within layers that it skips; none on the way back. */
function skipped({ points }: { points: Point[] }): Point[] {
  const forward = (points.at(-1)?.x ?? 0) > (points[0]?.x ?? 0);
  return forward ? points.filter((_, at) => at > 1 && at < points.length - 2 && at % 2 === 0) : [];
}
