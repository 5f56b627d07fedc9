/** Owns the small button that copies a text and says so. */
import { ActionIcon, Tooltip } from "@mantine/core";
import { useClipboard } from "@mantine/hooks";
import { Check, Copy } from "lucide-react";

export function CopyIcon({ text, label = "Copy", size = 22 }: { text: string; label?: string; size?: number }) {
  const clipboard = useClipboard({ timeout: 1500 });
  const Icon = clipboard.copied ? Check : Copy;
  return (
    <Tooltip label={clipboard.copied ? "Copied" : label}>
      <ActionIcon
        variant="subtle"
        color={clipboard.copied ? "teal" : "gray"}
        size={size}
        aria-label={label}
        onClick={(event) => {
          event.stopPropagation();
          clipboard.copy(text);
        }}
      >
        <Icon size={Math.round(size * 0.6)} />
      </ActionIcon>
    </Tooltip>
  );
}
