import { join } from 'node:path';
import { expect, test } from 'vitest';
import { errorCodes } from '../src/errors.js';
import { collectErrorTexts, type ErrorText } from './error-texts.js';

const texts = collectErrorTexts(join(import.meta.dirname, '..'));

/** To write it again, run `npx vitest run --config tools/vitest.config.ts --project unit test/error-texts.test.ts -u`. */
test('errors.golden.txt lists every error with its texts', async () => {
  await expect(page(texts)).toMatchFileSnapshot('errors.golden.txt');
});

test('every error code has a text', () => {
  const seen = new Set(texts.map(({ code }) => code));
  expect(Object.keys(errorCodes).filter((code) => !seen.has(code))).toEqual([]);
});

function page(all: readonly ErrorText[]): string {
  const codes = [...new Set(all.map(({ code }) => code))].sort();
  return codes.map((code) => `${heading(code)}\n${entries(all.filter((text) => text.code === code))}`).join('\n');
}

function heading(code: string): string {
  const exitCode = (errorCodes as Record<string, number>)[code];
  if (exitCode !== undefined) return `${code} (exit code ${exitCode})`;
  return code.startsWith('(') ? code.slice(1, -1) : `${code} (warning)`;
}

function entries(group: readonly ErrorText[]): string {
  return group
    .map(({ message, hint }) => `  ${message}\n${hint === '' ? '' : `    hint: ${hint}\n`}`)
    .sort()
    .join('');
}
