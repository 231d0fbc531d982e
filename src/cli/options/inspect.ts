/** Options of `inspect` and `trace`. */
import type { OptionDefinition } from '../../option-definition.js';

export const inspectDefinitions = {
  strict: { kind: 'flag', name: 'strict', help: 'exit with 1 if there is a problem' },
  checks: { kind: 'off', name: 'no-checks', help: 'count only' },
  maxKeys: {
    kind: 'integer',
    name: 'max-keys',
    value: 'count',
    min: 1,
    default: 1_000_000,
    help: 'number of keys of a stream to compare for duplicates',
  },
} as const satisfies Record<string, OptionDefinition>;
