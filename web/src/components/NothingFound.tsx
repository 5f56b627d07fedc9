/** Owns what an empty list says: nothing ever came, nothing in this time, or nothing that matches. */
import { Button } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { CalendarSearch, ListFilter, Unplug } from "lucide-react";
import { rangeLabel, type TimeRange, widerRange } from "../lib/timeRange";
import { EmptyPanel } from "./Panels";

type Props = {
  what: string;
  range: TimeRange;
  filtered: boolean;
  /** Whether anything was ever received; null while that is unknown. */
  received: boolean | null;
  onClear: () => void;
  onWiden: (range: TimeRange) => void;
};

export function NothingFound({ what, range, filtered, received, onClear, onWiden }: Props) {
  const wider = widerRange(range);
  const widen = range.kind !== "all" && (
    <Button size="xs" variant={filtered ? "default" : "filled"} onClick={() => onWiden(wider)}>
      Look in: {rangeLabel(wider).toLowerCase()}
    </Button>
  );
  if (received === false) {
    return (
      <EmptyPanel icon={Unplug} title="Nothing has been received yet" text="Argus is listening. Point an OpenTelemetry SDK or a Collector at it and the first data shows up here.">
        <Button component={Link} to="/send" size="xs">
          Send data
        </Button>
      </EmptyPanel>
    );
  }
  if (filtered) {
    return (
      <EmptyPanel icon={ListFilter} title={`No ${what} match these filters`} text={`Time range: ${rangeLabel(range).toLowerCase()}.`}>
        <Button size="xs" onClick={onClear}>
          Clear the filters
        </Button>
        {widen}
      </EmptyPanel>
    );
  }
  return (
    <EmptyPanel icon={CalendarSearch} title={range.kind === "all" ? `There are no ${what}` : `No ${what} in this time range`} text={range.kind === "all" ? undefined : `${rangeLabel(range)} holds none. There may be older ones.`}>
      {widen}
    </EmptyPanel>
  );
}
