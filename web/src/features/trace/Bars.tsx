/** Owns the right half of a row: the bar of a span with its marks, the density strip of a folded group. */
import type { Log, Span } from "../../api/types";
import { severityColor } from "../../components/Severity";
import { serviceColor } from "../../lib/colors";
import { type CriticalPath, stretchesOf } from "../../lib/criticalPath";
import { formatDuration } from "../../lib/duration";
import { oneLine } from "../../lib/attributes";
import { toMicros } from "../../lib/moment";
import { labelSide } from "../../lib/scale";
import { childrenOf, endOf, type Group, type SpanTree, type TreeNode } from "../../lib/spanTree";
import classes from "./Bars.module.css";
import type { View } from "./useTimeline";

type Place = { view: View; trackWidth: number };
type Drawn = Place & { tree: SpanTree; path: CriticalPath | null; node: TreeNode };
const marksAtMost = 60;

/** Where a stretch of the trace lies on the track, in pixels; null when it is outside the view. */
function stretch(from: number, to: number, { view, trackWidth }: Place, least: number): { left: number; width: number } | null {
  const scale = trackWidth / (view.to - view.from);
  if (to < view.from || from > view.to) return null;
  const left = Math.max(0, (from - view.from) * scale);
  const right = Math.min(trackWidth, (to - view.from) * scale);
  const width = Math.max(right - left, least);
  return { left: Math.min(left, trackWidth - width), width };
}

type LabelProps = { text: string; left: number; width: number; trackWidth: number; failed: boolean; avoid?: { left: number; width: number }[] };

/** Of middle, start and end of a bar, the first place for a label `room` pixels wide that covers none of `avoid`. */
function insidePlace(left: number, width: number, room: number, avoid: { left: number; width: number }[]): number {
  const places = [left + (width - room) / 2, left + 6, left + width - room - 6];
  const free = places.find((place) => avoid.every((spot) => spot.left + spot.width < place - 4 || spot.left > place + room + 4));
  return free ?? places[0] ?? left;
}

function Label({ text, left, width, trackWidth, failed, avoid = [] }: LabelProps) {
  const tight = trackWidth < 200;
  const room = tight ? text.length * 5.9 + 8 : text.length * 6.6 + 12;
  const side = labelSide(left, width, room, trackWidth);
  const gap = failed && !tight ? 10 : tight ? 4 : 6;
  if (side === "inside" && width < room) return null;
  const middle = Math.max(2, Math.min(insidePlace(left, width, room, avoid), trackWidth - room));
  const style = side === "right" ? { left: left + width + gap } : side === "left" ? { right: trackWidth - left + gap } : { left: middle };
  return (
    <span className={classes.label} data-side={side} data-failed={failed || undefined} data-tight={tight || undefined} style={style}>
      {text}
    </span>
  );
}

/** Says on which side of the zoomed part a span lies. */
function Outside({ node, place }: { node: TreeNode; place: Place }) {
  const before = node.startUs < place.view.from;
  return (
    <span className={classes.outside} data-after={!before || undefined} title={before ? "Before the zoomed part" : "After the zoomed part"}>
      {before ? "◂" : "▸"}
    </span>
  );
}

/** The stretches of a bar that everything waits for. */
function PathLine({ path, from, to, ...place }: Place & { path: CriticalPath | null; from: number; to: number }) {
  if (path === null) return null;
  const parts = stretchesOf(path, from, to).slice(0, marksAtMost).flatMap((part) => stretch(part.from, part.to, place, 1) ?? []);
  return parts.map((at, index) => <span key={index} className={classes.path} style={{ left: at.left, width: at.width }} />);
}

/** Events and log records of a span, each where it happened. */
function Marks({ span, logs, startUs, ...place }: Place & { span: Span | undefined; logs: Log[]; startUs: number }) {
  const point = (time: string) => stretch(toMicros(time) - startUs, toMicros(time) - startUs, place, 0)?.left;
  const offset = (time: string) => formatDuration(Math.max(0, toMicros(time) - startUs));
  return (
    <>
      {span?.events.slice(0, marksAtMost).map((event, index) => {
        const x = point(event.time);
        return x === undefined ? null : <span key={index} className={classes.event} data-exception={event.name === "exception" || undefined} style={{ left: x }} title={`${event.name} at ${offset(event.time)}`} />;
      })}
      {logs.slice(0, marksAtMost).map((log) => {
        const x = point(log.timestamp);
        return x === undefined ? null : <span key={log.id} className={classes.log} style={{ left: x, background: severityColor(log.severity) }} title={`${log.severity} ${oneLine(log.body).slice(0, 160)}`} />;
      })}
    </>
  );
}

export function Bar({ tree, path, node, span, logs, ...place }: Drawn & { span: Span | undefined; logs: Log[] }) {
  const at = stretch(node.startUs, node.startUs + node.durationUs, place, 3);
  if (at === null) return <Outside node={node} place={place} />;
  if (node.type === "missing") return <span className={classes.ghost} style={{ left: at.left, width: at.width }} />;
  const failed = node.status === "ERROR";
  return (
    <>
      <span className={classes.bar} data-failed={failed || undefined} style={{ left: at.left, width: at.width, background: serviceColor(node.service) }} />
      <PathLine path={path} from={node.at} to={node.at + 1} {...place} />
      <Marks span={span} logs={logs} startUs={tree.startUs} {...place} />
      <Label text={formatDuration(node.durationUs)} left={at.left} width={at.width} trackWidth={place.trackWidth} failed={failed} />
    </>
  );
}

type Run = { left: number; width: number; weight: number };

/** What is drawn of the members: one block each, darker the slower, and merged where they are too thin to tell apart. */
function runs(tree: SpanTree, node: TreeNode, maxUs: number, place: Place): Run[] {
  const merged: Run[] = [];
  for (const member of childrenOf(tree, node.at)) {
    const [start, length] = [tree.starts[member] ?? 0, tree.durations[member] ?? 0];
    const at = stretch(start, start + length, place, 1);
    const before = merged.at(-1);
    if (at === null) continue;
    const weight = 0.35 + 0.65 * (length / Math.max(maxUs, 1));
    if (before !== undefined && at.width < 2 && at.left < before.left + before.width + 0.5) {
      before.width = Math.max(before.width, at.left + at.width - before.left);
      before.weight = Math.max(before.weight, weight);
    } else merged.push({ left: at.left, width: at.width > 3 ? at.width - 1 : at.width, weight });
  }
  return merged;
}

/** The group's numbers, as many as the track has room for. */
function groupText({ p50Us, maxUs, failed }: Group, trackWidth: number): string {
  const max = `max ${formatDuration(maxUs)}`;
  const failures = failed.length > 0 ? ` · ${failed.length} failed` : "";
  if (trackWidth < 170) return max;
  return trackWidth < 280 ? `${max}${failures}` : `p50 ${formatDuration(p50Us)} · ${max}${failures}`;
}

export function GroupBar({ tree, path, node, ...place }: Drawn) {
  const whole = stretch(node.startUs, node.startUs + node.durationUs, place, 3);
  const group = tree.groups.get(node.at);
  if (whole === null || group === undefined) return <Outside node={node} place={place} />;
  const color = serviceColor(node.service);
  const failures = group.failed.slice(0, marksAtMost).flatMap((member) => stretch(tree.starts[member] ?? 0, (tree.starts[member] ?? 0) + (tree.durations[member] ?? 0), place, 3) ?? []);
  return (
    <>
      {runs(tree, node, group.maxUs, place).map((run) => (
        <span key={run.left} className={classes.run} style={{ left: run.left, width: run.width, background: color, opacity: run.weight }} />
      ))}
      {failures.map((at, index) => (
        <span key={index} className={classes.failure} style={{ left: at.left, width: at.width }} />
      ))}
      <PathLine path={path} from={node.at} to={endOf(tree, node.at)} {...place} />
      <Label text={groupText(group, place.trackWidth)} left={whole.left} width={whole.width} trackWidth={place.trackWidth} failed={false} avoid={failures} />
    </>
  );
}
