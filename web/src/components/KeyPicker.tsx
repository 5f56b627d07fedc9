/** Owns choosing attribute keys from those that occur, most frequent first. */
import { Popover, TextInput } from "@mantine/core";
import { Check, Search } from "lucide-react";
import { type ReactElement, useState } from "react";
import { formatShort } from "../lib/count";
import classes from "./KeyPicker.module.css";

export type Key = { key: string; count: number };

type Props = {
  /** What is chosen, for the list's name. */
  label: string;
  keys: Key[];
  chosen: string[];
  onToggle: (key: string) => void;
  onOpen: () => void;
  /** The button that opens the list; it is given what it needs. */
  children: (toggle: () => void) => ReactElement;
};

export function KeyPicker({ label, keys, chosen, onToggle, onOpen, children }: Props) {
  const [opened, setOpened] = useState(false);
  const [search, setSearch] = useState("");
  const wanted = search.trim().toLowerCase();
  const absent = chosen.filter((key) => !keys.some((one) => one.key === key)).map((key) => ({ key, count: 0 }));
  const shown = [...absent, ...keys].filter(({ key }) => key.toLowerCase().includes(wanted));
  const toggle = () => {
    if (!opened) onOpen();
    setOpened(!opened);
  };
  return (
    <Popover opened={opened} onChange={setOpened} position="bottom-end" trapFocus returnFocus width={290} withinPortal>
      <Popover.Target>{children(toggle)}</Popover.Target>
      <Popover.Dropdown p={6} aria-label={label}>
        <TextInput size="xs" data-autofocus placeholder="Find a field" aria-label="Find a field" leftSection={<Search size={13} />} value={search} onChange={(event) => setSearch(event.currentTarget.value)} />
        <div className={classes.options} role="group" aria-label={label}>
          {shown.map(({ key, count }) => (
            <button key={key} type="button" role="checkbox" aria-checked={chosen.includes(key)} className={classes.option} onClick={() => onToggle(key)}>
              <span className={classes.box} data-checked={chosen.includes(key) || undefined}>
                {chosen.includes(key) && <Check size={11} strokeWidth={3} />}
              </span>
              <span className={classes.key} title={key}>{key}</span>
              {count > 0 && <span className={classes.count}>{formatShort(count)}</span>}
            </button>
          ))}
          {shown.length === 0 && <p className={classes.nothing}>No field of this name occurs in the time range.</p>}
        </div>
      </Popover.Dropdown>
    </Popover>
  );
}
