import type { TestProject } from 'vitest/node';
import { build } from './build.mjs';

/**
 * Tests that run the program drive dist/ as it is built from the sources of this moment. Where that build
 * fails, the suites that are about the built program can't run; the others still can.
 */
export default async function buildForTests(project: TestProject): Promise<void> {
  try {
    await build({ types: false });
  } catch (error) {
    if (project.name !== 'unit') throw error;
    process.stderr.write('The build failed: tests that run dist/ use an older one.\n');
  }
}
