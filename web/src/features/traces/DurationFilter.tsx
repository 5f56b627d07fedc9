/** Owns narrowing the list by how long traces took as a whole. */
import { Button, Popover, TextInput } from "@mantine/core";
import { ChevronDown } from "lucide-react";
import { useState } from "react";
import pick from "../../components/PickMany.module.css";
import { normaliseDuration } from "../../lib/duration";
import classes from "./DurationFilter.module.css";

type Bounds = { minDuration: string; maxDuration: string };

const wrongDuration = (text: string) => (text === "" || normaliseDuration(text) !== null ? null : "For instance 250ms or 1.5s");

function DurationForm({ bounds, onDone }: { bounds: Bounds; onDone: (bounds: Bounds) => void }) {
  const [min, setMin] = useState(bounds.minDuration);
  const [max, setMax] = useState(bounds.maxDuration);
  const wrong = wrongDuration(min) !== null || wrongDuration(max) !== null;
  return (
    <form
      className={classes.durations}
      onSubmit={(event) => {
        event.preventDefault();
        if (!wrong) onDone({ minDuration: normaliseDuration(min) ?? "", maxDuration: normaliseDuration(max) ?? "" });
      }}
    >
      <TextInput size="xs" label="At least" placeholder="100ms" data-autofocus value={min} onChange={(event) => setMin(event.currentTarget.value)} error={wrongDuration(min)} />
      <TextInput size="xs" label="At most" placeholder="2s" value={max} onChange={(event) => setMax(event.currentTarget.value)} error={wrongDuration(max)} />
      <div className={classes.actions}>
        <Button size="xs" variant="subtle" color="gray" onClick={() => onDone({ minDuration: "", maxDuration: "" })}>
          Clear
        </Button>
        <Button size="xs" type="submit" disabled={wrong}>
          Apply
        </Button>
      </div>
    </form>
  );
}

export function DurationFilter({ bounds, onChange }: { bounds: Bounds; onChange: (bounds: Bounds) => void }) {
  const [opened, setOpened] = useState(false);
  const { minDuration: min, maxDuration: max } = bounds;
  const label = min !== "" && max !== "" ? `${min} – ${max}` : min !== "" ? `≥ ${min}` : max !== "" ? `≤ ${max}` : "Duration";
  return (
    <Popover opened={opened} onChange={setOpened} position="bottom-end" trapFocus returnFocus>
      <Popover.Target>
        <Button variant="default" size="compact-xs" h={24} className={pick.button} data-chosen={label !== "Duration" || undefined} rightSection={<ChevronDown size={13} />} aria-label={label === "Duration" ? "Duration of traces" : `Duration of traces: ${label}`} onClick={() => setOpened(!opened)}>
          {label}
        </Button>
      </Popover.Target>
      <Popover.Dropdown>
        <DurationForm
          bounds={bounds}
          onDone={(next) => {
            onChange(next);
            setOpened(false);
          }}
        />
      </Popover.Dropdown>
    </Popover>
  );
}
