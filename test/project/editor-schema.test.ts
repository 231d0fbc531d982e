import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';

const root = join(import.meta.dirname, '../..');
const read = (file: string) => readFileSync(join(root, file), 'utf8');

const ajv = new Ajv({ strict: true, allowUnionTypes: true, strictRequired: false, allErrors: true, verbose: true });
ajv.addKeyword('errorMessage');
const validate = ajv.compile(JSON.parse(read('schemas/meltano.schema.json')) as object);

/** Each document of a file, titled by the comment above it. */
function samples(file: string): [string, unknown][] {
  const documents = parseAllDocuments(read(`test/project/editor-schema/${file}`));
  return documents.map((document) => [
    (document.contents?.commentBefore ?? document.commentBefore ?? '').trim(),
    document.toJS() as unknown,
  ]);
}

/** What an editor shows for a misspelt key. */
function suggestions(): string[] {
  const parents = (validate.errors ?? []).map(({ parentSchema }) => parentSchema as { errorMessage?: string });
  return parents.flatMap(({ errorMessage }) => errorMessage ?? []);
}

describe('the schema for editors', () => {
  it.each(samples('right.yml'))('takes %s', (_, value) => {
    validate(value);
    expect(validate.errors).toBeNull();
  });

  it.each(samples('wrong.yml'))('refuses %s', (_, value) => {
    expect(validate(value)).toBe(false);
  });

  it('suggests the key that was meant', () => {
    validate({ pluginz: {}, plugins: { extractor: [{ name: 'tap-x' }], extractors: [{ name: 'tap-x', selct: [] }] } });
    expect(suggestions().sort()).toEqual([
      'Unknown key. Did you mean `extractors`?',
      'Unknown key. Did you mean `plugins`?',
      'Unknown key. Did you mean `select`?',
    ]);
  });

  it.each(['meltano.example.yml', 'fixtures/demo/meltano.yml', 'fixtures/backfill/meltano.yml'])('takes %s', (file) => {
    validate(parse(read(file)));
    expect(validate.errors).toBeNull();
  });
});
