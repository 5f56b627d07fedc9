/** Owns finding among all attributes of a span: the field, and what matches of each part of the span. */
import { CloseButton, TextInput } from "@mantine/core";
import { Search } from "lucide-react";
import type { KeyboardEvent } from "react";
import type { Span } from "../../api/types";
import { type AttributeActions, AttributeList, scopeFacts } from "../../components/AttributeList";
import { Section } from "../../components/Section";
import { attributesWith } from "../../lib/attributes";
import classes from "./SpanDetail.module.css";

export function FindAttributes({ text, onText }: { text: string; onText: (text: string) => void }) {
  const press = (event: KeyboardEvent) => {
    if (event.key === "Escape") onText("");
  };
  return (
    <TextInput
      size="xs"
      className={classes.find}
      placeholder="Find attributes"
      aria-label="Find attributes of the span by key or value"
      leftSection={<Search size={13} />}
      rightSection={text !== "" && <CloseButton size="xs" aria-label="Show everything again" onClick={() => onText("")} />}
      value={text}
      onChange={(event) => onText(event.currentTarget.value)}
      onKeyDown={press}
      // Esc first empties the field; only then may it close what the field is in
      data-mantine-stop-propagation={text !== "" || undefined}
    />
  );
}

type Part = { title: string; attributes: Record<string, unknown>; searchable: boolean };

function partsOf(span: Span): Part[] {
  return [
    { title: "Attributes", attributes: span.attributes, searchable: true },
    ...span.events.map(({ name, attributes }) => ({ title: `Event ${name}`, attributes, searchable: false })),
    ...span.links.map(({ attributes }, at) => ({ title: `Link ${at + 1}`, attributes, searchable: false })),
    { title: "Resource", attributes: span.resource, searchable: true },
    { title: "Scope", attributes: scopeFacts(span.scope), searchable: false },
  ];
}

export function FoundAttributes({ span, text, actions }: { span: Span; text: string; actions: AttributeActions }) {
  const found = partsOf(span)
    .map((part) => ({ ...part, attributes: attributesWith(part.attributes, text) }))
    .filter(({ attributes }) => Object.keys(attributes).length > 0);
  const count = found.reduce((sum, { attributes }) => sum + Object.keys(attributes).length, 0);
  return (
    <>
      <p role="status" className={classes.found}>
        {count === 0 ? "No attribute of this span matches" : `${count} ${count === 1 ? "attribute matches" : "attributes match"}`}
      </p>
      {found.map(({ title, attributes, searchable }, at) => (
        <Section key={at} title={title} count={Object.keys(attributes).length}>
          <AttributeList attributes={attributes} target={searchable ? "/traces" : undefined} actions={searchable ? actions : undefined} />
        </Section>
      ))}
    </>
  );
}
