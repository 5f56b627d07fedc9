/** Owns the ways to say a time range: in words, from a list, by two points, or moved from the one in force; and the zone. */
import { Button, SegmentedControl, TextInput } from "@mantine/core";
import { Check, ChevronLeft, ChevronRight, CornerDownLeft, ZoomOut } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { readRange } from "../lib/naturalTime";
import { movedRange, presets, rangeLabel, type TimeRange } from "../lib/timeRange";
import { fromWallClock, setZone, wallClock, type Zone, zoneName } from "../lib/zone";
import classes from "./TimeRangePicker.module.css";
import { useNow } from "./useNow";
import { useZone } from "./useZone";

type Props = { range: TimeRange; onChoose: (range: TimeRange) => void; onMove: (range: TimeRange) => void };

/** What a field for date and time takes. */
const fieldText = (ms: number) => wallClock(ms).toISOString().slice(0, 19);

function fieldMoment(text: string): number {
  const parts = /^(\d+)-(\d+)-(\d+)T(\d+):(\d+)(?::(\d+))?/.exec(text);
  if (parts === null) return Number.NaN;
  const [year = 0, month = 1, day = 1, hour, minute, second] = parts.slice(1).map((part) => Number(part ?? 0));
  return fromWallClock(year, month - 1, day, hour, minute, second);
}

function InWords({ onChoose }: { onChoose: (range: TimeRange) => void }) {
  const now = useNow();
  const [text, setText] = useState("");
  const meant = readRange(text, now);
  const field = useRef<HTMLInputElement>(null);
  // the panel comes after the popover has placed the focus
  useEffect(() => field.current?.focus(), []);
  return (
    <form
      className={classes.words}
      onSubmit={(event) => {
        event.preventDefault();
        const range = readRange(text, Date.now());
        if (range !== null) onChoose(range);
      }}
    >
      <TextInput ref={field} size="xs" aria-label="Time range in words" placeholder="last 2 hours · yesterday 14:00–15:30 · since 9am" value={text} onChange={(event) => setText(event.currentTarget.value)} spellCheck={false} rightSection={meant !== null && <CornerDownLeft size={13} aria-hidden="true" />} />
      {text.trim() !== "" && (
        <span className={classes.meant} role="status" data-none={meant === null || undefined}>
          {meant === null ? "Not understood. Try: last 2 hours, yesterday, since 9am" : rangeLabel(meant)}
        </span>
      )}
    </form>
  );
}

function Between({ range, now, onChoose }: { range: TimeRange; now: number; onChoose: (range: TimeRange) => void }) {
  const [from0, to0] = range.kind === "absolute" ? [Date.parse(range.start), Date.parse(range.end)] : [now - 3_600_000, now];
  const [start, setStart] = useState(() => fieldText(from0));
  const [end, setEnd] = useState(() => fieldText(to0));
  const [from, to] = [fieldMoment(start), fieldMoment(end)];
  const wrong = Number.isNaN(from) || Number.isNaN(to) ? "Both points are needed" : from >= to ? "The end must come after the start" : null;
  return (
    <form
      className={classes.between}
      onSubmit={(event) => {
        event.preventDefault();
        if (wrong === null) onChoose({ kind: "absolute", start: new Date(from).toISOString(), end: new Date(to).toISOString() });
      }}
    >
      <TextInput type="datetime-local" step={1} size="xs" label="From" value={start} onChange={(event) => setStart(event.currentTarget.value)} />
      <TextInput type="datetime-local" step={1} size="xs" label="To" value={end} onChange={(event) => setEnd(event.currentTarget.value)} error={wrong} />
      <Button size="xs" type="submit" disabled={wrong !== null} fullWidth>
        Apply
      </Button>
    </form>
  );
}

const moves = [
  { how: "earlier", label: "Earlier", icon: ChevronLeft },
  { how: "wider", label: "Twice as long", icon: ZoomOut },
  { how: "later", label: "Later", icon: ChevronRight },
] as const;

export default function TimeRangePanel({ range, onChoose, onMove }: Props) {
  const zone = useZone();
  const now = useNow();
  const options: { label: string; range: TimeRange; chosen: boolean }[] = [
    ...presets.map(({ last, label }) => ({ label, range: { kind: "relative" as const, last }, chosen: range.kind === "relative" && range.last === last })),
    { label: "All time", range: { kind: "all" }, chosen: range.kind === "all" },
  ];
  const zones = [
    { value: "local", label: "Local" },
    { value: "utc", label: "UTC" },
  ];
  return (
    <div className={classes.panel}>
      <InWords onChoose={onChoose} />
      <div className={classes.ways}>
        <div className={classes.presets}>
          {options.map((option) => (
            <button key={option.label} type="button" className={classes.preset} data-chosen={option.chosen || undefined} aria-pressed={option.chosen} onClick={() => onChoose(option.range)}>
              {option.label}
              {option.chosen && <Check size={14} aria-hidden="true" />}
            </button>
          ))}
        </div>
        <div className={classes.own}>
          <Between key={zone} range={range} now={now} onChoose={onChoose} />
          <div className={classes.moves}>
            {moves.map(({ how, label, icon: Icon }) => {
              const next = movedRange(range, how, now);
              return (
                <Button key={how} size="compact-xs" variant="default" disabled={next === null} leftSection={<Icon size={13} />} onClick={() => next !== null && onMove(next)}>
                  {label}
                </Button>
              );
            })}
          </div>
          <div className={classes.zone}>
            <SegmentedControl size="xs" aria-label="Time zone" data={zones} value={zone} onChange={(next) => setZone(next as Zone)} />
            <span>{zoneName()}</span>
          </div>
        </div>
      </div>
    </div>
  );
}
