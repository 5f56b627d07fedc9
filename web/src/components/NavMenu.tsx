/** Owns the menu of pages and the `g` keys that go to them. */
import { Tooltip } from "@mantine/core";
import { Link, useNavigate } from "@tanstack/react-router";
import type { LucideIcon } from "lucide-react";
import { useEffect, useRef } from "react";
import classes from "./NavMenu.module.css";

export type MenuEntry = { path: string; title: string; icon: LucideIcon; key: string };

const isTyping = (target: EventTarget | null) => target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));

/** `g` then a page's key goes to that page; the second key counts for a second. */
export function useGoKeys(entries: MenuEntry[]) {
  const navigate = useNavigate();
  const armedAt = useRef(0);
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
      const page = entries.find((entry) => entry.key === event.key);
      if (page !== undefined && event.timeStamp - armedAt.current < 1000) {
        event.preventDefault();
        void navigate({ to: page.path });
      }
      armedAt.current = event.key === "g" ? event.timeStamp : -1000;
    };
    window.addEventListener("keydown", press, { capture: true });
    return () => window.removeEventListener("keydown", press, { capture: true });
  }, [entries, navigate]);
}

export function NavMenu({ entries, slim, onGo }: { entries: MenuEntry[]; slim: boolean; onGo?: () => void }) {
  return (
    <nav aria-label="Pages" className={classes.menu}>
      {entries.map(({ path, title, icon: Icon, key }) => (
        <Tooltip key={path} label={`${title} (g ${key})`} position="right" disabled={!slim}>
          <Link to={path} onClick={onGo} className={classes.entry} data-slim={slim || undefined} activeProps={{ "data-active": true, "aria-current": "page" } as object} aria-label={title}>
            <Icon size={17} strokeWidth={1.9} aria-hidden="true" />
            {!slim && <span>{title}</span>}
          </Link>
        </Tooltip>
      ))}
    </nav>
  );
}
