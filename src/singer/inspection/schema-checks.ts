import type { ErrorObject } from 'ajv';

/** What a schema refuses in one record: the property and why. The value itself is not told, it may be a secret. */
export interface Violation {
  property: string;
  detail: string;
}

export type RecordCheck = (record: unknown) => Violation[];

/** Makes a check of a stream's schema. Throws an Error that says why it is not a schema. */
export type CompileSchema = (schema: unknown) => RecordCheck;

/**
 * The compiler is loaded only by those who check records, since it takes a tenth of a second. Formats are checked by their
 * form, unknown ones not at all, and decimals against `multipleOf` to nine places.
 */
export async function loadSchemaCompiler(): Promise<CompileSchema> {
  const [{ Ajv }, { default: addFormats }] = await Promise.all([import('ajv'), import('ajv-formats')]);
  const ajv = new Ajv({
    strict: false,
    allErrors: true,
    logger: false,
    addUsedSchema: false,
    validateSchema: false,
    multipleOfPrecision: 9,
  });
  (addFormats as unknown as typeof addFormats.default)(ajv);
  return (schema) => {
    const usable = withDraft7Bounds(schema) as object;
    const validate = ajv.compile(usable);
    // Else each changed schema of a stream would be kept to the end.
    ajv.removeSchema(usable);
    return (record) => (validate(record) ? [] : (validate.errors ?? []).map(violation));
  };
}

function violation({ instancePath, keyword, params, message }: ErrorObject): Violation {
  const path = instancePath.split('/').slice(1).map(pointerStep);
  if (keyword === 'additionalProperties') path.push(String(params.additionalProperty));
  if (keyword === 'required') path.push(String(params.missingProperty));
  // An item of a list is reported as the list, since the number of items has no bound.
  const property = path.filter((step) => !/^\d+$/.test(step)).join('.');
  return { property, detail: keyword === 'required' ? 'required property is missing' : `value ${message ?? keyword}` };
}

function pointerStep(step: string): string {
  return step.replaceAll('~1', '/').replaceAll('~0', '~');
}

/** `exclusiveMinimum: true` beside `minimum`, as drafts 3 and 4 have it, in the form of later drafts. */
function withDraft7Bounds(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(withDraft7Bounds);
  if (typeof schema !== 'object' || schema === null) return schema;
  const { $schema: _, ...members } = schema as Record<string, unknown>;
  const result = Object.fromEntries(Object.entries(members).map(([key, member]) => [key, withDraft7Bounds(member)]));
  for (const [exclusive, inclusive] of [
    ['exclusiveMinimum', 'minimum'],
    ['exclusiveMaximum', 'maximum'],
  ] as const) {
    if (typeof result[exclusive] !== 'boolean') continue;
    if (result[exclusive] && typeof result[inclusive] === 'number') result[exclusive] = result[inclusive];
    else delete result[exclusive];
  }
  return result;
}
