/** Owns the icon of each kind of node of the service map. */
import { Database, Globe, type LucideIcon, Server, User, Waypoints } from "lucide-react";
import type { MapNode } from "../../api/types";

export const kindIcons: Record<MapNode["kind"], LucideIcon> = { service: Server, database: Database, messaging: Waypoints, external: Globe, user: User };
