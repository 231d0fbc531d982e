import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { defineConfig } from 'vitest/config';

/** What esbuild's text loader does with `.sql` files in the build. */
const sqlAsText = {
  name: 'sql-as-text',
  enforce: 'pre' as const,
  load(id: string) {
    const file = id.split('?')[0] ?? id;
    return file.endsWith('.sql') ? `export default ${JSON.stringify(readFileSync(file, 'utf8'))};` : undefined;
  },
};

const services = 'test/real/**/*.test.ts';
const wholeProgram = ['test/e2e/**/*.test.ts', 'test/faults/**/*.test.ts'];

export default defineConfig({
  root: dirname(import.meta.dirname),
  plugins: [sqlAsText],
  test: {
    globalSetup: 'tools/build-for-tests.ts',
    pool: 'forks',
    // Tests start processes of their own, so more workers than this make a small machine slower.
    maxWorkers: 2,
    testTimeout: 20_000,
    hookTimeout: 30_000,
    setupFiles: 'tools/clean-environment.ts',
    env: { NO_COLOR: '1', TZ: 'UTC' },
    projects: [
      { extends: true, test: { name: 'unit', include: ['test/**/*.test.ts'], exclude: [services, ...wholeProgram] } },
      { extends: true, test: { name: 'e2e', include: wholeProgram, testTimeout: 60_000, hookTimeout: 60_000 } },
      { extends: true, test: { name: 'real', include: [services], testTimeout: 600_000, hookTimeout: 600_000 } },
    ],
  },
});
