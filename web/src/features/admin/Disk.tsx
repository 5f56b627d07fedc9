/** Owns what is said of the disk: what Argus holds of it and how long it lasts. */
import type { Health } from "../../api/types";
import { counted, formatBytes, formatShare } from "../../lib/count";
import classes from "./AdminPage.module.css";
import { Fact } from "./Fact";

/** When the disk would be full if it went on like this. */
export function forecastText(days: number | null): string {
  if (days === null) return "At the present rate retention deletes before the disk is full; a young server cannot tell yet";
  const when = new Date(Date.now() + days * 86_400_000).toLocaleDateString("en", { year: "numeric", month: "short", day: "numeric" });
  return `At the present rate the disk is full on ${when}, ${counted(Math.round(days), "day")} from now`;
}

export function DiskFact({ disk }: { disk: Health["disk"] }) {
  // a database server does not say what is free
  if (disk.free_bytes === null) return <Fact name="Disk" value={formatBytes(disk.bytes)} note={disk.path} />;
  const used = disk.bytes / Math.max(1, disk.bytes + disk.free_bytes);
  return (
    <Fact name="Disk" value={formatBytes(disk.bytes)} note={`${formatBytes(disk.free_bytes)} free · ${disk.path}`} bad={used > 0.9}>
      <div className={classes.gauge} role="img" aria-label={`${formatShare(used)} of the room is used by Argus`}>
        <span style={{ width: `${Math.max(1, used * 100)}%` }} />
      </div>
    </Fact>
  );
}
