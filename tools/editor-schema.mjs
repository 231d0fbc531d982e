/**
 * What schemas/meltano.schema.json refuses in an editor and the loader does not: keys that are a typing error away from
 * a known one, and values that are certainly wrong. The loader only warns about the former (`generate.mjs` leaves out
 * what is marked here). The patterns for misspelt keys follow from the known keys:
 *
 *   node tools/editor-schema.mjs            writes them into the schema
 *   node tools/editor-schema.mjs --check    checks that they are up to date, and that right and wrong samples are told apart
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Ajv } from 'ajv';
import { parseAllDocuments } from 'yaml';
import { isForEditors } from './generate.mjs';

const root = dirname(import.meta.dirname);
const schemaFile = join(root, 'schemas', 'meltano.schema.json');
const sampleFolder = join(root, 'test', 'project', 'editor-schema');

const misspeltMark = 'editor: misspelt keys';
/** Shorter names are too near to other words. */
const minLength = 3;

/** The schema with a pattern for each known key of each map, which refuses what is one typing error away from it. */
function withMisspeltKeys(schema) {
  const family = pluginKeys(schema);
  const visit = (part, name) => {
    if (Array.isArray(part)) return part.filter((item) => item?.$comment !== misspeltMark).map((item) => visit(item));
    if (typeof part !== 'object' || part === null || isForEditors(part)) return part;
    const visited = Object.fromEntries(Object.entries(part).map(([key, value]) => [key, visit(value, key)]));
    if (!isMap(part)) return visited;
    const known = Object.keys(part.properties);
    const patterns = misspelt(known, isPlugin(schema, name, part) ? [...known, ...family] : known);
    return { ...visited, allOf: [...(visited.allOf ?? []), { $comment: misspeltMark, patternProperties: patterns }] };
  };
  return visit(schema);
}

function isMap(part) {
  const { properties } = part;
  return typeof properties === 'object' && part.type !== undefined && typeof part.type !== 'object'
    ? part.type === 'object'
    : Array.isArray(part.type) && part.type.includes('object') && properties !== undefined;
}

function isPlugin(schema, name, part) {
  return schema.definitions[name] === part && (name === 'plugin' || name === 'environmentPlugin' || isPluginType(part));
}

function isPluginType(definition) {
  return definition.allOf?.some(({ $ref }) => $ref === '#/definitions/plugin') ?? false;
}

/** Every key that a plugin of some type may have: none of them is a misspelling of another. */
function pluginKeys({ definitions }) {
  const types = Object.values(definitions).filter(isPluginType);
  return [definitions.plugin, definitions.environmentPlugin, ...types].flatMap(({ properties }) =>
    Object.keys(properties),
  );
}

function misspelt(known, allowed) {
  const patterns = known
    .filter((key) => key.length >= minLength)
    .map((key) => {
      const isPlural = key.endsWith('s') && key.length > minLength;
      const near = isPlural ? `(?:${oneEdit(key.slice(0, -1))})s?` : oneEdit(key);
      const others = allowed.filter((other) => other === key || new RegExp(`^(?:${near})$`).test(other));
      const pattern = `^(?!(?:${[...new Set(others)].join('|')})$)(?:${near})$`;
      return [pattern, { not: {}, errorMessage: `Unknown key. Did you mean \`${key}\`?` }];
    });
  return Object.fromEntries(patterns);
}

/** A pattern for a word with at most one letter left out, added, changed, or swapped with its neighbour. */
function oneEdit(word) {
  const [first, second] = word;
  if (first === undefined) return '.?';
  const rest = word.slice(1);
  const ways = [`.?${first}?${rest}`, `${first}(?:${oneEdit(rest)})`];
  if (second !== undefined) ways.push(`${second}${first}${word.slice(2)}`);
  return ways.join('|');
}

/** The names of samples that the schema judges otherwise than their file says. */
function misjudgedSamples() {
  const ajv = new Ajv({ strict: true, allowUnionTypes: true, strictRequired: false, allErrors: true });
  ajv.addKeyword('errorMessage');
  const validate = ajv.compile(readSchema());
  return ['right', 'wrong'].flatMap((kind) =>
    samples(kind)
      .filter(({ value }) => validate(value) !== (kind === 'right'))
      .map(({ title }) => `${kind}.yml: ${title}`),
  );
}

/** Each document of a file; the comment above it is its title. */
function samples(kind) {
  const documents = parseAllDocuments(readFileSync(join(sampleFolder, `${kind}.yml`), 'utf8'));
  return documents.map((document) => ({
    title: (document.contents?.commentBefore ?? document.commentBefore ?? 'untitled').trim(),
    value: document.toJS(),
  }));
}

function readSchema() {
  return JSON.parse(readFileSync(schemaFile, 'utf8'));
}

function check() {
  const schema = readSchema();
  const isCurrent = JSON.stringify(withMisspeltKeys(schema)) === JSON.stringify(schema);
  const faults = [
    ...(isCurrent ? [] : ['schemas/meltano.schema.json does not have the patterns of its keys']),
    ...misjudgedSamples().map((sample) => `misjudged sample: ${sample}`),
  ];
  for (const fault of faults) process.stdout.write(`${fault}\n`);
  process.exitCode = faults.length === 0 ? 0 : 1;
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  if (process.argv.includes('--check')) check();
  else writeFileSync(schemaFile, `${JSON.stringify(withMisspeltKeys(readSchema()), null, 2)}\n`);
}
