/** Owns a block of code to copy, with comments and strings told apart. */
import { CopyIcon } from "../../components/CopyIcon";
import classes from "./CodeBlock.module.css";

const token = /(#[^\n{]*$|\/\/[^\n]*$)|("(?:[^"\\\n]|\\.)*")/gm;

type Part = { text: string; kind: "plain" | "comment" | "string" };

function partsOf(code: string): Part[] {
  const parts: Part[] = [];
  let at = 0;
  for (const match of code.matchAll(token)) {
    const isAddress = match[1]?.startsWith("//") && code[match.index - 1] === ":";
    if (isAddress) continue;
    parts.push({ text: code.slice(at, match.index), kind: "plain" }, { text: match[0], kind: match[1] === undefined ? "string" : "comment" });
    at = match.index + match[0].length;
  }
  return [...parts, { text: code.slice(at), kind: "plain" }];
}

export function CodeBlock({ title, code }: { title: string; code: string }) {
  return (
    <figure className={classes.block}>
      <figcaption className={classes.head}>
        <span>{title}</span>
        <CopyIcon text={code} label={`Copy: ${title}`} size={26} />
      </figcaption>
      <pre className={classes.code} tabIndex={0} role="region" aria-label={title}>
        <code>
          {partsOf(code).map((part, index) => (
            <span key={index} data-kind={part.kind}>
              {part.text}
            </span>
          ))}
        </code>
      </pre>
    </figure>
  );
}
