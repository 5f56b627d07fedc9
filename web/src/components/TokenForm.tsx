/** Owns asking for the admin token. */
import { Button, TextInput } from "@mantine/core";
import { KeyRound } from "lucide-react";
import { useState } from "react";
import { adminToken } from "../lib/adminToken";
import classes from "./TokenForm.module.css";

/** Keeps the token in this tab and tells when it has one. `message` is what the server said. */
export function TokenForm({ message, onSaved }: { message: string; onSaved: () => void }) {
  const [token, setToken] = useState("");
  return (
    <form
      className={classes.token}
      onSubmit={(event) => {
        event.preventDefault();
        adminToken.set(token.trim());
        onSaved();
      }}
    >
      <h2>This needs the admin token</h2>
      <p role="alert">The server said: {message}</p>
      <TextInput type="password" autoComplete="off" label="Admin token" description="The value of ARGUS_ADMIN_TOKEN. It is kept in this tab only." leftSection={<KeyRound size={14} />} value={token} onChange={(event) => setToken(event.currentTarget.value)} />
      <Button type="submit" size="xs" disabled={token.trim() === ""}>
        Continue
      </Button>
    </form>
  );
}
