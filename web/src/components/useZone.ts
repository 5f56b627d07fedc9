/** Owns following the zone that times are written in. */
import { useSyncExternalStore } from "react";
import { currentZone, onZone, type Zone } from "../lib/zone";

export const useZone = (): Zone => useSyncExternalStore(onZone, currentZone);
