/** Owns the answer to "why is my data not here": one line per exporter, the broken ones on top and open. */
import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { ChevronRight, CircleCheck, CircleDashed, CirclePause, ListFilter, type LucideIcon, OctagonAlert, Unplug } from "lucide-react";
import { Fragment, useState } from "react";
import { receiptsQuery } from "../../api/queries";
import type { Receipt } from "../../api/types";
import { EmptyPanel, ErrorPanel, SkeletonRows } from "../../components/Panels";
import { Service } from "../../components/Service";
import { useNow } from "../../components/useNow";
import { formatCount } from "../../lib/count";
import { formatDuration } from "../../lib/duration";
import { formatAgo, formatExact } from "../../lib/moment";
import { reasonsOf, rejectedOf, sortReceipts, type Verdict, verdictOf } from "../../lib/receipts";
import classes from "./AdminPage.module.css";

const verdicts: Record<Verdict, { icon: LucideIcon; text: string }> = {
  broken: { icon: OctagonAlert, text: "Rejected" },
  waiting: { icon: CirclePause, text: "Waiting" },
  filtered: { icon: ListFilter, text: "Filtered out" },
  silent: { icon: CircleDashed, text: "Silent" },
  healthy: { icon: CircleCheck, text: "Healthy" },
};

function Amount({ value, bad = false }: { value: number; bad?: boolean }) {
  if (value === 0) return <span className={classes.zero}>–</span>;
  return <span className={bad ? classes.bad : undefined}>{formatCount(value)}</span>;
}

function Line({ receipt, now }: { receipt: Receipt; now: number }) {
  const verdict = verdictOf(receipt, now);
  const reasons = reasonsOf(receipt);
  const [open, setOpen] = useState(verdict === "broken" || verdict === "waiting" || verdict === "filtered");
  const { icon: Icon, text } = verdicts[verdict];
  const shown = open && reasons.length > 0;
  return (
    <Fragment>
      <tr className={classes.row} data-verdict={verdict} data-open={shown || undefined}>
        <td>
          {reasons.length > 0 ? (
            <button type="button" className={classes.toggle} aria-expanded={open} onClick={() => setOpen(!open)}>
              <ChevronRight size={14} aria-hidden="true" />
              <Service name={receipt.service_name} strong />
            </button>
          ) : (
            <Service name={receipt.service_name} strong />
          )}
        </td>
        <td>
          <span className={classes.verdict} data-verdict={verdict}>
            <Icon size={14} aria-hidden="true" /> {text}
          </span>
        </td>
        <td className={classes.dim} data-wide>{receipt.instance || "–"}</td>
        <td className={classes.dim} data-wide>{`${receipt.peer} · ${receipt.transport === "grpc" ? "gRPC" : "HTTP"}`}</td>
        <td className={classes.dim} title={formatExact(receipt.last_seen)}>{formatAgo(receipt.last_seen, now)}</td>
        <td data-number data-wide><Amount value={receipt.accepted} /></td>
        <td data-number><Amount value={receipt.committed} /></td>
        <td data-number><Amount value={rejectedOf(receipt)} bad /></td>
        <td data-number data-wide><Amount value={receipt.filtered} /></td>
        <td data-number data-wide><Amount value={receipt.duplicate} /></td>
        <td data-number data-wide><Amount value={receipt.queued} /></td>
        <td data-number data-wide className={classes.dim}>{formatDuration(receipt.lag_ms * 1000)}</td>
      </tr>
      {shown && (
        <tr>
          <td colSpan={12} className={classes.why}>
            <ul>
              {reasons.map((reason) => (
                <li key={reason}>{reason}</li>
              ))}
            </ul>
          </td>
        </tr>
      )}
    </Fragment>
  );
}

const heads: [text: string, kind?: "number" | "wide" | "both"][] = [["Service"], ["State"], ["Instance", "wide"], ["From", "wide"], ["Last seen"], ["Accepted", "both"], ["Stored", "number"], ["Rejected", "number"], ["Filtered", "both"], ["Duplicate", "both"], ["Waiting", "both"], ["Delay", "both"]];

export function Receipts() {
  const query = useQuery(receiptsQuery(5_000));
  const now = useNow(1_000);
  if (query.data === undefined) return query.isError ? <ErrorPanel title="The receipts could not be loaded" error={query.error} onRetry={() => void query.refetch()} /> : <SkeletonRows height={34} count={8} />;
  const receipts = sortReceipts(query.data.receipts, now);
  if (receipts.length === 0) {
    return (
      <EmptyPanel icon={Unplug} title="No exporter has been heard of since Argus started" text="Each service that sends something gets a line here, with what became of its records.">
        <Button component={Link} to="/send" size="xs">
          Send data
        </Button>
      </EmptyPanel>
    );
  }
  return (
    <>
      <p className={classes.lead}>Why is my data not here? Each exporter since Argus started, and what became of its records. Accepted = stored + filtered + duplicate + waiting; rejected ones were refused in the answer to their sender.</p>
      <table className={classes.table} aria-label="Exporters">
        <thead>
          <tr>
            {heads.map(([text, kind]) => (
              <th key={text} scope="col" data-number={kind === "number" || kind === "both" || undefined} data-wide={kind === "wide" || kind === "both" || undefined}>{text}</th>
            ))}
          </tr>
        </thead>
        <tbody>
          {receipts.map((receipt) => (
            <Line key={`${receipt.service_name} ${receipt.instance} ${receipt.peer} ${receipt.transport}`} receipt={receipt} now={now} />
          ))}
        </tbody>
      </table>
    </>
  );
}
