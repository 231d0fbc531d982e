import { plainNumber } from '../exact-number.js';
import type { SettingDefinition } from '../plugins/types.js';
import { pythonJson } from '../python-json.js';
import { isMap } from '../values.js';
import { parseDate } from './natural-dates.js';
import { nest } from './nested-keys.js';
import { NoLiteral, parseDecimal, parseInteger, parseLiteral } from './parse-literal.js';

/** A value that its setting can't take. The message never quotes a sensitive value. */
export class CastFailure extends Error {
  override readonly name = 'CastFailure';
  readonly hint: string;

  constructor(message: string, hint: string) {
    super(message);
    this.hint = hint;
  }
}

/** `true`, `1`, `yes` and `on` in any case; all other text is false. */
export function isTruthy(text: string): boolean {
  return ['true', '1', 'yes', 'on'].includes(text.toLowerCase());
}

/** Whether values of it are secrets; `password` and `oauth` are older spellings of `sensitive: true`. */
export function isSensitive(definition: SettingDefinition): boolean {
  return definition.sensitive === true || definition.kind === 'password' || definition.kind === 'oauth';
}

/**
 * A value as its setting's kind wants it. Only text is cast, what YAML has typed stays, as in Meltano 4.4.1; then choices are
 * checked and the value processor runs. Null and undefined stay what they are. Throws CastFailure.
 */
export function castValue(definition: SettingDefinition, value: unknown): unknown {
  if (value === null || value === undefined) return value;
  const typed = typeof value === 'string' ? castText(definition, value) : value;
  checkChoice(definition, typed);
  return process(definition, definition.value_processor, typed);
}

/** What the config file holds: after the post-processor, for dates after natural language. */
export function postProcess(definition: SettingDefinition, value: unknown): unknown {
  if (value === null || value === undefined) return value;
  if (definition.value_post_processor !== undefined) return process(definition, definition.value_post_processor, value);
  return definition.kind === 'date_iso8601' && typeof value === 'string' ? parseDate(value) : value;
}

function castText(definition: SettingDefinition, text: string): unknown {
  switch (definition.kind) {
    case 'boolean':
      return isTruthy(text);
    case 'integer':
      return parseInteger(text) ?? refuse(definition, text, 'an integer', 'Use only digits, e.g. 5432.');
    case 'decimal':
      return parseDecimal(text) ?? refuse(definition, text, 'a decimal number', 'Use a decimal point, e.g. 2.5.');
    case 'object':
      return literal(definition, text, isMap, 'a JSON object', 'Write JSON, e.g. {"key": "value"}.');
    case 'array':
      return literal(definition, text, Array.isArray, 'a JSON array', 'Write JSON, e.g. ["a", "b"].');
    default:
      return text;
  }
}

function literal(
  definition: SettingDefinition,
  text: string,
  fits: (value: unknown) => boolean,
  expected: string,
  hint: string,
): unknown {
  try {
    const value = parseLiteral(text);
    if (fits(value)) return value;
  } catch (error) {
    if (!(error instanceof NoLiteral)) throw error;
  }
  return refuse(definition, text, expected, hint);
}

function checkChoice(definition: SettingDefinition, value: unknown): void {
  const choices = definition.options ?? [];
  if (definition.kind !== 'options' || choices.length === 0) return;
  if (choices.some((choice) => plainNumber(choice.value) === plainNumber(value))) return;
  const expected = `one of ${choices.map((choice) => String(choice.value)).join(', ')}`;
  throw new CastFailure(
    `${quoted(definition, value)} is not a valid choice for '${definition.name}'.`,
    `Expected ${expected}.`,
  );
}

function process(definition: SettingDefinition, processor: string | undefined, value: unknown): unknown {
  switch (processor) {
    case 'nest_object':
      return isMap(value)
        ? nest(Object.entries(value), { unescape: true, unset: 'leave out' })
        : refuse(definition, value, 'a map', 'Write a map with dotted or nested keys.');
    case 'upcase_string':
      return typeof value === 'string' ? value.toUpperCase() : refuse(definition, value, 'text', 'Put it in quotes.');
    case 'stringify':
      return typeof value === 'string' ? value : pythonJson(value);
    case 'parse_date':
      return typeof value === 'string' ? parseDate(value) : value;
    default:
      return value;
  }
}

function refuse(definition: SettingDefinition, value: unknown, expected: string, hint: string): never {
  throw new CastFailure(
    `${quoted(definition, value)} is not ${expected}, as setting '${definition.name}' requires.`,
    hint,
  );
}

function quoted(definition: SettingDefinition, value: unknown): string {
  if (isSensitive(definition)) return 'A sensitive value';
  const text = typeof value === 'string' ? value : pythonJson(value);
  return `'${text.length > 80 ? `${text.slice(0, 77)}...` : text}'`;
}
