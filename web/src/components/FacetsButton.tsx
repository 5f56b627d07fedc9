/** Owns showing and hiding the facets: remembered where there is room for them, called for on a phone. */
import { ActionIcon, Tooltip } from "@mantine/core";
import { useLocalStorage, useMediaQuery } from "@mantine/hooks";
import { SlidersHorizontal } from "lucide-react";
import { useState } from "react";

/** Whether the facets are shown. */
export function useFacetsOpen(): [boolean, (open: boolean) => void] {
  const phone = useMediaQuery("(max-width: 47.99em)", false, { getInitialValueInEffect: false });
  const [wide, setWide] = useLocalStorage({ key: "argus-facets-open", defaultValue: true, getInitialValueInEffect: false });
  const [over, setOver] = useState(false);
  return phone ? [over, setOver] : [wide, setWide];
}

export function FacetsButton({ open, onClick }: { open: boolean; onClick: () => void }) {
  return (
    <Tooltip label={open ? "Hide the facets" : "Show the facets"}>
      <ActionIcon variant="default" size={30} aria-label="Facets" aria-pressed={open} data-on={open || undefined} onClick={onClick} bg={open ? "var(--argus-selected)" : undefined}>
        <SlidersHorizontal size={15} />
      </ActionIcon>
    </Tooltip>
  );
}
