/**
 * Measures the figures that Tapline promises, prints one table and writes bench-results.json.
 *
 *   npm run bench                      all, with 5 pairs each; about five minutes
 *   npm run bench -- --only memory     some scenarios, by name; may be repeated
 *   npm run bench -- --pairs 9         more pairs
 *   BENCH_MELTANO=/path/to/meltano npm run bench -- --only meltano
 *                                      the same commands by Meltano and by Tapline, in turns
 *   npm run bench -- --quick           one pair, short Python runs: shows that it works, no figure to publish
 *
 * Exit status 1 when a bound is missed or a scenario could not run.
 */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { cpus, loadavg, totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { removeProjects } from './projects.mjs';
import { backfill } from './scenarios/backfill.mjs';
import { systemDatabase } from './scenarios/database.mjs';
import { jobList } from './scenarios/job-list.mjs';
import { meltano } from './scenarios/meltano.mjs';
import { memory } from './scenarios/memory.mjs';
import { parallel } from './scenarios/parallel.mjs';
import { pythonBuffered, pythonFlushed } from './scenarios/python.mjs';
import { runStep } from './scenarios/run-step.mjs';
import { selection } from './scenarios/selection.mjs';
import { noOpRun, version } from './scenarios/start-up.mjs';
import { manyStates } from './scenarios/states.mjs';
import { nativeThroughput, ownProcessorTime } from './scenarios/throughput.mjs';

const root = dirname(dirname(import.meta.dirname));
const scenarios = [
  version,
  noOpRun,
  jobList,
  nativeThroughput,
  pythonBuffered,
  pythonFlushed,
  ownProcessorTime,
  memory,
  parallel,
  runStep,
  backfill,
  manyStates,
  systemDatabase,
  selection,
  meltano,
];

const { values: flags } = parseArgs({
  options: {
    only: { type: 'string', multiple: true },
    pairs: { type: 'string', default: '5' },
    quick: { type: 'boolean', default: false },
  },
});

const chosen =
  flags.only === undefined
    ? scenarios.filter(({ onRequest }) => !onRequest)
    : scenarios.filter(({ name }) => flags.only.includes(name));
if (chosen.length === 0) {
  process.stderr.write(`bench: no such scenario; there are ${scenarios.map(({ name }) => name).join(', ')}\n`);
  process.exit(2);
}

const options = { count: flags.quick ? 1 : Number(flags.pairs), quick: flags.quick };
const [loadAtStart] = loadavg();
warnWhenBusy(loadAtStart);
const figures = [];
for (const scenario of chosen) figures.push(...(await take(scenario)));

const results = {
  takenAt: new Date().toISOString(),
  pairs: options.count,
  quick: flags.quick,
  machine: machine(),
  figures,
};
writeFileSync(join(root, 'bench-results.json'), `${JSON.stringify(results, null, 2)}\n`);
process.stdout.write(table(figures));
process.exitCode = figures.every(({ pass }) => pass) ? 0 : 1;

/** A scenario that can't run is a figure that is missed, and does not hide the others. */
async function take(scenario) {
  const started = performance.now();
  process.stderr.write(`bench: ${scenario.name} ...`);
  try {
    const taken = await scenario.run(options);
    return taken.map((figure) => ({ scenario: scenario.name, ...figure, pass: isWithin(figure) }));
  } catch (error) {
    process.stderr.write(` ${error.message}\n`);
    return [{ scenario: scenario.name, what: `${scenario.name}: could not run`, pass: false, error: error.message }];
  } finally {
    removeProjects();
    process.stderr.write(` ${((performance.now() - started) / 1000).toFixed(0)} s\n`);
  }
}

function isWithin({ measured, atMost = Number.POSITIVE_INFINITY, atLeast = Number.NEGATIVE_INFINITY }) {
  return measured <= atMost && measured >= atLeast;
}

function table(rows) {
  const cells = rows.map((figure) => [
    figure.what,
    figure.measured === undefined ? '-' : `${figure.measured.toPrecision(3)} ${figure.unit}`,
    boundOf(figure),
    figure.pass ? 'yes' : 'NO',
  ]);
  const all = [['figure', 'measured', 'bound', 'pass'], ...cells];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...all.map((row) => row[column].length)));
  const line = (row) => `| ${row.map((cell, column) => cell.padEnd(widths[column])).join(' | ')} |\n`;
  const rule = `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |\n`;
  return line(all[0]) + rule + cells.map(line).join('');
}

function boundOf({ atMost, atLeast, unit }) {
  if (atMost !== undefined) return `at most ${atMost} ${unit}`;
  if (unit === undefined) return '-';
  return atLeast === undefined ? 'reported only' : `at least ${atLeast} ${unit}`;
}

/** Pairs take turns, but a ratio still suffers where more programs run than there are processors. */
function warnWhenBusy(load) {
  if (load > cpus().length / 2) {
    process.stderr.write(
      `bench: the machine is busy (load ${load.toFixed(1)}); these figures will not be the best it can do\n`,
    );
  }
}

function machine() {
  const processors = cpus();
  return {
    node: process.version,
    platform: `${process.platform}-${process.arch}`,
    processor: processors[0]?.model,
    processors: processors.length,
    memoryGigabytes: Math.round(totalmem() / 1e9),
    commit: commit(),
  };
}

function commit() {
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: root, encoding: 'utf8' }).trim();
  } catch {
    return undefined;
  }
}
