/** Owns the one table of pages, which feeds the router and the menu. */
import type { QueryClient } from "@tanstack/react-query";
import { createRootRoute, createRoute, createRouter, lazyRouteComponent, redirect } from "@tanstack/react-router";
import { LayoutDashboard, ListTree, type LucideIcon, ScrollText, Server, Unplug, Waypoints } from "lucide-react";
import { get } from "./api/client";
import { outlineQuery } from "./api/queries";
import { PageError, PageMissing } from "./components/PageStates";
import { Shell } from "./Shell";
import { parseSearch, stringifySearch } from "./url/useSearchParams";

export type Page = { path: string; title: string; icon: LucideIcon | null; key: string; load: () => Promise<{ default: () => React.ReactNode }>; ask?: (client: QueryClient, parameter: string) => Promise<void> };

/** Pages with an icon are in the menu; `key` follows `g` to go there; `ask` asks for what a page takes longest to get. */
export const pages: Page[] = [
  { path: "/overview", title: "Overview", icon: LayoutDashboard, key: "o", load: () => import("./features/overview/OverviewPage") },
  { path: "/traces", title: "Traces", icon: ListTree, key: "t", load: () => import("./features/traces/TracesPage") },
  { path: "/traces/$traceId", title: "Trace", icon: null, key: "", load: () => import("./features/trace/TracePage"), ask: (client, traceId) => client.prefetchQuery(outlineQuery(traceId)) },
  { path: "/compare", title: "Compare traces", icon: null, key: "", load: () => import("./features/compare/ComparePage") },
  { path: "/logs", title: "Logs", icon: ScrollText, key: "l", load: () => import("./features/logs/LogsPage") },
  { path: "/map", title: "Service map", icon: Waypoints, key: "m", load: () => import("./features/map/MapPage") },
  { path: "/services/$name", title: "Service", icon: null, key: "", load: () => import("./features/service/ServicePage") },
  { path: "/send", title: "Send data", icon: Unplug, key: "s", load: () => import("./features/send/SendPage") },
  { path: "/admin", title: "Admin", icon: Server, key: "a", load: () => import("./features/admin/AdminPage") },
];

/** A part of a path as the router gives it to a page. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** Fetches the code of the page at a path, and what it asks for; called before anything is drawn, so that all of it happens at once. */
export function fetchPage(path: string, client: QueryClient): void {
  const [, first, second = ""] = path.split("/");
  const page = pages.find((one) => {
    const [, name, parameter] = one.path.split("/");
    return name === first && (parameter === undefined) === (second === "");
  });
  // a failure is told where the page is drawn
  page?.load().catch(() => {});
  void page?.ask?.(client, decoded(second));
}

const menu = pages.flatMap(({ icon, ...page }) => (icon === null ? [] : [{ ...page, icon }]));

/** A newcomer lands where data comes from, everyone else on the overview. */
async function landing(): Promise<never> {
  const services = await get<string[]>("/api/metadata/services").catch(() => null);
  throw redirect({ to: services?.length === 0 ? "/send" : "/overview", replace: true });
}

export function makeRouter() {
  const root = createRootRoute({ component: () => <Shell menu={menu} />, notFoundComponent: PageMissing, errorComponent: PageError });
  const index = createRoute({ getParentRoute: () => root, path: "/", beforeLoad: landing });
  const routes = pages.map((page) => createRoute({ getParentRoute: () => root, path: page.path, component: lazyRouteComponent(page.load), errorComponent: PageError }));
  return createRouter({
    routeTree: root.addChildren([index, ...routes]),
    parseSearch,
    stringifySearch,
    defaultPreload: "intent",
    defaultPendingMs: 300,
    scrollRestoration: false,
  });
}
