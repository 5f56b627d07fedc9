/** Owns the button that says the time range and opens the panel in which it is chosen. */
import { Button, Popover, Skeleton } from "@mantine/core";
import { useDisclosure, useHotkeys } from "@mantine/hooks";
import { ChevronDown, Clock } from "lucide-react";
import { lazy, Suspense } from "react";
import { rangeLabel, type TimeRange } from "../lib/timeRange";
import classes from "./TimeRangePicker.module.css";
import { useZone } from "./useZone";

const TimeRangePanel = lazy(() => import("./TimeRangePanel"));

export function TimeRangePicker({ range, onChange }: { range: TimeRange; onChange: (range: TimeRange) => void }) {
  const [opened, { close, toggle }] = useDisclosure(false);
  const zone = useZone();
  useHotkeys([["d", toggle]]);
  const choose = (next: TimeRange) => {
    onChange(next);
    close();
  };
  const label = `${rangeLabel(range)}${range.kind === "absolute" && zone === "utc" ? " UTC" : ""}`;
  return (
    <Popover opened={opened} onChange={(open) => !open && close()} position="bottom-end" trapFocus returnFocus>
      <Popover.Target>
        <Button variant="default" size="xs" className={classes.button} leftSection={<Clock size={14} />} rightSection={<ChevronDown size={14} />} onClick={toggle} aria-label={`Time range: ${label}`}>
          {label}
        </Button>
      </Popover.Target>
      <Popover.Dropdown className={classes.dropdown} aria-label="Time range">
        <Suspense fallback={<Skeleton height={300} width={420} />}>
          <TimeRangePanel range={range} onChoose={choose} onMove={onChange} />
        </Suspense>
      </Popover.Dropdown>
    </Popover>
  );
}
