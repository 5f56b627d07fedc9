/** Owns how a filter looks under the caret: keys, values and operators told apart, the fault underlined. */
import { tokenize } from "../lib/filterTokens";
import classes from "./QueryBar.module.css";

type Piece = { text: string; kind: string; fault: boolean };

/** The filter in pieces, blanks included; a fault reaches from its column to the end of the piece it lies in. */
function piecesOf(text: string, fault: number | null): Piece[] {
  const pieces: Piece[] = [];
  let at = 0;
  const push = (end: number, kind: string) => {
    const cut = fault !== null && fault > at && fault < end ? fault : end;
    const wrong = (from: number, to: number) => fault !== null && fault < to && fault >= from;
    if (cut > at) pieces.push({ text: text.slice(at, cut), kind, fault: wrong(at, cut) });
    if (end > cut) pieces.push({ text: text.slice(cut, end), kind, fault: true });
    at = end;
  };
  for (const token of tokenize(text)) {
    if (token.start > at) push(token.start, "blank");
    if (token.end > at) push(token.end, token.kind);
  }
  if (at < text.length) push(text.length, "blank");
  return pieces;
}

export function QueryText({ text, fault }: { text: string; fault: number | null }) {
  return (
    <>
      {piecesOf(text, fault).map((piece, at) => (
        <span key={at} data-kind={piece.kind} data-fault={piece.fault || undefined}>
          {piece.text}
        </span>
      ))}
      {fault !== null && fault >= text.length && (
        <span className={classes.faultEnd} data-fault>
          {"\u00a0\u00a0"}
        </span>
      )}
    </>
  );
}
