/** Owns the line that says whether Argus itself takes everything in. */
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { CircleCheck, OctagonAlert } from "lucide-react";
import { healthQuery, receiptsQuery } from "../../api/queries";
import { counted, formatBytes, formatShort } from "../../lib/count";
import { rejectedOf } from "../../lib/receipts";
import classes from "./OverviewPage.module.css";

const everyMs = 10_000;

export function IngestHealth() {
  const health = useQuery(healthQuery(everyMs)).data;
  const receipts = useQuery(receiptsQuery(everyMs)).data?.receipts ?? [];
  if (health === undefined) return null;
  const rejected = receipts.reduce((sum, receipt) => sum + rejectedOf(receipt), 0);
  const troubles = [
    health.writer_status === "OK" ? "" : health.writer_status === "DELAYED" ? "the database is slow" : "the database does not answer",
    health.dlq_size > 0 ? `${counted(health.dlq_size, "request")} on disk` : "",
    rejected > 0 ? `${counted(rejected, "record")} rejected` : "",
  ].filter((text) => text !== "");
  const Icon = troubles.length === 0 ? CircleCheck : OctagonAlert;
  return (
    <Link to="/admin" className={classes.ingest} data-bad={troubles.length > 0 || undefined}>
      <Icon size={15} aria-hidden="true" />
      {troubles.length === 0 ? "Ingest is healthy" : `Ingest: ${troubles.join(", ")}`}
      <span className={classes.dim}>
        {health.ingestion_rate < 10 ? health.ingestion_rate.toFixed(1) : formatShort(health.ingestion_rate)} records/s · {counted(receipts.length, "exporter")} · {formatBytes(health.disk.bytes)} on disk
      </span>
    </Link>
  );
}
