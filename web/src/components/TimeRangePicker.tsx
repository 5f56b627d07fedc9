/** Owns choosing a time range: relative presets, all time, or two points in local time. */
import { Button, Popover, TextInput } from "@mantine/core";
import { useDisclosure, useHotkeys } from "@mantine/hooks";
import { Check, ChevronDown, Clock } from "lucide-react";
import { useState } from "react";
import { presets, rangeLabel, type TimeRange } from "../lib/timeRange";
import classes from "./TimeRangePicker.module.css";

const two = (value: number) => String(value).padStart(2, "0");
const fieldText = (date: Date) =>
  `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}T${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;

const zoneName = () => Intl.DateTimeFormat().resolvedOptions().timeZone;

function Between({ range, onChange }: { range: TimeRange; onChange: (range: TimeRange) => void }) {
  const absolute = range.kind === "absolute" ? range : null;
  const [start, setStart] = useState(() => fieldText(absolute === null ? new Date(Date.now() - 3_600_000) : new Date(absolute.start)));
  const [end, setEnd] = useState(() => fieldText(absolute === null ? new Date() : new Date(absolute.end)));
  const [from, to] = [Date.parse(start), Date.parse(end)];
  const wrong = Number.isNaN(from) || Number.isNaN(to) ? "Both points are needed" : from >= to ? "The end must come after the start" : null;
  const apply = () => wrong === null && onChange({ kind: "absolute", start: new Date(from).toISOString(), end: new Date(to).toISOString() });
  return (
    <form
      className={classes.between}
      onSubmit={(event) => {
        event.preventDefault();
        apply();
      }}
    >
      <TextInput type="datetime-local" step={1} size="xs" label="From" value={start} onChange={(event) => setStart(event.currentTarget.value)} />
      <TextInput type="datetime-local" step={1} size="xs" label="To" value={end} onChange={(event) => setEnd(event.currentTarget.value)} error={wrong} />
      <Button size="xs" type="submit" disabled={wrong !== null} fullWidth>
        Apply
      </Button>
      <span className={classes.zone}>Times in {zoneName()}</span>
    </form>
  );
}

export function TimeRangePicker({ range, onChange }: { range: TimeRange; onChange: (range: TimeRange) => void }) {
  const [opened, { close, toggle }] = useDisclosure(false);
  useHotkeys([["d", toggle]]);
  const choose = (next: TimeRange) => {
    onChange(next);
    close();
  };
  const options: { label: string; range: TimeRange; chosen: boolean }[] = [
    ...presets.map(({ last, label }) => ({ label, range: { kind: "relative" as const, last }, chosen: range.kind === "relative" && range.last === last })),
    { label: "All time", range: { kind: "all" }, chosen: range.kind === "all" },
  ];
  return (
    <Popover opened={opened} onChange={(open) => !open && close()} position="bottom-end" trapFocus returnFocus>
      <Popover.Target>
        <Button variant="default" size="xs" className={classes.button} leftSection={<Clock size={14} />} rightSection={<ChevronDown size={14} />} onClick={toggle} aria-label={`Time range: ${rangeLabel(range)}`}>
          {rangeLabel(range)}
        </Button>
      </Popover.Target>
      <Popover.Dropdown className={classes.dropdown} aria-label="Time range">
        <div className={classes.presets}>
          {options.map((option) => (
            <button key={option.label} type="button" className={classes.preset} data-chosen={option.chosen || undefined} aria-pressed={option.chosen} onClick={() => choose(option.range)}>
              {option.label}
              {option.chosen && <Check size={14} aria-hidden="true" />}
            </button>
          ))}
        </div>
        <Between range={range} onChange={choose} />
      </Popover.Dropdown>
    </Popover>
  );
}
