/** Owns the heads of the log list's columns, and choosing which attributes have one. */
import { ActionIcon, Tooltip } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Columns3, X } from "lucide-react";
import { useState } from "react";
import type { Params } from "../../api/client";
import { keysQuery } from "../../api/queries";
import { KeyPicker } from "../../components/KeyPicker";
import { rowPlace } from "../../components/LogRow";
import classes from "./LogColumns.module.css";

export function ColumnsButton({ columns, conditions, onChange }: { columns: string[]; conditions: Params; onChange: (columns: string[]) => void }) {
  const [wanted, setWanted] = useState(false);
  const keys = useQuery({ ...keysQuery({ signal: "logs", limit: 200, ...conditions }), enabled: wanted });
  const toggle = (key: string) => onChange(columns.includes(key) ? columns.filter((one) => one !== key) : [...columns, key]);
  return (
    <KeyPicker label="Columns" keys={keys.data?.keys ?? []} chosen={columns} onToggle={toggle} onOpen={() => setWanted(true)}>
      {(open) => (
        <ActionIcon variant="subtle" color="gray" size={24} aria-label="Columns" title="Columns" onClick={open}>
          <Columns3 size={14} />
        </ActionIcon>
      )}
    </KeyPicker>
  );
}

/** The line of names over the list; `times` are the longest of the first column. */
export function ColumnHeads({ columns, times, onRemove }: { columns: string[]; times: string[]; onRemove: (key: string) => void }) {
  return (
    <div className={classes.heads} style={rowPlace(times)}>
      <span>Time</span>
      <span>Level</span>
      <span>Service</span>
      {columns.map((key) => (
        <span key={key} className={classes.own} title={key}>
          <span className={classes.name}>{key}</span>
          <Tooltip label="Take the column away">
            <ActionIcon variant="subtle" color="gray" size={18} aria-label={`Take column ${key} away`} onClick={() => onRemove(key)}>
              <X size={11} />
            </ActionIcon>
          </Tooltip>
        </span>
      ))}
      <span>Message</span>
    </div>
  );
}
