/** Owns the stored data: how long the disk lasts, deleting what is old, giving room back. */
import { Button } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { HardDriveDownload, Trash2 } from "lucide-react";
import { useState } from "react";
import { admin, wantsToken } from "../../api/client";
import { healthQuery } from "../../api/queries";
import type { PurgeResponse } from "../../api/types";
import { ErrorPanel, SkeletonRows } from "../../components/Panels";
import { TokenForm } from "../../components/TokenForm";
import { counted, formatBytes } from "../../lib/count";
import classes from "./AdminPage.module.css";
import { DiskFact, ForecastFact, RetentionFact } from "./Disk";
import { PurgeDialog } from "./PurgeDialog";
import { TypedDialog } from "./TypedDialog";

function useDeeds() {
  const cache = useQueryClient();
  const onSettled = () => cache.invalidateQueries({ queryKey: healthQuery(0).queryKey });
  return {
    purge: useMutation({ mutationFn: (days: number) => admin<PurgeResponse>("DELETE", "/api/admin/purge", { days, confirm: days === 0 ? "true" : undefined }), onSettled }),
    vacuum: useMutation({ mutationFn: () => admin("POST", "/api/admin/vacuum"), onSettled }),
  };
}

function Gone({ purged }: { purged: PurgeResponse }) {
  return (
    <p className={classes.done} role="status">
      Gone: {counted(purged.purged_traces, "trace")}, {counted(purged.purged_spans, "span")}, {counted(purged.purged_logs, "log record")}; {formatBytes(purged.freed_bytes)} given back to the disk.
    </p>
  );
}

export function DataPage() {
  const query = useQuery(healthQuery(10_000));
  const { purge, vacuum } = useDeeds();
  const [asking, setAsking] = useState<"purge" | "vacuum" | null>(null);
  const refused = [purge.error, vacuum.error].find(wantsToken);
  if (refused) {
    const reset = () => {
      purge.reset();
      vacuum.reset();
    };
    return <TokenForm message={refused.message} onSaved={reset} />;
  }
  if (query.data === undefined) return query.isError ? <ErrorPanel title="The state of the data could not be loaded" error={query.error} onRetry={() => void query.refetch()} /> : <SkeletonRows height={80} count={3} />;
  const { disk, retention } = query.data;
  // Argus sees the disk of a file, not that of a server
  const packable = disk.free_bytes !== null;
  const failed = purge.error ?? vacuum.error;
  return (
    <>
      {failed !== null && <p className={classes.failed} role="alert">It was not done: {failed.message}</p>}
      <dl className={classes.facts}>
        <DiskFact disk={disk} />
        <ForecastFact disk={disk} limit={retention.bytes} />
        <RetentionFact retention={retention} />
      </dl>
      <section className={classes.deed}>
        <div>
          <h2>Delete what is old</h2>
          <p>Deletes, for all tenants, spans and log records older than a number of days. Pinned traces stay. It cannot be undone.</p>
          {purge.data !== undefined && <Gone purged={purge.data} />}
        </div>
        <Button size="xs" color="red" variant="light" leftSection={<Trash2 size={14} />} loading={purge.isPending} onClick={() => setAsking("purge")}>
          Delete old data…
        </Button>
      </section>
      <section className={classes.deed}>
        <div>
          <h2>Give room back to the disk</h2>
          <p>{packable ? "Packs what is left after deleting, so that unused room is the disk’s again." : "A database server does this by itself: dropped segments are its disk’s again at once. Only SQLite is packed from here."}</p>
          {vacuum.isSuccess && <p className={classes.done} role="status">Done: nothing unused is left.</p>}
        </div>
        <Button size="xs" variant="default" disabled={!packable} leftSection={<HardDriveDownload size={14} />} loading={vacuum.isPending} onClick={() => setAsking("vacuum")}>
          Vacuum…
        </Button>
      </section>
      <PurgeDialog opened={asking === "purge"} onClose={() => setAsking(null)} onPurge={(days) => purge.mutate(days)} />
      <TypedDialog opened={asking === "vacuum"} title="Vacuum the database?" text="It rewrites the database file, which may take a while." word="vacuum" deed="Vacuum" onClose={() => setAsking(null)} onConfirm={() => vacuum.mutate()} />
    </>
  );
}
