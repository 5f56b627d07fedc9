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

export function ForecastFact({ disk, limit }: { disk: Health["disk"]; limit: number }) {
  const days = disk.full_in_days;
  if (days === null && disk.free_bytes === null && limit === 0) return <Fact name="Forecast" value="Unknown" note="Argus cannot see the disk of a database server: watch it there, or set RETENTION_BYTES" />;
  return <Fact name="Forecast" value={days === null ? "Room enough" : counted(Math.round(days), "day")} note={forecastText(days)} bad={days !== null && days < 7} />;
}

const forDays = (days: number) => (days === 0 ? "for ever" : counted(days, "day"));

export function RetentionFact({ retention: { traces_days: traces, logs_days: logs, rollups_days: rollups, bytes } }: { retention: Health["retention"] }) {
  const value = traces === logs ? forDays(traces) : `${forDays(traces)}, logs ${forDays(logs)}`;
  return <Fact name="Retention" value={value} note={`${bytes === 0 ? "whatever it takes up" : `at most ${formatBytes(bytes)}`} · numbers of the overview ${forDays(rollups)} · pinned traces stay`} />;
}

export function DiskFact({ disk }: { disk: Health["disk"] }) {
  if (disk.free_bytes === null) return <Fact name="Disk" value={formatBytes(disk.bytes)} note={`in ${disk.path}; only its server knows how much is free`} />;
  const used = disk.bytes / Math.max(1, disk.bytes + disk.free_bytes);
  return (
    <Fact name="Disk" value={formatBytes(disk.bytes)} note={`${formatBytes(disk.free_bytes)} free · ${disk.path}`} bad={used > 0.9}>
      <div className={classes.gauge} role="img" aria-label={`${formatShare(used)} of the room is used by Argus`}>
        <span style={{ width: `${Math.max(1, used * 100)}%` }} />
      </div>
    </Fact>
  );
}
