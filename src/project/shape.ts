import type { ErrorObject } from 'ajv';
import { didYouMean } from '../did-you-mean.js';
import { type ErrorFault, formatLocation, type SourceLocation, TaplineError } from '../errors.js';
import { plainNumber, plainNumbers } from '../exact-number.js';
import { isMap } from '../values.js';
import type { ProjectPath } from './types.js';

/** How many faults one message lists. */
const maxFaults = 10;

type Locate = (path: ProjectPath) => SourceLocation | undefined;

/**
 * Checks the merged project against schemas/meltano.schema.json. Throws PROJECT_SHAPE with the first fault and a list of the rest; its
 * `data.faults` has all of them.
 */
export async function checkShape(value: unknown, file: string, locate: Locate): Promise<void> {
  const { validate } = await import('../generated/meltano.js');
  if (validate(plainNumbers(value))) return;
  const faults = readFaults(validate.errors ?? [], value, locate);
  const [first, ...rest] = faults;
  if (!first) return;
  const more = rest
    .slice(0, maxFaults - 1)
    .map((fault) => `\n  ${fault.at ? `${formatLocation(fault.at)}: ` : ''}${fault.message}`);
  if (rest.length >= maxFaults) more.push(`\n  and ${rest.length - maxFaults + 1} more`);
  const also = more.length > 0 ? `\nAlso:${more.join('')}` : '';
  throw new TaplineError('PROJECT_SHAPE', `${first.message}${also}`, {
    at: first.at ?? { file, line: 1, col: 1 },
    hint: first.hint,
    data: { faults },
  });
}

function readFaults(errors: readonly ErrorObject[], value: unknown, locate: Locate): ErrorFault[] {
  const byPlace = new Map<string, ErrorFault>();
  for (const error of errors) {
    const path = pathOf(error.instancePath, value);
    // Of a key that can't be one, `propertyName` says which.
    if (error.propertyName !== undefined) path.push(error.propertyName);
    const of = error.keyword === 'required' ? String(error.params.missingProperty) : error.propertyName;
    const key = of === undefined ? error.instancePath : `${error.instancePath}/${of}`;
    const fault = describe(error, path, value, locate);
    if (fault && !byPlace.has(key)) byPlace.set(key, fault);
  }
  return [...byPlace.values()].sort((a, b) => order(a) - order(b));
}

function order(fault: ErrorFault): number {
  return fault.at ? fault.at.line * 10_000 + fault.at.col : Number.MAX_SAFE_INTEGER;
}

/** `/plugins/extractors/0/name` as the path of the value: an index where the value is a list. */
function pathOf(pointer: string, root: unknown): (string | number)[] {
  const path: (string | number)[] = [];
  let at = root;
  for (const part of pointer.split('/').slice(1)) {
    const key = part.replaceAll('~1', '/').replaceAll('~0', '~');
    path.push(Array.isArray(at) ? Number(key) : key);
    at = valueAt(at, path.at(-1));
  }
  return path;
}

function valueAt(container: unknown, key: string | number | undefined): unknown {
  if (key === undefined || typeof container !== 'object' || container === null) return undefined;
  return (container as Record<string | number, unknown>)[key];
}

function describe(error: ErrorObject, path: ProjectPath, root: unknown, locate: Locate): ErrorFault | undefined {
  const found = path.reduce<unknown>(valueAt, root);
  const at = locate(path);
  const where = nameOf(path, root);
  switch (error.keyword) {
    case 'type':
      return {
        message: `${where} must be ${expected(error.params.type)}, but is ${kindOf(found)}.`,
        at,
        hint: undefined,
      };
    case 'required':
      return missing(where, String(error.params.missingProperty), found, at);
    case 'enum': {
      const allowed = (error.params.allowedValues as unknown[]).filter((option) => typeof option === 'string');
      const guess = typeof found === 'string' ? didYouMean(found, allowed) : undefined;
      return { message: `${where} must be one of ${allowed.join(', ')}, but is ${show(found)}.`, at, hint: guess };
    }
    case 'pattern':
      return {
        message: `${where} is ${show(error.propertyName ?? found)}, which can't be a name.`,
        at,
        hint: nameRules[String(path[0])] ?? 'Names may not hold a colon, a backslash, or lead out of a folder (`..`).',
      };
    case 'minimum':
      return {
        message: `${where} must be ${String(error.params.limit)} or more, but is ${String(found)}.`,
        at,
        hint: undefined,
      };
    case 'exclusiveMinimum':
      return {
        message: `${where} must be more than ${String(error.params.limit)}, but is ${String(found)}.`,
        at,
        hint: undefined,
      };
    case 'minLength':
      return { message: `${where} is empty.`, at, hint: undefined };
    case 'additionalProperties': {
      const key = String(error.params.additionalProperty);
      return {
        message: `${where} has the key '${key}', which is not allowed there.`,
        at: locate([...path, key]) ?? at,
        hint: undefined,
      };
    }
    default:
      return undefined;
  }
}

const wordRule = 'It may hold letters, digits, `_`, `.` and `-`.';
const nameRules: Readonly<Record<string, string>> = { run_steps: wordRule, pipelines: wordRule };

function missing(where: string, key: string, found: unknown, at: SourceLocation | undefined): ErrorFault {
  const guess = isMap(found) ? didYouMean(key, Object.keys(found)) : undefined;
  return {
    message: `${where} has no '${key}'.`,
    at,
    hint: guess?.replace('Did you mean', 'Is it misspelt as') ?? `Add '${key}:' to it.`,
  };
}

const kindNames: Record<string, string> = {
  object: 'a map',
  array: 'a list',
  string: 'text',
  boolean: 'true or false',
  integer: 'a whole number',
  number: 'a number',
};

function expected(types: unknown): string {
  const wanted = (Array.isArray(types) ? types : [types]).filter((type) => type !== 'null');
  const names = wanted.map((type) => kindNames[String(type)] ?? String(type));
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} or ${names.at(-1)}`;
}

/** Never the value: what slipped to the wrong place may be a secret. */
function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (isMap(value)) return 'a map';
  if (value === null || value === undefined) return 'empty';
  return typeof value === 'string' ? 'text' : `a ${typeof plainNumber(value)}`;
}

/** A name or a keyword, which is not a secret. */
function show(value: unknown): string {
  return typeof value === 'string' && value.length <= 60 ? `'${value}'` : kindOf(value);
}

/** "extractor 'tap-x': config" rather than /plugins/extractors/0/config. */
function nameOf(path: ProjectPath, root: unknown): string {
  if (path.length === 0) return 'The project file';
  const parts: string[] = [];
  let at = root;
  for (const step of path) {
    at = valueAt(at, step);
    const name = typeof step === 'number' ? valueAt(at, 'name') : undefined;
    if (typeof step === 'string') parts.push(step);
    else if (typeof name === 'string' && name.length <= 60) parts[parts.length - 1] = `${parts.at(-1)}['${name}']`;
    else parts[parts.length - 1] = `${parts.at(-1)}[${step}]`;
  }
  return parts.join('.');
}
