/** Turns the component schemas of openapi.json (OpenAPI 3.1) into src/api/schema.ts; with --check fails when that file is stale. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./sources.mjs";

const target = join(root, "src/api/schema.ts");
const scalars = { string: "string", integer: "number", number: "number", boolean: "boolean", null: "null" };
const literal = (value) => JSON.stringify(value);
const union = (parts) => [...new Set(parts)].join(" | ");
const key = (name) => (/^[A-Za-z_$][\w$]*$/.test(name) ? name : literal(name));

function reference(ref) {
  const match = /^#\/components\/schemas\/(\w+)$/.exec(ref);
  if (match === null) throw new Error(`cannot follow ${ref}: only #/components/schemas/Name is understood`);
  return match[1];
}

function objectType(schema, indent) {
  const inner = `${indent}  `;
  const required = new Set(schema.required ?? []);
  const fields = Object.entries(schema.properties ?? {}).map(([name, value]) => {
    const doc = value.description === undefined ? "" : `${inner}/** ${value.description.replaceAll("*/", "*\\/")} */\n`;
    return `${doc}${inner}${key(name)}${required.has(name) ? "" : "?"}: ${typeOf(value, inner)};\n`;
  });
  if (fields.length === 0) {
    const extra = schema.additionalProperties;
    return `Record<string, ${typeof extra === "object" ? typeOf(extra, indent) : "unknown"}>`;
  }
  return `{\n${fields.join("")}${indent}}`;
}

function arrayType(schema, indent) {
  const item = typeOf(schema.items ?? {}, indent);
  return item.includes(" | ") ? `(${item})[]` : `${item}[]`;
}

function typeOf(schema, indent) {
  if (schema === true || Object.keys(schema).length === 0) return "unknown";
  if (schema.$ref !== undefined) return reference(schema.$ref);
  if ("const" in schema) return literal(schema.const);
  if (schema.enum !== undefined) return union(schema.enum.map(literal));
  const choices = schema.oneOf ?? schema.anyOf;
  if (choices !== undefined) return union(choices.map((choice) => typeOf(choice, indent)));
  if (schema.allOf !== undefined) return schema.allOf.map((part) => typeOf(part, indent)).join(" & ");
  const names = Array.isArray(schema.type) ? schema.type : [schema.type ?? (schema.properties ? "object" : undefined)];
  return union(
    names.map((name) => {
      if (name === "object") return objectType(schema, indent);
      if (name === "array") return arrayType(schema, indent);
      return scalars[name] ?? "unknown";
    }),
  );
}

function generate() {
  const { components } = JSON.parse(readFileSync(join(root, "openapi.json"), "utf8"));
  const types = Object.entries(components.schemas)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, schema]) => `export type ${name} = ${typeOf(schema, "")};\n`);
  return `/** Generated from openapi.json by \`npm run types\`; do not edit. */\n\n${types.join("\n")}`;
}

const wanted = generate();
if (process.argv.includes("--check")) {
  if (!existsSync(target) || readFileSync(target, "utf8") !== wanted) {
    process.stderr.write("src/api/schema.ts is stale: run npm run types (in web/)\n");
    process.exit(1);
  }
} else {
  writeFileSync(target, wanted);
}
