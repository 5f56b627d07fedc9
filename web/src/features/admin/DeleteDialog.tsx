/** Owns the question before a waiting request is deleted for good. */
import { Button, Modal } from "@mantine/core";
import type { DeadLetter } from "../../api/types";
import { counted } from "../../lib/count";
import classes from "./AdminPage.module.css";

export function DeleteDialog({ letter, onClose, onDelete }: { letter: DeadLetter | null; onClose: () => void; onDelete: (letter: DeadLetter) => void }) {
  return (
    <Modal opened={letter !== null} onClose={onClose} title="Delete this request?" closeButtonProps={{ "aria-label": "Close" }}>
      {letter !== null && (
        <>
          {counted(letter.records, "record")} of the tenant {letter.tenant} ({letter.signal}) will be gone for good. Their sender was told that they are safe.
          <div className={classes.buttons}>
            <Button size="xs" variant="default" data-autofocus onClick={onClose}>
              Keep
            </Button>
            <Button
              size="xs"
              color="red"
              onClick={() => {
                onDelete(letter);
                onClose();
              }}
            >
              Delete for good
            </Button>
          </div>
        </>
      )}
    </Modal>
  );
}
