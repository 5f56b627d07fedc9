/** Owns the Mantine theme: indigo, Inter, medium radius, small controls. */
import { createTheme } from "@mantine/core";

const mono = '"JetBrains Mono Variable", ui-monospace, "SF Mono", Menlo, Consolas, monospace';
const sans = '"Inter Variable", Inter, system-ui, -apple-system, "Segoe UI", sans-serif';

export const theme = createTheme({
  primaryColor: "indigo",
  primaryShade: { light: 7, dark: 7 },
  fontFamily: sans,
  fontFamilyMonospace: mono,
  headings: { fontFamily: sans, fontWeight: "600" },
  defaultRadius: "md",
  cursorType: "pointer",
  respectReducedMotion: true,
  colors: {
    dark: ["#e3e6ed", "#c2c8d4", "#979fb0", "#767f92", "#3a4050", "#272b36", "#1a1e27", "#14171e", "#0d0f14", "#090b0f"],
  },
  // by name: importing the components for their `extend` would put them all into the first load
  components: {
    Tooltip: { defaultProps: { openDelay: 350, fz: 12, withArrow: true, color: "dark.6", multiline: true, maw: 420 } },
    Popover: { defaultProps: { shadow: "md" } },
    Modal: { defaultProps: { centered: true } },
    Drawer: { defaultProps: { position: "right" } },
    // a header of the dialog, not a second one of the page
    DrawerHeader: { defaultProps: { role: "presentation" } },
  },
});
