/** Checks JSON that we print against its schema in schemas/. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';

const folder = join(import.meta.dirname, '..', 'schemas');

/** What does not fit, in words; undefined when all does. */
export function misfits(schema: string, value: unknown): string | undefined {
  const ajv = new Ajv2020({ allErrors: true, strict: true, allowUnionTypes: true, strictRequired: false });
  addFormats.default(ajv);
  const validate = ajv.compile(JSON.parse(readFileSync(join(folder, `${schema}.schema.json`), 'utf8')) as object);
  return validate(value) ? undefined : ajv.errorsText(validate.errors);
}
