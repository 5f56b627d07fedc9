/** Owns the frame around every page: menu, colour scheme, shortcuts, the way past the menu for keyboards. */
import { ActionIcon, Tooltip } from "@mantine/core";
import { useDisclosure, useHotkeys, useLocalStorage, useMediaQuery } from "@mantine/hooks";
import { Outlet, useRouterState } from "@tanstack/react-router";
import { Keyboard, Menu, PanelLeftClose, PanelLeftOpen, Search } from "lucide-react";
import { Fragment, lazy, Suspense, useEffect } from "react";
import { Brand } from "./components/Brand";
import { ColorSchemeSwitch } from "./components/ColorSchemeSwitch";
import { type MenuEntry, NavMenu, useGoKeys } from "./components/NavMenu";
import { useZone } from "./components/useZone";
import classes from "./Shell.module.css";

// what lies over the page comes when it is first called for
const Palette = lazy(() => import("./palette/Palette"));
const PhoneMenu = lazy(() => import("./components/PhoneMenu"));
const ShortcutSheet = lazy(() => import("./components/ShortcutSheet"));

const mod = /Mac|iP(hone|ad)/.test(navigator.userAgent) ? "⌘" : "Ctrl ";

/** The document's title and the focus follow the page. */
function usePageTitle(menu: MenuEntry[]) {
  const path = useRouterState({ select: (state) => state.location.pathname });
  useEffect(() => {
    const page = menu.find((entry) => path === entry.path);
    document.title = page === undefined ? "Argus" : `${page.title} · Argus`;
  }, [menu, path]);
}

export function Shell({ menu }: { menu: MenuEntry[] }) {
  usePageTitle(menu);
  const phone = useMediaQuery("(max-width: 47.99em)", false, { getInitialValueInEffect: false });
  const [narrow, setNarrow] = useLocalStorage({ key: "argus-narrow-menu", defaultValue: false, getInitialValueInEffect: false });
  const [menuOpen, menuDrawer] = useDisclosure(false);
  const [sheetOpen, sheet] = useDisclosure(false);
  const [paletteOpen, palette] = useDisclosure(false);
  const zone = useZone();
  useGoKeys(menu);
  useHotkeys([["shift+?", sheet.toggle]], ["INPUT", "TEXTAREA", "SELECT"]);
  useHotkeys([["mod+K", palette.toggle]], []);

  const foot = (slim: boolean) => (
    <div className={classes.foot} data-slim={slim || undefined}>
      <ColorSchemeSwitch slim={slim} />
      <Tooltip label="Keyboard shortcuts (?)" position="right">
        <ActionIcon variant="subtle" color="gray" aria-label="Keyboard shortcuts" onClick={sheet.open}>
          <Keyboard size={17} />
        </ActionIcon>
      </Tooltip>
    </div>
  );
  return (
    <div className={classes.shell} data-phone={phone || undefined} data-narrow={narrow || undefined}>
      <a className={classes.skip} href="#page">
        Skip to content
      </a>
      {phone ? (
        <header className={classes.topbar}>
          <Brand />
          <ActionIcon variant="subtle" color="gray" size="lg" ml="auto" aria-label="Go to…" onClick={palette.open}>
            <Search size={18} />
          </ActionIcon>
          <ActionIcon variant="subtle" color="gray" size="lg" aria-label="Open menu" onClick={menuDrawer.open}>
            <Menu size={20} />
          </ActionIcon>
        </header>
      ) : (
        <aside className={classes.side} aria-label="Menu">
          <div className={classes.brand}>
            <Brand slim={narrow} />
            <Tooltip label={narrow ? "Widen the menu" : "Narrow the menu"} position="right">
              <ActionIcon variant="subtle" color="gray" size="sm" aria-label={narrow ? "Widen the menu" : "Narrow the menu"} onClick={() => setNarrow(!narrow)}>
                {narrow ? <PanelLeftOpen size={16} /> : <PanelLeftClose size={16} />}
              </ActionIcon>
            </Tooltip>
          </div>
          <button type="button" className={classes.goto} data-slim={narrow || undefined} aria-label={narrow ? "Go to…" : undefined} title={`Go to anything (${mod}K)`} onClick={palette.open}>
            <Search size={15} aria-hidden="true" />
            {!narrow && <span>Go to…</span>}
            {!narrow && <kbd aria-hidden="true">{mod}K</kbd>}
          </button>
          <NavMenu entries={menu} slim={narrow} />
          {foot(narrow)}
        </aside>
      )}
      <main id="page" className={classes.page} tabIndex={-1}>
        {/* times are drawn anew in another zone */}
        <Fragment key={zone}>
          <Outlet />
        </Fragment>
      </main>
      <Suspense fallback={null}>
        {phone && menuOpen && <PhoneMenu opened onClose={menuDrawer.close} entries={menu} foot={foot(false)} />}
        {paletteOpen && <Palette pages={menu} onClose={palette.close} />}
        {sheetOpen && <ShortcutSheet onClose={sheet.close} />}
      </Suspense>
    </div>
  );
}
