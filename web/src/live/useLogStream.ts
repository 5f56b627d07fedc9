/** Owns how a component watches log records live. */
import { useCallback, useEffect, useState, useSyncExternalStore } from "react";
import { LogStream, type LogStreamView } from "./logStream";

/** The live tail of what matches a filter while `on`; paused, it stands still and counts. `clear` empties the display. */
export function useLogStream(filter: string, { on, paused = false }: { on: boolean; paused?: boolean }): LogStreamView & { clear: () => void } {
  const [stream] = useState(() => new LogStream());
  const view = useSyncExternalStore(stream.subscribe, () => stream.view);

  useEffect(() => stream.setFilter(filter), [stream, filter]);
  useEffect(() => stream.setPaused(paused), [stream, paused]);
  useEffect(() => {
    if (!on) return;
    stream.open();
    return () => stream.close();
  }, [stream, on]);

  const clear = useCallback(() => stream.clear(), [stream]);
  return { ...view, clear };
}
