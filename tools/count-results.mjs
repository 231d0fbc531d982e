/**
 * The last step of .ci/run: adds up what the suites wrote and prints "N passed, N failed".
 *
 *   node tools/count-results.mjs FOLDER FAILED_PHASES SUITE...
 *
 * A phase without a count of its own (the checks) is one failure when it failed; so is a suite that left no
 * result, or ran nothing. Exit status 1 when anything failed or nothing passed.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const [folder = '', failedPhases = '0', ...suites] = process.argv.slice(2);

const counts = suites.map((suite) => ({ suite, ...countOf(join(folder, `${suite}.json`)) }));
for (const { suite, passed, failed, skipped } of counts) {
  process.stdout.write(`${suite}: ${passed} passed, ${failed} failed, ${skipped} skipped\n`);
}
const passed = sum(counts.map((count) => count.passed));
const countedFailures = sum(counts.map((count) => count.failed));
const failed = Math.max(countedFailures, Number(failedPhases));
process.stdout.write(`${passed} passed, ${failed} failed\n`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;

/** Vitest's JSON reporter and the conformance runner each have their own words. A file that loads no test counts as one. */
function countOf(file) {
  const result = readJson(file);
  if (result === undefined) return { passed: 0, failed: 1, skipped: 0 };
  if (result.numTotalTests === undefined) return emptyFails(result);
  const brokenFiles = result.testResults.filter(
    (test) => test.status === 'failed' && test.assertionResults.length === 0,
  );
  return emptyFails({
    passed: result.numPassedTests,
    failed: result.numFailedTests + brokenFiles.length,
    skipped: result.numPendingTests + result.numTodoTests,
  });
}

function emptyFails({ passed, failed, skipped }) {
  return passed + failed === 0 ? { passed, failed: 1, skipped } : { passed, failed, skipped };
}

function readJson(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}

function sum(numbers) {
  return numbers.reduce((total, number) => total + number, 0);
}
