/** Owns one value of a facet: how often it occurs, choosing it, leaving it out. */
import { Ban, Check } from "lucide-react";
import { severityColor, severities } from "./Severity";
import { ServiceDot } from "./Service";
import { formatCount, formatShort } from "../lib/count";
import classes from "./Facets.module.css";

type Props = { field: string; value: string; count: number; share: number; state: "in" | "out" | null; onToggle: () => void; onExclude: () => void };

function Mark({ field, value }: { field: string; value: string }) {
  if (field === "service") return <ServiceDot name={value} />;
  const severity = field === "severity" ? severities.find((known) => known === value) : undefined;
  if (severity !== undefined) return <span className={classes.dot} style={{ background: severityColor(severity) }} aria-hidden="true" />;
  return null;
}

export function FacetValue({ field, value, count, share, state, onToggle, onExclude }: Props) {
  const shown = value === "" ? "(empty)" : value;
  return (
    <div className={classes.value} data-state={state ?? undefined}>
      <span className={classes.bar} style={{ width: `${share * 100}%` }} />
      <button type="button" role="checkbox" aria-checked={state === "in"} aria-label={`${shown}, ${formatCount(count)}`} className={classes.pick} onClick={onToggle} title={`${shown}: ${formatCount(count)}`}>
        <span className={classes.box} data-state={state ?? undefined} aria-hidden="true">
          {state === "in" && <Check size={10} strokeWidth={3.2} />}
          {state === "out" && <Ban size={10} strokeWidth={2.6} />}
        </span>
        <Mark field={field} value={value} />
        <span className={classes.name} data-bad={(field === "status" && value.toLowerCase() === "error") || undefined}>{shown}</span>
      </button>
      <span className={classes.count}>{formatShort(count)}</span>
      <button type="button" className={classes.out} aria-label={`${state === "out" ? "Let in" : "Leave out"} ${shown}`} title={state === "out" ? "Let in again" : "Leave out"} onClick={onExclude}>
        <Ban size={12} aria-hidden="true" />
      </button>
    </div>
  );
}
