/** Owns the answer to "what is different here": values that a part of the heatmap has more often than the rest. */
import { Button, CloseButton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { ListTree } from "lucide-react";
import { explainQuery } from "../../api/queries";
import type { Explanation } from "../../api/types";
import { ErrorPanel, SkeletonRows } from "../../components/Panels";
import { valueText } from "../../lib/attributes";
import { tickLabel } from "../../lib/axis";
import { counted, formatCount, formatShare } from "../../lib/count";
import { formatDuration } from "../../lib/duration";
import { all } from "../../lib/filterText";
import { entrySpans, type LatencyRegion, regionFilter } from "../../lib/latencyRegion";
import { rangeParams, rangeQuery, type TimeRange } from "../../lib/timeRange";
import classes from "./Explain.module.css";

const shownAtMost = 8;

const durations = ({ minUs, maxUs }: LatencyRegion): string =>
  minUs === null ? `under ${formatDuration(maxUs ?? 0)}` : maxUs === null ? `over ${formatDuration(minUs)}` : `${formatDuration(minUs)} to ${formatDuration(maxUs)}`;

function Share({ name, share, strong = false }: { name: string; share: number; strong?: boolean }) {
  return (
    <span className={classes.share} data-strong={strong || undefined}>
      <span className={classes.bar}>
        <span style={{ width: `${Math.max(share > 0 ? 1 : 0, share * 100)}%` }} />
      </span>
      <span>
        <b>{formatShare(share)}</b> {name}
      </span>
    </span>
  );
}

function Line({ one, traces }: { one: Explanation; traces: (term: string) => object }) {
  return (
    <li>
      <Link to="/traces" search={traces(one.term) as never} className={classes.line} title="Show these traces">
        <span className={classes.value}>
          <span>{one.key}</span> <b>{valueText(one.value)}</b>
        </span>
        <Share name="here" share={one.support} strong />
        <Share name="elsewhere" share={one.rest_share} />
      </Link>
    </li>
  );
}

type Props = { region: LatencyRegion; range: TimeRange; service: string | null; onClose: () => void };

export function Explain({ region, range, service, onClose }: Props) {
  const { start = "now-15m", end = "now" } = rangeQuery(range);
  const selection = regionFilter(region);
  const query = useQuery(explainQuery({ selection, filter: entrySpans, start, end, service_name: service === null ? [] : [service] }));
  const found = query.data;
  const span = region.endMs - region.startMs;
  const traces = (term: string) => ({ ...rangeParams(range), filter: all([term, selection, entrySpans]), service: service ?? undefined });
  return (
    <section className={classes.explain} aria-label="What is different here">
      <header className={classes.head}>
        <h3>What is different here</h3>
        <span className={classes.about}>
          {tickLabel(region.startMs, span)} to {tickLabel(region.endMs, span)}, {durations(region)}
          {found !== undefined && ` · ${counted(found.selected, "span")} of ${found.total_is_estimate ? "at least " : ""}${formatCount(found.total)}`}
          {found !== undefined && found.counted < found.total && ` · ${formatCount(found.counted)} of them compared`}
        </span>
        <Button component={Link} to="/traces" search={traces("") as never} size="compact-xs" variant="default" leftSection={<ListTree size={13} />}>
          Show the traces
        </Button>
        <CloseButton size="sm" aria-label="Close the comparison" onClick={onClose} />
      </header>
      {found === undefined && (query.isError ? <ErrorPanel title="The part could not be compared" error={query.error} onRetry={() => void query.refetch()} /> : <SkeletonRows height={28} count={4} />)}
      {found !== undefined && found.explanations.length === 0 && <p className={classes.none}>{found.selected === 0 ? "No span lies here." : "No value is more frequent here than elsewhere."}</p>}
      {found !== undefined && found.explanations.length > 0 && (
        <ul className={classes.list}>
          {found.explanations.slice(0, shownAtMost).map((one) => (
            <Line key={`${one.key} ${valueText(one.value)}`} one={one} traces={traces} />
          ))}
        </ul>
      )}
    </section>
  );
}
