/** What is known of all options before commander is loaded: which take a value, and which have a variable. */
import { takesValue as definitionTakesValue, type OptionDefinition } from '../../option-definition.js';
import * as common from './common.js';
import { globalDefinitions } from './global.js';
import * as inspect from './inspect.js';
import * as project from './project.js';
import * as run from './run.js';
import * as stores from './stores.js';

const format = { format: common.formatDefinition('text') };
const status = { status: stores.statusDefinition([], '') };

/** Every definition, the global ones apart. */
export const definitions: readonly OptionDefinition[] = [
  ...[common, run, project, stores, inspect].map(groupsOf),
  format,
  status,
]
  .flat()
  .flatMap((group) => Object.values(group));

/** The groups of definitions that a module exports; its functions apart. */
function groupsOf(module: object): Record<string, OptionDefinition>[] {
  return Object.values(module).filter((each) => typeof each !== 'function');
}

/** Options of the whole program, by name with dashes. */
export const globalOptions: ReadonlyMap<string, OptionDefinition> = new Map(
  Object.values(globalDefinitions).map((definition) => [`--${definition.name}`, definition]),
);

/** Names that take a value. One name means the same in every command, but for the flags below. */
export const valueOptions: ReadonlySet<string> = new Set(
  definitions.filter((definition) => definitionTakesValue(definition)).flatMap(spellings),
);

/** `select --exclude`: a flag in this command, and an option with a value in all others. */
const flagsOf = new Map(
  definitions.flatMap(({ command, ...rest }) => (command === undefined ? [] : [[command, new Set(spellings(rest))]])),
);

function spellings({ name, short }: Pick<OptionDefinition, 'name' | 'short'>): string[] {
  return short === undefined ? [`--${name}`] : [`--${name}`, `-${short}`];
}

/** `command` as far as the line has been read: `el`, or `state list`. */
export function takesValue(option: string, command: string): boolean {
  const global = globalOptions.get(option);
  if (global !== undefined) return definitionTakesValue(global);
  return valueOptions.has(option) && flagsOf.get(command)?.has(option) !== true;
}

export interface OptionVariable {
  /** With dashes. */
  option: string;
  variable: string;
  /** A flag's variable is read as true or false; a value's as it is. */
  takesValue: boolean;
}

/** The variables that stand for options of a command; an option on the command line beats its variable. */
export function variablesOf(command: string): OptionVariable[] {
  const found = new Map<string, OptionVariable>();
  for (const definition of definitions) {
    const { name, variable } = definition;
    if (variable?.commands.includes(command) !== true) continue;
    const option = `--${name}`;
    found.set(option, { option, variable: variable.name, takesValue: definitionTakesValue(definition) });
  }
  return [...found.values()];
}
