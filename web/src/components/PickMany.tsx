/** Owns choosing several of a list behind one small button. */
import { Button, Combobox, useCombobox } from "@mantine/core";
import { Check, ChevronDown } from "lucide-react";
import { type ReactNode, useState } from "react";
import classes from "./PickMany.module.css";

type Props = {
  label: string;
  options: string[];
  chosen: string[];
  onChange: (chosen: string[]) => void;
  draw: (option: string) => ReactNode;
  searchable?: boolean;
  nothing?: string;
};

export function PickMany({ label, options, chosen, onChange, draw, searchable = false, nothing = "Nothing to choose from" }: Props) {
  const [search, setSearch] = useState("");
  const combobox = useCombobox({ onDropdownClose: () => setSearch(""), onDropdownOpen: () => searchable && combobox.focusSearchInput() });
  const shown = options.filter((option) => option.toLowerCase().includes(search.trim().toLowerCase()));
  const toggle = (option: string) => onChange(chosen.includes(option) ? chosen.filter((one) => one !== option) : [...chosen, option]);
  const summary = chosen.length === 0 ? label : chosen.length === 1 ? chosen[0] : `${label}: ${chosen.length}`;
  return (
    <Combobox store={combobox} onOptionSubmit={toggle} width={260} position="bottom-start" shadow="md">
      <Combobox.Target targetType="button">
        <Button variant="default" size="xs" className={classes.button} data-chosen={chosen.length > 0 || undefined} rightSection={<ChevronDown size={14} />} aria-label={chosen.length === 0 ? label : `${label}: ${chosen.join(", ")}`} onClick={() => combobox.toggleDropdown()}>
          {summary}
        </Button>
      </Combobox.Target>
      <Combobox.Dropdown>
        {searchable && options.length > 7 && <Combobox.Search value={search} onChange={(event) => setSearch(event.currentTarget.value)} placeholder={`Find a ${label.toLowerCase()}`} aria-label={`Find a ${label.toLowerCase()}`} />}
        <Combobox.Options className={classes.options} aria-label={label}>
          {shown.length === 0 && <Combobox.Empty>{nothing}</Combobox.Empty>}
          {shown.map((option) => (
            <Combobox.Option key={option} value={option} active={chosen.includes(option)} aria-selected={chosen.includes(option)} className={classes.option}>
              <span className={classes.box} data-checked={chosen.includes(option) || undefined}>
                {chosen.includes(option) && <Check size={11} strokeWidth={3} />}
              </span>
              {draw(option)}
            </Combobox.Option>
          ))}
        </Combobox.Options>
        {chosen.length > 0 && (
          <Combobox.Footer>
            <button type="button" className={classes.clear} onClick={() => onChange([])}>
              Clear
            </button>
          </Combobox.Footer>
        )}
      </Combobox.Dropdown>
    </Combobox>
  );
}
