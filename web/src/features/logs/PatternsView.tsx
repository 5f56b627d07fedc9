/** Owns the view of patterns: what log records say, how often, since when, and which of it is new. */
import { ActionIcon, Badge, SegmentedControl, Tooltip } from "@mantine/core";
import type { UseQueryResult } from "@tanstack/react-query";
import { Ban, ListFilter, Shapes } from "lucide-react";
import { type ReactNode, useState } from "react";
import { EmptyPanel, ErrorPanel, SkeletonRows } from "../../components/Panels";
import { Service } from "../../components/Service";
import { severities, Severity, severityColor } from "../../components/Severity";
import { Sparkline } from "../../components/Sparkline";
import { useNow } from "../../components/useNow";
import { counted, formatCount, formatShare } from "../../lib/count";
import { withTerm } from "../../lib/filterEdit";
import { formatAgo, formatExact, toMicros } from "../../lib/moment";
import { type Pattern, patternConditions, type PatternsResponse, templatePieces } from "../../lib/patterns";
import classes from "./PatternsView.module.css";

type Props = { tabs: ReactNode; query: UseQueryResult<PatternsResponse | null, Error>; filter: string; onFilter: (filter: string) => void };

const orders = [
  { value: "count", label: "Most frequent" },
  { value: "new", label: "New" },
  { value: "severe", label: "Most severe" },
];

/** What stands over the columns, and on which of them; the last holds buttons and is named for those who do not see them. */
const columns = [
  ["count", "Records"],
  ["trend", "Over time"],
  ["severity", "Level"],
  ["template", "Pattern"],
  ["services", "Services"],
  ["seen", "Seen"],
  ["actions", "Actions"],
] as const;

/** The worst severity among a pattern's records. */
const worstOf = (pattern: Pattern) => severities.find((severity) => pattern.severities.some((one) => one.severity === severity && one.count > 0)) ?? "UNSPECIFIED";

function Row({ pattern, share, fresh, now, onOnly, onHide }: { pattern: Pattern; share: number; fresh: boolean; now: number; onOnly: () => void; onHide: () => void }) {
  const worst = worstOf(pattern);
  const [first, ...others] = pattern.services;
  return (
    <div role="row" className={classes.row} style={{ borderLeftColor: severityColor(worst) }}>
      <span role="cell" className={classes.count}>
        <b>{formatCount(pattern.count)}</b> <small>{formatShare(share)}</small>
      </span>
      <span role="cell" className={classes.trend}>{pattern.trend.length > 1 && <Sparkline values={pattern.trend} color={worst === "ERROR" || worst === "FATAL" ? "var(--argus-error)" : "var(--argus-bar)"} width={110} height={22} />}</span>
      <span role="cell" className={classes.severity}><Severity severity={worst} /></span>
      <span role="cell" className={classes.template}>
        <button type="button" className={classes.open} onClick={onOnly} title={pattern.template}>
          {templatePieces(pattern.template).map(({ text, varies }, at) => (varies ? <mark key={at}>{text}</mark> : <span key={at}>{text}</span>))}
        </button>
        {fresh && <Badge size="xs" variant="light" radius="sm" className={classes.badge}>new</Badge>}
      </span>
      <span role="cell" className={classes.services}>
        {first !== undefined && <Service name={first.service_name} />}
        {others.length > 0 && <small title={others.map((one) => one.service_name).join(", ")}>+{others.length}</small>}
      </span>
      <span role="cell" className={classes.seen}>
        <time dateTime={pattern.first_seen} title={`first ${formatExact(pattern.first_seen)}`}>first {formatAgo(pattern.first_seen, now)}</time>
        <time dateTime={pattern.last_seen} title={`last ${formatExact(pattern.last_seen)}`}>last {formatAgo(pattern.last_seen, now)}</time>
      </span>
      <span role="cell" className={classes.actions}>
        <Tooltip label="Only these records">
          <ActionIcon variant="subtle" color="gray" size={22} aria-label={`Only records like ${pattern.template}`} onClick={onOnly}><ListFilter size={13} /></ActionIcon>
        </Tooltip>
        <Tooltip label="Hide these records">
          <ActionIcon variant="subtle" color="gray" size={22} aria-label={`Hide records like ${pattern.template}`} onClick={onHide}><Ban size={13} /></ActionIcon>
        </Tooltip>
      </span>
    </div>
  );
}

export function PatternsView({ tabs, query, filter, onFilter }: Props) {
  const now = useNow(30_000);
  const [order, setOrder] = useState("count");
  const found = query.data;
  if (found === undefined || found === null) {
    if (!query.isError) return <SkeletonRows height={40} count={16} />;
    return <ErrorPanel title="The patterns could not be loaded" error={query.error} onRetry={() => void query.refetch()} />;
  }
  // no record was of it before the time that is looked at
  const fresh = (pattern: Pattern) => toMicros(pattern.first_seen) >= toMicros(found.start);
  const rank = (pattern: Pattern) => severities.indexOf(worstOf(pattern));
  const patterns = found.patterns.filter((pattern) => order !== "new" || fresh(pattern));
  if (order === "severe") patterns.sort((a, b) => rank(a) - rank(b) || b.count - a.count);
  if (order === "new") patterns.sort((a, b) => (a.first_seen < b.first_seen ? 1 : -1));
  if (found.patterns.length === 0) return <div className={classes.view}><div className={classes.facts}>{tabs}</div><EmptyPanel icon={Shapes} title="No patterns in this time range" text="Argus finds what log records have in common as they arrive. None that match the filter arrived in this time." /></div>;
  return (
    <div className={classes.view}>
      <div className={classes.facts}>
        {tabs}
        <span role="status" className={classes.total}><strong>{counted(found.total, "pattern")}</strong> in {counted(found.total_logs, "record")}</span>
        <SegmentedControl size="xs" aria-label="Order of the patterns" data={orders} value={order} onChange={setOrder} />
      </div>
      {!patternConditions(filter).whole && <p className={classes.none}>Patterns are counted by time, service and severity: the rest of the filter does not narrow them.</p>}
      {patterns.length === 0 && <p className={classes.none}>Nothing new: records were of each of these patterns before.</p>}
      <div role="table" aria-label="Patterns" className={classes.rows}>
        <div role="row" className={classes.head} data-none={patterns.length === 0 || undefined}>
          {columns.map(([name, label]) => <span key={name} role="columnheader" aria-label={label} className={classes[name]}>{name !== "actions" && label}</span>)}
        </div>
        {patterns.map((pattern) => (
          <Row key={pattern.id} pattern={pattern} share={found.total_logs === 0 ? 0 : pattern.count / found.total_logs} fresh={fresh(pattern)} now={now} onOnly={() => onFilter(withTerm(filter, pattern.term))} onHide={() => onFilter(withTerm(filter, `-${pattern.term}`))} />
        ))}
      </div>
    </div>
  );
}
