/** Owns how the name of an operation is shortened: the end that tells siblings apart stays. */

/** Drops the package of a gRPC name, `shop.catalog.v1.CatalogService/GetProduct`, which every sibling shares. */
export function shortOperation(name: string): string {
  const match = /^(?:[\w]+\.)+(\w+\/\w+)$/.exec(name);
  return match?.[1] ?? name;
}

/** A name cut in two, the head that may be clipped and the tail that stays; short names have no tail. */
export function splitOperation(name: string): { head: string; tail: string } {
  if (name.length <= 22) return { head: name, tail: "" };
  const separator = Math.max(name.lastIndexOf("/"), name.lastIndexOf("."), name.lastIndexOf(" "));
  const at = separator >= name.length - 20 && separator > 4 ? separator : name.length - 10;
  return { head: name.slice(0, at), tail: name.slice(at) };
}
