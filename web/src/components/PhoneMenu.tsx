/** Owns the menu as a phone shows it: a drawer over the page. */
import { Drawer } from "@mantine/core";
import type { ReactNode } from "react";
import { Brand } from "./Brand";
import { type MenuEntry, NavMenu } from "./NavMenu";

export default function PhoneMenu({ opened, onClose, entries, foot }: { opened: boolean; onClose: () => void; entries: MenuEntry[]; foot: ReactNode }) {
  return (
    <Drawer opened={opened} onClose={onClose} title={<Brand />} size={260} position="left" closeButtonProps={{ "aria-label": "Close menu" }}>
      <NavMenu entries={entries} slim={false} onGo={onClose} />
      {foot}
    </Drawer>
  );
}
