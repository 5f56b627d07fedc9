/** Owns the panel about the chosen node or edge of the service map. */
import { Button, CloseButton } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { ArrowRight, Crosshair, Gauge, ListTree, OctagonAlert, ScrollText } from "lucide-react";
import type { MapEdge, MapNode, ServiceMap } from "../../api/types";
import { formatCount, formatShare } from "../../lib/count";
import { formatDuration } from "../../lib/duration";
import { edgeErrorRate, edgeId, nodeErrorRate, perSecond, secondsOf } from "../../lib/serviceGraph";
import { type TimeRange, rangeParams } from "../../lib/timeRange";
import type { Choice } from "../../components/serviceGraph/Graph";
import { kindIcons } from "../../components/serviceGraph/kindIcons";
import classes from "./MapPage.module.css";

type Props = { map: ServiceMap; choice: Choice; range: TimeRange; focus: string | null; onChoose: (choice: Choice) => void; onFocus: (name: string | null) => void };

function Numbers({ calls, errors, errorRate, average, p95, seconds }: { calls: number; errors: number; errorRate: number; average: number | null; p95: number | null; seconds: number }) {
  const facts: [string, string][] = [
    ["Calls", `${formatCount(calls)} (${perSecond(calls, seconds)})`],
    ["Errors", errors === 0 ? "none" : `${formatCount(errors)} (${formatShare(errorRate)})`],
    ["Average", average === null ? "–" : formatDuration(average)],
    ["p95", p95 === null ? "–" : formatDuration(p95)],
  ];
  return (
    <dl className={classes.numbers}>
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd data-bad={(name === "Errors" && errors > 0) || undefined}>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function Calls({ title, edges, other, seconds, onChoose }: { title: string; edges: MapEdge[]; other: (edge: MapEdge) => string; seconds: number; onChoose: Props["onChoose"] }) {
  if (edges.length === 0) return null;
  return (
    <section>
      <h3>{title}</h3>
      <ul className={classes.calls}>
        {edges.toSorted((a, b) => b.call_count - a.call_count).map((edge) => (
          <li key={edgeId(edge)}>
            <button type="button" onClick={() => onChoose({ kind: "edge", id: edgeId(edge) })}>
              <span>{other(edge)}</span>
              {edge.error_count > 0 && <b>{formatShare(edgeErrorRate(edge))}</b>}
              <span>{perSecond(edge.call_count, seconds)}</span>
              <span>{formatDuration(edge.p95_latency_us)}</span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}

function NodeDetail({ node, map, range, focus, onChoose, onFocus }: Props & { node: MapNode }) {
  const Icon = kindIcons[node.kind];
  const seconds = secondsOf(map);
  const search = (more: object) => ({ ...rangeParams(range), service: node.name, ...more }) as never;
  return (
    <>
      <h2>
        <Icon size={16} aria-hidden="true" /> {node.name} <small>{node.kind}</small>
      </h2>
      <Numbers calls={node.total_calls} errors={node.error_count} errorRate={nodeErrorRate(node)} average={node.avg_latency_us} p95={node.p95_latency_us} seconds={seconds} />
      <div className={classes.buttons}>
        {node.kind === "service" && (
          <>
            <Button component={Link} to="/services/$name" params={{ name: node.name } as never} search={rangeParams(range) as never} size="compact-sm" fw={500} fz={12.5} leftSection={<Gauge size={14} />}>Service page</Button>
            <Button component={Link} to="/traces" search={search({})} size="compact-sm" fw={500} fz={12.5} variant="default" leftSection={<ListTree size={14} />}>Traces</Button>
            <Button component={Link} to="/traces" search={search({ status: "ERROR" })} size="compact-sm" fw={500} fz={12.5} variant="default" leftSection={<OctagonAlert size={14} />}>Errors</Button>
            <Button component={Link} to="/logs" search={search({})} size="compact-sm" fw={500} fz={12.5} variant="default" leftSection={<ScrollText size={14} />}>Logs</Button>
          </>
        )}
        <Button size="compact-sm" fw={500} fz={12.5} variant={focus === node.name ? "filled" : "default"} leftSection={<Crosshair size={14} />} onClick={() => onFocus(focus === node.name ? null : node.name)}>{focus === node.name ? "Show all" : "Focus"}</Button>
      </div>
      <Calls title="Called by" edges={map.edges.filter((edge) => edge.target === node.name)} other={(edge) => edge.source} seconds={seconds} onChoose={onChoose} />
      <Calls title="Calls" edges={map.edges.filter((edge) => edge.source === node.name)} other={(edge) => edge.target} seconds={seconds} onChoose={onChoose} />
    </>
  );
}

export function Detail(props: Props) {
  const { map, choice, range, onChoose } = props;
  const node = choice?.kind === "node" ? map.nodes.find(({ name }) => name === choice.id) : undefined;
  const edge = choice?.kind === "edge" ? map.edges.find((one) => edgeId(one) === choice.id) : undefined;
  if (node === undefined && edge === undefined) return null;
  return (
    <aside className={classes.detail} aria-label="Details">
      <CloseButton className={classes.close} aria-label="Close the details" onClick={() => onChoose(null)} />
      {node !== undefined && <NodeDetail {...props} node={node} />}
      {edge !== undefined && (
        <>
          <h2 className={classes.edgeTitle}>
            <button type="button" onClick={() => onChoose({ kind: "node", id: edge.source })}>{edge.source}</button>
            <ArrowRight size={15} aria-label="calls" role="img" />
            <button type="button" onClick={() => onChoose({ kind: "node", id: edge.target })}>{edge.target}</button>
          </h2>
          <Numbers calls={edge.call_count} errors={edge.error_count} errorRate={edgeErrorRate(edge)} average={edge.avg_latency_us} p95={edge.p95_latency_us} seconds={secondsOf(map)} />
          <div className={classes.buttons}>
            <Button component={Link} to="/traces" search={{ ...rangeParams(range), service: edge.source } as never} size="compact-sm" fw={500} fz={12.5} variant="default" leftSection={<ListTree size={14} />}>Traces of the caller</Button>
          </div>
        </>
      )}
    </aside>
  );
}
