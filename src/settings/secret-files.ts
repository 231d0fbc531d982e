/** `<VARIABLE>_FILE`: a secret in a file, as Docker and Kubernetes mount it. Ours; the original reads the variable only. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { TaplineError } from '../errors.js';
import type { SettingDefinition } from '../plugins/types.js';
import { isSensitive } from './cast.js';
import type { ReadName } from './env-names.js';
import type { EnvStack } from './env-stack.js';
import type { Layer } from './layers.js';
import { lazyOrigin } from './origins.js';

/** Settings of the project that hold a password without being defined as sensitive. */
const alsoSecret = new Set(['database_uri', 'hub_url_auth', 'state_backend.uri']);

export interface SecretFileParts {
  layer: 'env' | 'dotenv';
  variables: EnvStack;
  namesOf: (definition: SettingDefinition) => readonly ReadName[];
  /** All settings here: one that is itself named `key_file` keeps its variable. */
  definitions: readonly SettingDefinition[];
  /** Relative paths start here. */
  root: string;
}

/** The content of the file, without the line's end that most editors add. Throws SETTING_FILE. */
export function secretFileLayer({ layer, variables, namesOf, definitions, root }: SecretFileParts): Layer {
  return (definition) => {
    if (!isSensitive(definition) && !alsoSecret.has(definition.name)) return undefined;
    for (const { name, negated } of namesOf(definition)) {
      const variable = `${name}_FILE`;
      const path = negated ? undefined : variables.get(variable);
      if (path === undefined || path === '') continue;
      if (
        definitions.some((other) => other !== definition && namesOf(other).some((taken) => taken.name === variable))
      ) {
        continue;
      }
      const file = resolve(root, path);
      return {
        raw: readSecret(file, variable, variables),
        expandable: false,
        origin: lazyOrigin(layer, () => variables.locate(variable), { variable, file }),
        sensitive: true,
      };
    }
    return undefined;
  };
}

function readSecret(file: string, variable: string, variables: EnvStack): string {
  try {
    return readFileSync(file, 'utf8').replace(/\r?\n$/, '');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new TaplineError('SETTING_FILE', `The file that ${variable} names can't be read: ${file} (${code}).`, {
      cause: error,
      at: variables.locate(variable),
      hint: `Mount the secret there, or unset ${variable}.`,
      data: { variable, file },
    });
  }
}
