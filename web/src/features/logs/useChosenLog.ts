/** Owns which log record is open: its id and time are in the address, so that a link finds it again. */
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { contextQuery } from "../../api/queries";
import type { Log } from "../../api/types";
import { one, useSearchParams } from "../../url/useSearchParams";

export type ChosenLog = { id: string | null; log: Log | null; missing: boolean; choose: (log: Log | null) => void };

/** The open record: out of the list it was chosen from, else out of the millisecond it happened in. */
export function useChosenLog(): ChosenLog {
  const [search, change] = useSearchParams();
  const [held, setHeld] = useState<Log | null>(null);
  const id = one(search.log) ?? null;
  const at = one(search.at) ?? "";
  const here = held !== null && held.id === id;
  const around = useQuery({ ...contextQuery({ timestamp: at, window: "1ms" }), enabled: id !== null && at !== "" && !here });
  const choose = (log: Log | null) => {
    setHeld(log);
    change({ log: log?.id, at: log?.timestamp, view: log === null ? undefined : one(search.view) });
  };
  const log = here ? held : (around.data?.logs.find((other) => other.id === id) ?? null);
  return { id, log, missing: id !== null && !here && log === null && !around.isPending, choose };
}
