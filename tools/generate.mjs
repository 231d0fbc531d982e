/**
 * Compiles schemas/*.schema.json to src/generated/<name>.js at build time, so that ajv's compiler, which
 * costs over 100 ms, never loads at run time. Each module exports `validate`, typed in a .d.ts beside it.
 * Schemas of what Tapline prints (output-*) are for readers and tests: nothing of them runs in the program.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';

const root = dirname(import.meta.dirname);
const schemaFolder = join(root, 'schemas');
const outFolder = join(root, 'src', 'generated');
const stampFile = join(outFolder, '.stamp');

const declaration = `import type { ErrorObject } from 'ajv';

/** True when the data fits the schema; else \`validate.errors\` says what does not, all of it. */
export declare const validate: {
  (data: unknown): boolean;
  errors?: ErrorObject[] | null;
};
`;

/** Writes the validators that are out of date. Returns the names of the modules. */
export async function generate() {
  const files = namesIn(schemaFolder).filter((file) => file.endsWith('.schema.json') && !file.startsWith('output-'));
  const texts = new Map(
    files.sort().map((file) => [basename(file, '.schema.json'), readFileSync(join(schemaFolder, file), 'utf8')]),
  );
  const stamp = fingerprint([...texts].flat());
  if (isCurrent(stamp, [...texts.keys()])) return [...texts.keys()];

  mkdirSync(outFolder, { recursive: true });
  await writeValidators(texts);
  removeLeftovers([...texts.keys()]);
  write('.stamp', stamp);
  return [...texts.keys()];
}

async function writeValidators(texts) {
  const [{ default: standaloneCode }, esbuild, newAjv] = await Promise.all([
    import('ajv/dist/standalone/index.js'),
    import('esbuild'),
    compilers(),
  ]);
  const schemas = [...texts].map(([name, text]) => ({ name, schema: forLoader(parse(name, text)) }));
  const drafts = { latest: newAjv.latest(), seven: newAjv.seven() };
  const draftOf = (schema) => (schema.$schema?.includes('2020-12') ? drafts.latest : drafts.seven);
  // All are known before one is compiled, so that those of one draft can refer to each other.
  for (const { name, schema } of schemas) draftOf(schema).addSchema(schema, schema.$id ?? name);
  for (const { name, schema } of schemas) {
    const code = standaloneCode.default(draftOf(schema), { validate: schema.$id ?? name });
    // ajv's code calls `require` for its run-time parts; bundled, the module stands alone, in tests too.
    const bundled = await esbuild.build({
      stdin: { contents: code, resolveDir: root, sourcefile: `${name}.js` },
      bundle: true,
      format: 'esm',
      platform: 'neutral',
      mainFields: ['main'],
      target: 'node20',
      write: false,
      logLevel: 'warning',
    });
    write(`${name}.js`, bundled.outputFiles[0].text);
    write(`${name}.d.ts`, declaration);
  }
}

/** A schema without what only editors check: the loader warns there, or leaves it to the command that needs the value. */
export function forLoader(schema) {
  if (Array.isArray(schema)) return schema.filter((part) => !isForEditors(part)).map(forLoader);
  if (typeof schema !== 'object' || schema === null) return schema;
  const entries = Object.entries(schema).map(([key, value]) => [key, forLoader(value)]);
  return Object.fromEntries(entries.filter(([key, value]) => !(key === 'allOf' && value.length === 0)));
}

export function isForEditors(part) {
  return typeof part?.$comment === 'string' && part.$comment.startsWith('editor');
}

/** Editors know draft 7 best; a schema that names 2020-12 gets that one. */
async function compilers() {
  const [{ Ajv }, { Ajv2020 }, { default: addFormats }] = await Promise.all([
    import('ajv'),
    import('ajv/dist/2020.js'),
    import('ajv-formats'),
  ]);
  const options = {
    allErrors: true,
    strict: true,
    allowUnionTypes: true,
    strictRequired: false,
    code: { source: true, esm: true, lines: true },
  };
  const prepared = (ajv) => {
    addFormats.default(ajv);
    for (const keyword of ['markdownDescription', 'deprecationMessage', 'defaultSnippets']) ajv.addKeyword(keyword);
    return ajv;
  };
  return { seven: () => prepared(new Ajv(options)), latest: () => prepared(new Ajv2020(options)) };
}

function parse(name, text) {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`schemas/${name}.schema.json is no JSON: ${error.message}`);
  }
}

function isCurrent(stamp, names) {
  try {
    const there = new Set(readdirSync(outFolder));
    const isWhole = names.every((name) => there.has(`${name}.js`) && there.has(`${name}.d.ts`));
    return isWhole && readFileSync(stampFile, 'utf8') === stamp;
  } catch {
    return false;
  }
}

function namesIn(folder) {
  return existsSync(folder) ? readdirSync(folder) : [];
}

function removeLeftovers(names) {
  for (const file of readdirSync(outFolder)) {
    const name = file.replace(/\.(js|d\.ts)$/, '');
    if (name !== file && !names.includes(name)) rmSync(join(outFolder, file));
  }
}

/** Written beside and renamed, since another build may be reading. */
function write(file, text) {
  const draft = join(outFolder, `.${file}.${process.pid}`);
  writeFileSync(draft, text);
  renameSync(draft, join(outFolder, file));
}

/** Of the schemas, of this file and of ajv's version: each changes what comes out. */
function fingerprint(parts) {
  const hash = createHash('sha256');
  const ajvVersion = JSON.parse(readFileSync(join(root, 'node_modules', 'ajv', 'package.json'), 'utf8')).version;
  for (const part of [...parts, readFileSync(import.meta.filename, 'utf8'), ajvVersion]) hash.update(part).update('\0');
  return hash.digest('hex');
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) await generate();
