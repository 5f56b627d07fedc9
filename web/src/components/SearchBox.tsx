/** Owns the search field of a list page: it answers as one types, a moment later. */
import { CloseButton, TextInput } from "@mantine/core";
import { useDebouncedCallback, useHotkeys } from "@mantine/hooks";
import { Search } from "lucide-react";
import { useRef, useState } from "react";
import classes from "./Toolbar.module.css";

export function SearchBox({ value, onChange, placeholder }: { value: string; onChange: (text: string) => void; placeholder: string }) {
  const [text, setText] = useState(value);
  const field = useRef<HTMLInputElement>(null);
  const [seen, setSeen] = useState(value);
  const [told, setTold] = useState(value);
  const tell = useDebouncedCallback((next: string) => {
    setTold(next);
    onChange(next);
  }, 300);
  // A value that comes from elsewhere (a cleared filter, the back button) replaces the text; an echo of what was typed does not.
  if (seen !== value) {
    setSeen(value);
    if (value !== told) setText(value);
    setTold(value);
  }
  useHotkeys([["/", () => field.current?.focus()]]);
  const write = (next: string) => {
    setText(next);
    tell(next);
  };
  return (
    <TextInput
      ref={field}
      size="xs"
      className={classes.search}
      aria-label={placeholder}
      placeholder={placeholder}
      value={text}
      onChange={(event) => write(event.currentTarget.value)}
      onKeyDown={(event) => event.key === "Escape" && field.current?.blur()}
      leftSection={<Search size={14} />}
      rightSection={text !== "" && <CloseButton size="xs" aria-label="Clear the search" onClick={() => write("")} />}
      spellCheck={false}
    />
  );
}
