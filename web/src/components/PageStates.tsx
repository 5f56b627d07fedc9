/** Owns what stands where a page would: an unknown address, a page that broke. */
import { Button } from "@mantine/core";
import { type ErrorComponentProps, Link, useRouter } from "@tanstack/react-router";
import { Compass } from "lucide-react";
import { EmptyPanel, ErrorPanel } from "./Panels";

export function PageMissing() {
  return (
    <EmptyPanel icon={Compass} title="There is no page at this address">
      <Button component={Link} to="/traces" variant="light" size="xs">
        Go to traces
      </Button>
    </EmptyPanel>
  );
}

export function PageError({ error }: ErrorComponentProps) {
  const router = useRouter();
  return <ErrorPanel title="This page broke" error={error instanceof Error ? error : new Error(String(error))} onRetry={() => void router.invalidate()} />;
}
