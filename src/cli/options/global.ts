/** Options of the whole program: taken on either side of the command. */
import { logFormats, logThresholds } from '../../observe/log-record.js';
import type { OptionDefinition } from '../../option-definition.js';

export const globalDefinitions = {
  logLevel: {
    kind: 'choice',
    name: 'log-level',
    value: 'level',
    choices: logThresholds,
    help: 'log messages of this level and above',
  },
  logFormat: {
    kind: 'logFormat',
    name: 'log-format',
    value: 'format',
    help: `format of log lines (choices: ${logFormats.map((name) => `"${name}"`).join(', ')})`,
  },
  logConfig: {
    kind: 'text',
    name: 'log-config',
    value: 'file',
    help: 'Python logging configuration; its levels, formats and files are used',
  },
  environment: {
    kind: 'text',
    name: 'environment',
    value: 'name',
    help: 'environment to use',
  },
  noEnvironment: { kind: 'off', name: 'no-environment', help: 'use no environment' },
  cwd: { kind: 'text', name: 'cwd', value: 'folder', help: 'change to this folder first' },
  envFile: { kind: 'text', name: 'env-file', value: 'file', help: 'read this file instead of .env' },
} as const satisfies Record<string, OptionDefinition>;
