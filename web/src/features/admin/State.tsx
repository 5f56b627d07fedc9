/** Owns how Argus itself is doing: what comes in, how the database answers, what waits, what the disk holds. */
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { healthQuery } from "../../api/queries";
import { ErrorPanel, SkeletonRows } from "../../components/Panels";
import { counted, formatBytes, formatCount, formatShare } from "../../lib/count";
import { formatDuration } from "../../lib/duration";
import classes from "./AdminPage.module.css";

const writers = {
  OK: ["Writing", "Records go into the database as they come."],
  DELAYED: ["Delayed", "The database answers slowly; records wait in the queue."],
  CIRCUIT_OPEN: ["Not writing", "The database does not answer; records go to the dead-letter queue and are replayed by themselves."],
} as const;

function Fact({ name, value, note, bad = false, children }: { name: string; value: string; note: string; bad?: boolean; children?: ReactNode }) {
  return (
    <div className={classes.fact} data-bad={bad || undefined}>
      <dt>{name}</dt>
      <dd>{value}</dd>
      <dd className={classes.note}>
        {children}
        {note}
      </dd>
    </div>
  );
}

export function State() {
  const query = useQuery(healthQuery(3_000));
  const health = query.data;
  if (health === undefined) return query.isError ? <ErrorPanel title="The health could not be loaded" error={query.error} onRetry={() => void query.refetch()} /> : <SkeletonRows height={80} count={3} />;
  const [writer, meaning] = writers[health.writer_status];
  const { disk } = health;
  const used = disk.free_bytes === null ? 0 : disk.bytes / Math.max(1, disk.bytes + disk.free_bytes);
  return (
    <>
      {query.isError && <p className={classes.failed} role="alert">These numbers are old. {query.error.message}</p>}
      <dl className={classes.facts}>
        <Fact name="Writer" value={writer} note={meaning} bad={health.writer_status !== "OK"} />
        <Fact name="Records per second" value={health.ingestion_rate < 10 ? health.ingestion_rate.toFixed(1) : formatCount(health.ingestion_rate)} note={`Over the last minute; ${formatCount(health.ingested_total)} since the start`} />
        <Fact name="Database answers in" value={formatDuration(health.db_latency_p99_ms * 1000)} note="99 of 100 writes are faster" />
        <Fact name="Waiting in memory" value={formatCount(health.queue_depth)} note="Records queued for the next write" />
        <Fact name="Dead letters" value={formatCount(health.dlq_size)} note={health.dlq_size === 0 ? "Nothing waits on disk" : `${formatBytes(health.dlq_bytes)} on disk, replayed by themselves`} bad={health.dlq_size > 0} />
        <Fact name="Disk" value={formatBytes(disk.bytes)} note={disk.free_bytes === null ? disk.path : `${formatBytes(disk.free_bytes)} free · ${disk.path}`} bad={used > 0.9}>
          <div className={classes.gauge} role="img" aria-label={`${formatShare(used)} of the room is used by Argus`}>
            <span style={{ width: `${Math.max(1, used * 100)}%` }} />
          </div>
        </Fact>
        <Fact name="Open connections" value={formatCount(health.active_connections)} note={`${counted(health.active_connections, "browser connection")} for live views`} />
      </dl>
    </>
  );
}
