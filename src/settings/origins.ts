import { readFileSync } from 'node:fs';
import type { SourceLocation } from '../errors.js';
import type { Project } from '../project/types.js';
import type { SettingLayer, SettingOrigin } from './types.js';

/** Highest first: the order in which layers are asked. */
const layerOrder: readonly SettingLayer[] = [
  'override',
  'env',
  'dotenv',
  'environment',
  'meltano_yml',
  'db',
  'inherited',
  'default',
  'unset',
];

export function overrides(layer: SettingLayer, other: SettingLayer): boolean {
  return layerOrder.indexOf(layer) < layerOrder.indexOf(other);
}

/** An origin whose location is looked up only when `at` is read, since finding it parses the file again. */
export function lazyOrigin(
  layer: SettingLayer,
  locate: (() => SourceLocation | undefined) | undefined,
  rest: Omit<SettingOrigin, 'layer' | 'at'> = {},
): SettingOrigin {
  const origin: SettingOrigin = { layer, ...rest };
  if (!locate) return origin;
  let found: { at: SourceLocation | undefined } | undefined;
  return Object.defineProperty(origin, 'at', {
    enumerable: true,
    get: () => {
      found ??= { at: locate() };
      return found.at;
    },
  });
}

/** "the variable TAP_X_TOKEN", "meltano.yml": for messages. */
export function describeOrigin(origin: SettingOrigin): string {
  switch (origin.layer) {
    case 'override':
      return 'the command line';
    case 'env':
      return `${fileOf(origin)}the variable ${origin.variable ?? ''}`.trimEnd();
    case 'dotenv':
      return `${fileOf(origin)}the variable ${origin.variable ?? ''} in .env`;
    case 'environment':
      return 'the active environment in meltano.yml';
    case 'meltano_yml':
      return 'meltano.yml';
    case 'db':
      return 'the system database';
    case 'inherited':
      return origin.inheritedFrom
        ? `'${origin.inheritedFrom.plugin}', which it inherits from (${describeOrigin(origin.inheritedFrom.origin)})`
        : 'the plugin that it inherits from';
    case 'default':
      return 'its default';
    case 'unset':
      return 'nowhere';
  }
}

function fileOf({ file }: SettingOrigin): string {
  return file === undefined ? '' : `the file ${file} of `;
}

/** The location of a variable in the `.env` file. */
export function locateInDotenv(project: Project, variable: string): SourceLocation | undefined {
  let text: string;
  try {
    text = readFileSync(project.dotenvFile, 'utf8');
  } catch {
    return undefined;
  }
  const lines = text.split(/\r\n|\r|\n/);
  const assigns = new RegExp(`^\\s*(?:export\\s+)?'?${variable}'?\\s*=`);
  const line = lines.findLastIndex((candidate) => assigns.test(candidate));
  return line === -1 ? undefined : { file: project.dotenvFile, line: line + 1, col: 1 };
}
