/** Owns what the colours of the service map mean, on the scale of what is shown. */
import type { ServiceMap } from "../../api/types";
import { formatDuration } from "../../lib/duration";
import { type MapMode, perSecond, secondsOf } from "../../lib/serviceGraph";
import classes from "./Graph.module.css";

const healths = [
  { color: "var(--argus-good)", text: "under 1 % failed" },
  { color: "var(--argus-warn)", text: "1 to 5 %" },
  { color: "var(--argus-error)", text: "5 % and more" },
];

/** The least and the greatest of what the colours show. */
function endsOf(map: ServiceMap, mode: MapMode): [string, string] | null {
  const values = map.nodes.map((node) => (mode === "latency" ? (node.p95_latency_us ?? 0) : node.total_calls)).filter((value) => value > 0);
  if (values.length === 0) return null;
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const text = (value: number) => (mode === "latency" ? formatDuration(value) : perSecond(value, secondsOf(map)));
  return [text(least), text(most)];
}

export function Legend({ map, mode }: { map: ServiceMap; mode: MapMode }) {
  const ends = mode === "health" ? null : endsOf(map, mode);
  return (
    <div className={classes.legend} role="note" aria-label="What the colours show">
      {mode === "health" &&
        healths.map(({ color, text }) => (
          <span key={text}>
            <i style={{ background: color }} /> {text}
          </span>
        ))}
      {ends !== null && (
        <span>
          {mode === "latency" ? "p95" : "calls"} {ends[0]} <i data-scale /> {ends[1]}
        </span>
      )}
      <span>thicker: more calls</span>
    </div>
  );
}
