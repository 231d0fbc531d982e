/** Options of the commands about state, and about what the system database knows of runs. */
import type { OptionDefinition } from '../../option-definition.js';

export const pattern = {
  pattern: { kind: 'text', name: 'pattern', value: 'glob', help: 'only state IDs that match; `*` stands for any text' },
} as const satisfies Record<string, OptionDefinition>;

export const inputFile = {
  inputFile: { kind: 'text', name: 'input-file', value: 'file', help: 'read the state from this file' },
} as const satisfies Record<string, OptionDefinition>;

export const fromStateId = {
  fromStateId: { kind: 'text', name: 'from-state-id', value: 'id', help: 'merge the state of this ID' },
} as const satisfies Record<string, OptionDefinition>;

export const validation = {
  validate: { kind: 'off', name: 'no-validate', help: 'accept a state without the key `singer_state`' },
} as const satisfies Record<string, OptionDefinition>;

export const stream = {
  stream: {
    kind: 'list',
    name: 'stream',
    value: 'name',
    help: 'only the bookmarks of this stream or pattern (can be repeated)',
  },
} as const satisfies Record<string, OptionDefinition>;

export const byStream = {
  byStream: {
    kind: 'flag',
    name: 'by-stream',
    help: 'one line for each stream, and each partition of one, with its bookmark; JSON if --format is given',
  },
} as const satisfies Record<string, OptionDefinition>;

export const copyTarget = {
  to: {
    kind: 'text',
    name: 'to',
    value: 'uri',
    help: 'another state backend, or another system database, to copy states to',
  },
} as const satisfies Record<string, OptionDefinition>;

export const tail = {
  tail: { kind: 'integer', name: 'tail', short: 'n', value: 'lines', min: 1, help: 'only the last lines' },
} as const satisfies Record<string, OptionDefinition>;

/** `--status`, with what it can be. */
export function statusDefinition<const Statuses extends readonly string[]>(choices: Statuses, help: string) {
  return { kind: 'choice', name: 'status', value: 'status', choices, help } as const satisfies OptionDefinition;
}

export const cleanDefinitions = {
  olderThan: {
    kind: 'age',
    name: 'older-than',
    value: 'duration',
    help: 'remove runs, logs and catalogs older than this, e.g. 30d, 2w or 12h (default: tapline.history.retention_days)',
  },
  dryRun: { kind: 'flag', name: 'dry-run', help: 'only show what would be removed' },
} as const satisfies Record<string, OptionDefinition>;
