/** Owns how Argus itself is doing: what comes in, how the database answers, what waits, what the disk holds. */
import { useQuery } from "@tanstack/react-query";
import { healthQuery } from "../../api/queries";
import { ErrorPanel, SkeletonRows } from "../../components/Panels";
import { counted, formatBytes, formatCount } from "../../lib/count";
import { formatDuration } from "../../lib/duration";
import classes from "./AdminPage.module.css";
import { AiFacts } from "./Ai";
import { DiskFact } from "./Disk";
import { Fact } from "./Fact";

const writers = {
  OK: ["Writing", "Records go into the database as they come."],
  DELAYED: ["Delayed", "The database answers slowly; records wait in the queue."],
  CIRCUIT_OPEN: ["Not writing", "The database does not answer; records go to the dead-letter queue and are replayed by themselves."],
} as const;

export function State() {
  const query = useQuery(healthQuery(3_000));
  const health = query.data;
  if (health === undefined) return query.isError ? <ErrorPanel title="The health could not be loaded" error={query.error} onRetry={() => void query.refetch()} /> : <SkeletonRows height={80} count={3} />;
  const [writer, meaning] = writers[health.writer_status];
  return (
    <>
      {query.isError && <p className={classes.failed} role="alert">These numbers are old. {query.error.message}</p>}
      <dl className={classes.facts}>
        <Fact name="Writer" value={writer} note={meaning} bad={health.writer_status !== "OK"} />
        <Fact name="Records per second" value={health.ingestion_rate < 10 ? health.ingestion_rate.toFixed(1) : formatCount(health.ingestion_rate)} note={`Over the last minute; ${formatCount(health.ingested_total)} since the start`} />
        <Fact name="Database answers in" value={formatDuration(health.db_latency_p99_ms * 1000)} note="99 of 100 writes are faster" />
        <Fact name="Waiting in memory" value={formatCount(health.queue_depth)} note="Records queued for the next write" />
        <Fact name="Dead letters" value={formatCount(health.dlq_size)} note={health.dlq_size === 0 ? "Nothing waits on disk" : `${formatBytes(health.dlq_bytes)} on disk, replayed by themselves`} bad={health.dlq_size > 0} />
        <DiskFact disk={health.disk} />
        <Fact name="Open connections" value={formatCount(health.active_connections)} note={`${counted(health.active_connections, "browser connection")} for live views`} />
        <AiFacts ai={health.ai} />
      </dl>
    </>
  );
}
