import { expect, test } from 'vitest';
import { formatEnv } from '../../src/settings/env-format.js';

test('lines as python-dotenv writes them: single quotes, those and backslashes escaped', () => {
  expect(formatEnv({ A: '5', B: "it's", C: '{"x": 1}', D: '', E: 'two\nlines', F: 'back\\slash $X' })).toBe(
    "A='5'\nB='it\\'s'\nC='{\"x\": 1}'\nD=''\nE='two\nlines'\nF='back\\\\slash $X'\n",
  );
});
