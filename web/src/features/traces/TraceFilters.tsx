/** Owns the controls above the list of traces. */
import { Button, Popover, SegmentedControl, TextInput } from "@mantine/core";
import { ChevronDown } from "lucide-react";
import { useState } from "react";
import { PickMany } from "../../components/PickMany";
import { drawService } from "../../components/Service";
import pick from "../../components/PickMany.module.css";
import { normaliseDuration } from "../../lib/duration";
import type { Filters } from "../../url/useFilters";
import classes from "./TraceFilters.module.css";

type Props = { filters: Filters; services: string[]; onChange: (patch: Partial<Filters>) => void };

const wrongDuration = (text: string) => (text === "" || normaliseDuration(text) !== null ? null : "For instance 250ms or 1.5s");

function DurationForm({ filters, onDone }: { filters: Filters; onDone: (min: string, max: string) => void }) {
  const [min, setMin] = useState(filters.minDuration);
  const [max, setMax] = useState(filters.maxDuration);
  const wrong = wrongDuration(min) !== null || wrongDuration(max) !== null;
  return (
    <form
      className={classes.durations}
      onSubmit={(event) => {
        event.preventDefault();
        if (!wrong) onDone(normaliseDuration(min) ?? "", normaliseDuration(max) ?? "");
      }}
    >
      <TextInput size="xs" label="At least" placeholder="100ms" data-autofocus value={min} onChange={(event) => setMin(event.currentTarget.value)} error={wrongDuration(min)} />
      <TextInput size="xs" label="At most" placeholder="2s" value={max} onChange={(event) => setMax(event.currentTarget.value)} error={wrongDuration(max)} />
      <div className={classes.actions}>
        <Button size="xs" variant="subtle" color="gray" onClick={() => onDone("", "")}>
          Clear
        </Button>
        <Button size="xs" type="submit" disabled={wrong}>
          Apply
        </Button>
      </div>
    </form>
  );
}

function DurationFilter({ filters, onChange }: Pick<Props, "filters" | "onChange">) {
  const [opened, setOpened] = useState(false);
  const { minDuration: min, maxDuration: max } = filters;
  const label = min !== "" && max !== "" ? `${min} – ${max}` : min !== "" ? `≥ ${min}` : max !== "" ? `≤ ${max}` : "Duration";
  return (
    <Popover opened={opened} onChange={setOpened} position="bottom-start" trapFocus returnFocus>
      <Popover.Target>
        <Button variant="default" size="xs" className={pick.button} data-chosen={label !== "Duration" || undefined} rightSection={<ChevronDown size={14} />} aria-label={label === "Duration" ? label : `Duration: ${label}`} onClick={() => setOpened(!opened)}>
          {label}
        </Button>
      </Popover.Target>
      <Popover.Dropdown>
        <DurationForm
          filters={filters}
          onDone={(minDuration, maxDuration) => {
            onChange({ minDuration, maxDuration });
            setOpened(false);
          }}
        />
      </Popover.Dropdown>
    </Popover>
  );
}

const statuses = [
  { value: "", label: "All" },
  { value: "ERROR", label: "Errors" },
  { value: "OK", label: "OK" },
  { value: "UNSET", label: "Unset" },
];

export function TraceFilters({ filters, services, onChange }: Props) {
  return (
    <>
      <PickMany label="Service" options={services} chosen={filters.services} onChange={(chosen) => onChange({ services: chosen })} draw={drawService} searchable nothing="No service has sent data yet" />
      <SegmentedControl size="xs" aria-label="Status" data={statuses} value={filters.status} onChange={(status) => onChange({ status })} />
      <DurationFilter filters={filters} onChange={onChange} />
    </>
  );
}
