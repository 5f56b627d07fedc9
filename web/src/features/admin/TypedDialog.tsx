/** Owns a question that is answered by typing a word. */
import { Button, Modal, TextInput } from "@mantine/core";
import { type ReactNode, useState } from "react";
import classes from "./AdminPage.module.css";

type Props = {
  opened: boolean;
  title: string;
  text: ReactNode;
  /** What has to be typed. */
  word: string;
  deed: string;
  danger?: boolean;
  children?: ReactNode;
  onClose: () => void;
  onConfirm: () => void;
};

function Form({ text, word, deed, danger = false, children, onClose, onConfirm }: Props) {
  const [typed, setTyped] = useState("");
  const right = typed.trim().toLowerCase() === word;
  return (
    <form
      className={classes.typed}
      onSubmit={(event) => {
        event.preventDefault();
        if (!right) return;
        onConfirm();
        onClose();
      }}
    >
      <p>{text}</p>
      {children}
      <TextInput size="xs" autoComplete="off" label={<>Type <code>{word}</code> to go on</>} value={typed} onChange={(event) => setTyped(event.currentTarget.value)} />
      <div className={classes.buttons}>
        <Button size="xs" variant="default" onClick={onClose}>
          Cancel
        </Button>
        <Button size="xs" type="submit" color={danger ? "red" : undefined} disabled={!right}>
          {deed}
        </Button>
      </div>
    </form>
  );
}

export function TypedDialog(props: Props) {
  return (
    <Modal opened={props.opened} onClose={props.onClose} title={props.title} closeButtonProps={{ "aria-label": "Close" }}>
      {props.opened && <Form {...props} />}
    </Modal>
  );
}
