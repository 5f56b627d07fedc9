/** Owns the choice between light, dark and the system's colours. */
import { ActionIcon, SegmentedControl, Tooltip, useMantineColorScheme } from "@mantine/core";
import { Monitor, Moon, Sun } from "lucide-react";

const schemes = [
  { value: "light", label: "Light", icon: Sun },
  { value: "dark", label: "Dark", icon: Moon },
  { value: "auto", label: "System", icon: Monitor },
] as const;

export function ColorSchemeSwitch({ slim }: { slim: boolean }) {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const at = schemes.findIndex((scheme) => scheme.value === colorScheme);
  if (slim) {
    const { label, icon: Icon } = schemes[at] ?? schemes[2];
    const next = schemes[(at + 1) % schemes.length] ?? schemes[0];
    return (
      <Tooltip label={`Colours: ${label}`} position="right">
        <ActionIcon variant="subtle" color="gray" aria-label={`Colours: ${label}. Switch to ${next.label}`} onClick={() => setColorScheme(next.value)}>
          <Icon size={16} />
        </ActionIcon>
      </Tooltip>
    );
  }
  return (
    <SegmentedControl
      size="xs"
      aria-label="Colours"
      value={colorScheme}
      onChange={(value) => setColorScheme(value as "light" | "dark" | "auto")}
      data={schemes.map(({ value, label, icon: Icon }) => ({ value, label: <Icon size={14} role="img" aria-label={label} style={{ display: "block", margin: "2px 3px" }} /> }))}
    />
  );
}
