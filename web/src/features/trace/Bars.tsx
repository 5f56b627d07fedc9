/** Owns the right half of a row: the bar of a span with its marks, the density strip of a folded group. */
import type { Log } from "../../api/types";
import { severityColor } from "../../components/Severity";
import { serviceColor } from "../../lib/colors";
import { counted } from "../../lib/count";
import { formatDuration } from "../../lib/duration";
import { oneLine } from "../../lib/attributes";
import { toMicros } from "../../lib/moment";
import { labelSide } from "../../lib/scale";
import type { GroupNode, MissingNode, SpanNode } from "../../lib/spanTree";
import classes from "./Bars.module.css";
import type { View } from "./useTimeline";

type Place = { view: View; startUs: number; trackWidth: number };
const marksAtMost = 60;

/** Where a stretch of the trace lies on the track, in pixels; null when it is outside the view. */
function stretch(fromUs: number, toUs: number, { view, startUs, trackWidth }: Place, least: number): { left: number; width: number } | null {
  const scale = trackWidth / (view.to - view.from);
  const [from, to] = [fromUs - startUs, toUs - startUs];
  if (to < view.from || from > view.to) return null;
  const left = Math.max(0, (from - view.from) * scale);
  const right = Math.min(trackWidth, (to - view.from) * scale);
  const width = Math.max(right - left, least);
  return { left: Math.min(left, trackWidth - width), width };
}

function Label({ text, left, width, trackWidth, failed }: { text: string; left: number; width: number; trackWidth: number; failed: boolean }) {
  const room = text.length * 6.6 + 12;
  const side = labelSide(left, width, room, trackWidth);
  const style = side === "right" ? { left: left + width + 6 } : side === "left" ? { right: trackWidth - left + 6 } : { left: left + 6 };
  return (
    <span className={classes.label} data-side={side} data-failed={failed || undefined} style={style}>
      {text}
    </span>
  );
}

export function Bar({ node, logs, ...place }: { node: SpanNode | MissingNode; logs: Log[] } & Place) {
  const at = stretch(node.startUs, node.endUs, place, 3);
  if (at === null) return <span className={classes.outside}>{node.startUs - place.startUs < place.view.from ? "◂" : "▸"}</span>;
  if (node.kind === "missing") return <span className={classes.ghost} style={{ left: at.left, width: at.width }} />;
  const { span } = node;
  const failed = span.status === "ERROR";
  const point = (us: number) => stretch(us, us, place, 0)?.left;
  return (
    <>
      <span className={classes.bar} data-failed={failed || undefined} style={{ left: at.left, width: at.width, background: serviceColor(span.service_name) }} />
      {span.events.slice(0, marksAtMost).map((event, index) => {
        const x = point(toMicros(event.time));
        return x === undefined ? null : <span key={index} className={classes.event} data-exception={event.name === "exception" || undefined} style={{ left: x }} title={`${event.name} at ${formatDuration(toMicros(event.time) - place.startUs)}`} />;
      })}
      {logs.slice(0, marksAtMost).map((log) => {
        const x = point(toMicros(log.timestamp));
        return x === undefined ? null : <span key={log.id} className={classes.log} style={{ left: x, background: severityColor(log.severity) }} title={`${log.severity} ${oneLine(log.body).slice(0, 160)}`} />;
      })}
      <Label text={formatDuration(span.duration_us)} left={at.left} width={at.width} trackWidth={place.trackWidth} failed={failed} />
    </>
  );
}

/** Runs of pixels on which at least one member was busy. */
function runs(node: GroupNode, place: Place): { left: number; width: number }[] {
  const merged: { left: number; width: number }[] = [];
  for (const member of node.children) {
    const at = stretch(member.startUs, member.endUs, place, 1.5);
    const before = merged.at(-1);
    if (at === null) continue;
    if (before !== undefined && at.left <= before.left + before.width + 0.7) before.width = Math.max(before.width, at.left + at.width - before.left);
    else merged.push({ ...at });
  }
  return merged;
}

export function GroupBar({ node, ...place }: { node: GroupNode } & Place) {
  const whole = stretch(node.startUs, node.endUs, place, 3);
  if (whole === null) return null;
  const text = `p50 ${formatDuration(node.p50Us)} · max ${formatDuration(node.maxUs)}${node.failed.length > 0 ? ` · ${counted(node.failed.length, "failure")}` : ""}`;
  const fits = labelSide(whole.left, whole.width, text.length * 6.6 + 12, place.trackWidth);
  return (
    <>
      <span className={classes.strip} style={{ left: whole.left, width: whole.width, background: serviceColor(node.like.service_name) }} />
      {runs(node, place).map((run) => (
        <span key={run.left} className={classes.run} style={{ left: run.left, width: run.width, background: serviceColor(node.like.service_name) }} />
      ))}
      {node.failed.slice(0, marksAtMost).map((member) => {
        const at = stretch(member.startUs, member.endUs, place, 3);
        return at && <span key={member.key} className={classes.failure} style={{ left: at.left, width: at.width }} />;
      })}
      {fits === "inside" ? (
        <span className={classes.label} data-side="inside" data-group data-failed={undefined} style={{ left: whole.left + 6 }}>
          {text}
        </span>
      ) : (
        <Label text={text} left={whole.left} width={whole.width} trackWidth={place.trackWidth} failed={false} />
      )}
    </>
  );
}
