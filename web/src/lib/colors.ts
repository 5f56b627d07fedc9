/** Owns the one meaning of colour: a service's name gives its colour, everywhere and always. */

/** How many colours the palette of `theme.css` holds; none of them is red or amber, which are kept for errors and warnings. */
export const paletteSize = 24;

/** FNV-1a with a final mix; its start value is chosen so that the names of common demo shops land far apart. */
function hash(text: string): number {
  let value = 0x811cf8e8;
  for (let at = 0; at < text.length; at += 1) value = Math.imul(value ^ text.charCodeAt(at), 0x01000193);
  value = Math.imul(value ^ (value >>> 15), 0x2c1b3c6d);
  return (value ^ (value >>> 13)) >>> 0;
}

/** The palette index of a service, stable across pages, themes and releases. */
export const serviceSlot = (name: string): number => hash(name) % paletteSize;

/** The CSS colour of a service in the current theme. */
export const serviceColor = (name: string): string => `var(--service-${serviceSlot(name)})`;
