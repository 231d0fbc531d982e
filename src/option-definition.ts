/**
 * What an option of the command line is, as plain data: the argument pass, commander, run-step lines, completion,
 * help and the types of options all read the same definition.
 */

export type OptionKind =
  /** Present or not. */
  | 'flag'
  /** A flag with its opposite: `--install` and `--no-install`. */
  | 'switch'
  /** A flag that turns something off: `--no-validate`; true without it. */
  | 'off'
  | 'text'
  /** A text that can be repeated. */
  | 'list'
  | 'choice'
  /** A whole number of at least `min`. */
  | 'integer'
  /** Seconds: a number, or a text such as 30s or 5m. */
  | 'seconds'
  /** Milliseconds: a text such as 30d or 12h. */
  | 'age'
  | 'uuid'
  | 'pluginType'
  | 'logFormat';

export interface OptionDefinition {
  kind: OptionKind;
  /** Without dashes: `full-refresh`. */
  name: string;
  short?: string;
  help: string;
  /** How help calls the value: `count`. */
  value?: string;
  choices?: readonly string[];
  default?: unknown;
  /** How help calls the default, where it is not the value itself. */
  defaultText?: string;
  min?: number;
  mandatory?: boolean;
  hidden?: boolean;
  /** The opposite of a switch. */
  negated?: { name: string; help: string; hidden?: boolean };
  /** The variable that stands for it, in these commands. */
  variable?: { name: string; commands: readonly string[] };
  /** The only command that has this meaning of the name, where others have another. */
  command?: string;
}

type ValueOf<D extends OptionDefinition> = D['kind'] extends 'flag'
  ? true
  : D['kind'] extends 'switch' | 'off'
    ? boolean
    : D['kind'] extends 'list'
      ? string[]
      : D['kind'] extends 'integer' | 'seconds' | 'age'
        ? number
        : D extends { choices: readonly (infer Choice)[] }
          ? Choice
          : string;

type IsAlwaysSet<D extends OptionDefinition> = D extends { kind: 'off' } | { mandatory: true }
  ? true
  : D extends { default: infer Default }
    ? Default extends undefined
      ? false
      : true
    : false;

type AlwaysSet<T extends Definitions> = { [K in keyof T]: IsAlwaysSet<T[K]> extends true ? K : never }[keyof T];

/** By key: the name in camel case, without `no-`. */
export type Definitions = Readonly<Record<string, OptionDefinition>>;

/** The typed options of a command that has these. */
export type OptionsOf<T extends Definitions> = { [K in AlwaysSet<T>]: ValueOf<T[K]> } & {
  [K in Exclude<keyof T, AlwaysSet<T>>]?: ValueOf<T[K]> | undefined;
};

const valueKinds: ReadonlySet<OptionKind> = new Set([
  'text',
  'list',
  'choice',
  'integer',
  'seconds',
  'age',
  'uuid',
  'pluginType',
  'logFormat',
]);

export function takesValue({ kind }: OptionDefinition): boolean {
  return valueKinds.has(kind);
}
