/** Owns who calls a service and whom it calls. */
import { Link } from "@tanstack/react-router";
import { ArrowRight } from "lucide-react";
import type { MapEdge, ServiceMap } from "../../api/types";
import { kindIcons } from "../../components/serviceGraph/kindIcons";
import { formatShare } from "../../lib/count";
import { formatDuration } from "../../lib/duration";
import { edgeErrorRate, edgeId, perSecond, secondsOf } from "../../lib/serviceGraph";
import { rangeParams, type TimeRange } from "../../lib/timeRange";
import { serviceColor } from "../../lib/colors";
import classes from "./Dependencies.module.css";

type Props = { title: string; edges: MapEdge[]; otherOf: (edge: MapEdge) => string; map: ServiceMap; range: TimeRange };

function Calls({ title, edges, otherOf, map, range }: Props) {
  const seconds = secondsOf(map);
  return (
    <section>
      <h3 className={classes.title}>{title}</h3>
      {edges.length === 0 && <p className={classes.none}>nothing</p>}
      <ul className={classes.list}>
        {edges.toSorted((a, b) => b.call_count - a.call_count).map((edge) => {
          const other = otherOf(edge);
          const kind = map.nodes.find((node) => node.name === other)?.kind ?? "service";
          const Icon = kindIcons[kind];
          const content = (
            <>
              <Icon size={14} aria-label={kind} style={kind === "service" ? { color: serviceColor(other) } : undefined} />
              <span className={classes.name}>{other}</span>
              <b>{edge.error_count > 0 && formatShare(edgeErrorRate(edge))}</b>
              <span>{perSecond(edge.call_count, seconds)}</span>
              <span>{formatDuration(edge.p95_latency_us)}</span>
            </>
          );
          return (
            <li key={edgeId(edge)}>
              {kind === "service" ? (
                <Link to="/services/$name" params={{ name: other } as never} search={rangeParams(range) as never} className={classes.line}>
                  {content}
                </Link>
              ) : (
                <Link to="/map" search={{ ...rangeParams(range), edge: edgeId(edge) } as never} className={classes.line}>
                  {content}
                </Link>
              )}
            </li>
          );
        })}
      </ul>
    </section>
  );
}

export function Dependencies({ name, map, range }: { name: string; map: ServiceMap; range: TimeRange }) {
  return (
    <div className={classes.dependencies}>
      <Calls title="Called by" edges={map.edges.filter((edge) => edge.target === name && edge.source !== name)} otherOf={(edge) => edge.source} map={map} range={range} />
      <Calls title="Calls" edges={map.edges.filter((edge) => edge.source === name && edge.target !== name)} otherOf={(edge) => edge.target} map={map} range={range} />
      <p className={classes.legend}>
        failed <ArrowRight size={11} aria-hidden="true" /> calls a second <ArrowRight size={11} aria-hidden="true" /> p95
      </p>
    </div>
  );
}
