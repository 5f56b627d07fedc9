/** Owns the question before old data is deleted: how old, and a word to type. */
import { TextInput } from "@mantine/core";
import { useState } from "react";
import { TypedDialog } from "./TypedDialog";

export function PurgeDialog({ opened, onClose, onPurge }: { opened: boolean; onClose: () => void; onPurge: (days: number) => void }) {
  const [days, setDays] = useState("30");
  const valid = /^\d{1,5}$/.test(days.trim());
  const all = valid && Number(days) === 0;
  return (
    <TypedDialog
      opened={opened}
      title="Delete old data?"
      text={all ? "All spans and log records of all tenants will be gone for good, except those of pinned traces." : "What happened before that will be gone for good, for all tenants. Pinned traces stay."}
      word={all ? "delete everything" : valid ? "delete" : "a number of days first"}
      deed={all ? "Delete everything" : "Delete"}
      danger
      onClose={onClose}
      onConfirm={() => onPurge(Number(days))}
    >
      <TextInput size="xs" inputMode="numeric" label="Older than this many days" error={valid ? null : "A whole number of days, 0 for everything"} value={days} onChange={(event) => setDays(event.currentTarget.value)} data-autofocus />
    </TypedDialog>
  );
}
