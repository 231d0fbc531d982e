import { describe, expect, it } from 'vitest';
import { completeCommands } from '../../src/cli/pasteable.js';

describe('commands in hints', () => {
  it.each([
    [
      '`tapline install tap-x` installs it.',
      { environment: 'prod' },
      '`tapline --environment=prod install tap-x` installs it.',
    ],
    [
      'Look into it: tapline runs show 0190',
      { environment: 'prod' },
      'Look into it: tapline --environment=prod runs show 0190',
    ],
    ['`tapline init`', { cwd: '/my project' }, "`tapline '--cwd=/my project' init`"],
    ['`tapline run a b`', { environment: false as const }, '`tapline run a b`'],
    ['`tapline run a b`', {}, '`tapline run a b`'],
    ['the plugin says: tapline is here', { environment: 'prod' }, 'the plugin says: tapline is here'],
  ])('%s', (text, whereabouts, expected) => {
    expect(completeCommands(text, whereabouts)).toBe(expected);
  });
});
