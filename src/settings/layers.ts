import { type SourceLocation, TaplineError } from '../errors.js';
import { exactJson } from '../exact-json.js';
import type { SettingDefinition } from '../plugins/types.js';
import { isTruthy } from './cast.js';
import type { ReadName } from './env-names.js';
import type { EnvStack } from './env-stack.js';
import { lazyOrigin } from './origins.js';
import type { SettingLayer, SettingOrigin } from './types.js';

/** What a layer has for a setting, as it stands there. */
export interface Found {
  raw: unknown;
  /** Whether `$VAR` in it is expanded: true for values from project files and definitions. */
  expandable: boolean;
  origin: SettingOrigin;
  /** Places of the same layer that set the same variable and do not count, the strongest first. */
  weaker?: (() => { raw: unknown; origin: SettingOrigin }[]) | undefined;
  /** Known as a secret where it comes from, whatever the definition here says. */
  sensitive?: boolean | undefined;
}

/** One source of values; undefined where it has none, and for null, which means "not set". */
export type Layer = (definition: SettingDefinition) => Found | undefined;

/** Values by setting name: command-line flags, the system database. */
export function namedLayer(layer: SettingLayer, values: { get(name: string): unknown }): Layer {
  return ({ name }) => {
    const raw = values.get(name);
    return raw === undefined || raw === null ? undefined : { raw, expandable: false, origin: { layer } };
  };
}

/** Variables. Two of one setting's names set at once is SETTING_CONFLICT, even where they agree (as the original). */
export function variableLayer(
  layer: 'env' | 'dotenv',
  variables: Pick<EnvStack, 'get' | 'locate' | 'below'>,
  namesOf: (definition: SettingDefinition) => readonly ReadName[],
): Layer {
  return (definition) => {
    const set = namesOf(definition).filter(({ name }) => variables.get(name) !== undefined);
    const [first] = set;
    if (first === undefined) return undefined;
    if (set.length > 1) throw variableConflict(definition, set, layer, variables.locate(first.name));
    const { name: variable, negated } = first;
    const rawOf = (value: string): string => (negated ? opposite(value) : value);
    return {
      raw: rawOf(variables.get(variable) ?? ''),
      expandable: false,
      origin: lazyOrigin(layer, () => variables.locate(variable), { variable }),
      weaker: () =>
        variables.below(variable).map(({ value, locate }) => ({
          raw: rawOf(value),
          origin: lazyOrigin(layer, locate, { variable }),
        })),
    };
  };
}

/** A `config:` map, flattened. Name and aliases may both be there when they agree. */
export function fileLayer(
  layer: 'environment' | 'meltano_yml',
  flat: ReadonlyMap<string, unknown>,
  locate: (key: string) => SourceLocation | undefined,
): Layer {
  return (definition) => {
    const keys = [definition.name, ...(definition.aliases ?? [])];
    const set = keys.filter((key) => flat.get(key) !== undefined && flat.get(key) !== null);
    const [first] = set;
    if (first === undefined) return undefined;
    const other = set.find((key) => exactJson(flat.get(key)) !== exactJson(flat.get(first)));
    if (other !== undefined) {
      throw new TaplineError(
        'SETTING_CONFLICT',
        `'${first}' and '${other}' are the same setting and have different values.`,
        {
          at: locate(other),
          hint: `Remove '${other}'.`,
        },
      );
    }
    return { raw: flat.get(first), expandable: true, origin: lazyOrigin(layer, () => locate(first)) };
  };
}

/** What the definition says where nothing else does. */
export const defaultLayer: Layer = (definition) =>
  definition.value === undefined || definition.value === null
    ? undefined
    : { raw: definition.value, expandable: true, origin: { layer: 'default' } };

/** As Python writes it: the value may end up as text. */
function opposite(value: string): string {
  return isTruthy(value) ? 'False' : 'True';
}

function variableConflict(
  definition: SettingDefinition,
  set: readonly ReadName[],
  layer: 'env' | 'dotenv',
  at: SourceLocation | undefined,
): TaplineError {
  const names = set.map(({ name }) => name);
  const place = layer === 'dotenv' ? ' in .env' : '';
  return new TaplineError(
    'SETTING_CONFLICT',
    `The setting '${definition.name}' is set by several variables${place}: ${names.join(', ')}.`,
    {
      at,
      hint: `Keep ${names[0]} and unset the others.`,
      data: { setting: definition.name, variables: names },
    },
  );
}
