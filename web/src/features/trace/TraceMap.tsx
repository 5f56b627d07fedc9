/** Owns the map tab: the services of this one trace and who called whom. */
import { SegmentedControl } from "@mantine/core";
import { useMemo, useState } from "react";
import type { TraceOutline } from "../../api/readOutline";
import { type Choice, Graph } from "../../components/serviceGraph/Graph";
import { ListFacts } from "../../components/Toolbar";
import { counted, formatShare } from "../../lib/count";
import { formatDuration } from "../../lib/duration";
import { edgeErrorRate, edgeId, type MapMode, mapModes, nodeErrorRate } from "../../lib/serviceGraph";
import { type Protocol, peerOf, protocolOf } from "../../lib/peer";
import { mapOfTrace, type Peer } from "../../lib/spanStats";
import classes from "./TraceMap.module.css";
import { type Details, useDetails } from "./useDetails";

const noRows: number[] = [];
const kinds: Record<Protocol, Peer["kind"]> = { database: "database", messaging: "messaging", http: "external", rpc: "external", internal: "external" };

/** The uninstrumented other side of a span, as far as its attributes are known. */
function peerAt(details: Details, at: number): Peer | null {
  const span = details.spanOf(at);
  const name = span === undefined ? null : peerOf(span);
  return span === undefined || name === null ? null : { name, kind: kinds[protocolOf(span)] };
}

export default function TraceMap({ outline }: { outline: TraceOutline }) {
  const { trace, tree } = outline;
  const [mode, setMode] = useState<MapMode>("health");
  const [choice, setChoice] = useState<Choice>(null);
  const details = useDetails(outline, noRows);
  const map = useMemo(() => ({ ...mapOfTrace(tree, (at) => peerAt(details, at)), start: trace.start_time, end: trace.start_time }), [tree, details, trace.start_time]);
  const node = choice?.kind === "node" ? map.nodes.find(({ name }) => name === choice.id) : undefined;
  const edge = choice?.kind === "edge" ? map.edges.find((one) => edgeId(one) === choice.id) : undefined;
  return (
    <div className={classes.page}>
      <div className={classes.tools}>
        <SegmentedControl size="xs" aria-label="Colours show" data={mapModes} value={mode} onChange={(next) => setMode(next as MapMode)} />
        <ListFacts>
          {node === undefined && edge === undefined && <span>Who called whom in this trace; a card counts the calls that came from outside it.</span>}
          {node !== undefined && (
            <span>
              <strong>{node.name}</strong>: {counted(node.total_calls, "call")}, p95 {formatDuration(node.p95_latency_us ?? 0)}
              {node.error_count > 0 && `, ${formatShare(nodeErrorRate(node))} failed`}
            </span>
          )}
          {edge !== undefined && (
            <span>
              <strong>
                {edge.source} → {edge.target}
              </strong>
              : {counted(edge.call_count, "call")}, p95 {formatDuration(edge.p95_latency_us)}
              {edge.error_count > 0 && `, ${formatShare(edgeErrorRate(edge))} failed`}
            </span>
          )}
        </ListFacts>
      </div>
      <div className={classes.stage}>
        <Graph map={map} mode={mode} chosen={choice} onChoose={setChoice} />
      </div>
    </div>
  );
}
