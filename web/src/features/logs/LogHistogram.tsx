/** Owns the histogram of log records by severity: what came when, narrowed by dragging, filtered by its legend. */
import { Button, Skeleton } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { filterFault } from "../../api/client";
import { histogramQuery } from "../../api/queries";
import { severities, severityColor } from "../../components/Severity";
import { TimeBars } from "../../components/TimeBars";
import { formatCount } from "../../lib/count";
import { stateOf, toggleTerm } from "../../lib/filterEdit";
import { between, boundedQuery, type TimeRange } from "../../lib/timeRange";
import classes from "./LogHistogram.module.css";

type Props = { filter: string; range: TimeRange; onRange: (range: TimeRange) => void; onFilter: (filter: string) => void };

export function LogHistogram({ filter, range, onRange, onFilter }: Props) {
  const phone = useMediaQuery("(max-width: 47.99em)", false, { getInitialValueInEffect: false });
  const query = useQuery(histogramQuery({ ...boundedQuery(range), filter }));
  const height = phone ? 72 : 104;
  if (query.data === undefined) {
    if (filterFault(query.error) !== null) return null;
    if (!query.isError) return <Skeleton height={height} mx={16} my={6} w="auto" radius="sm" />;
    return (
      <div className={classes.failed} role="alert">
        The histogram could not be loaded: {query.error.message}
        <Button size="compact-xs" variant="default" onClick={() => void query.refetch()}>
          Try again
        </Button>
      </div>
    );
  }
  const { series, timestamps } = query.data;
  const totalOf = (severity: string) => series.find(({ value }) => value === severity)?.counts.reduce((sum, count) => sum + count, 0) ?? 0;
  const drawn = severities.filter((severity) => totalOf(severity) > 0);
  return (
    <div className={classes.histogram} data-stale={query.isPlaceholderData || undefined}>
      <TimeBars label="Log records over time by severity" height={height} starts={timestamps.map((text) => Date.parse(text))} series={drawn.map((severity) => ({ name: severity, color: severityColor(severity), values: series.find(({ value }) => value === severity)?.counts ?? [] }))} onRange={(startMs, endMs) => onRange(between(startMs, endMs))} />
      <div className={classes.legend}>
        {drawn.map((severity) => {
          const term = `severity:${severity}`;
          return (
            <button key={severity} type="button" className={classes.entry} aria-pressed={stateOf(filter, term) === "in"} onClick={() => onFilter(toggleTerm(filter, term))} title={`Only ${severity}`}>
              <span className={classes.swatch} style={{ background: severityColor(severity) }} />
              {severity} <b>{formatCount(totalOf(severity))}</b>
            </button>
          );
        })}
        {query.data.counted < query.data.total && <span>among the newest {formatCount(query.data.counted)}</span>}
        {range.kind === "all" && <span>the last 30 days</span>}
      </div>
    </div>
  );
}
