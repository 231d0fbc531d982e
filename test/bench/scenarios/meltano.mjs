/** Against Meltano 4.4.1 itself, in turns. Runs only when asked for, since it needs an installed Meltano. */
import { measure, tapline } from '../measure.mjs';
import { median, pairs } from '../pairs.mjs';
import { catTap, plugin, project, recordFiles, repeatFile, swallow } from '../projects.mjs';

const recordsAFile = 100_000;
const files = 10;

export const meltano = {
  name: 'meltano',
  onRequest: true,
  async run({ count }) {
    const executable = process.env.BENCH_MELTANO;
    if (executable === undefined) throw new Error('set BENCH_MELTANO to the path of an installed meltano');
    // A copy for each: where Meltano has run lately, Tapline waits for a moment before it starts a chain.
    const [ourFolder, theirFolder] = [benchProject(), benchProject()];
    const figures = [];
    for (const { what, words } of commands) {
      const sides = {
        ours: () => tapline(ourFolder, words),
        theirs: () => measure([executable, ...words], { cwd: theirFolder }),
      };
      const rounds = await pairs(sides, count);
      const [ours, theirs] = ['ours', 'theirs'].map((side) => median(rounds.map((round) => round[side].seconds)));
      figures.push({
        what: `${what}: how many times as long Meltano takes`,
        measured: theirs / ours,
        unit: 'times',
        detail: { ours_s: ours, theirs_s: theirs },
      });
    }
    return figures;
  },
};

const commands = [
  { what: '`--version`', words: ['--version'] },
  { what: '`run` of a no-op tap and target', words: ['run', 'tap-nothing', 'target-null'] },
  {
    what: '`run` of 1,000,000 records, 280 MB, `cat` as the tap',
    words: ['run', '--full-refresh', 'tap-280mb', 'target-null'],
  },
];

function benchProject() {
  const folder = project(
    [
      'plugins:\n  extractors:\n',
      plugin('tap-nothing', 'nothing.sh'),
      plugin('tap-280mb', 'million.sh'),
      `  loaders:\n${plugin('target-null', 'target.sh')}`,
    ].join(''),
    {
      ...recordFiles(recordsAFile),
      'nothing.sh': '#!/bin/sh\nexit 0\n',
      'million.sh': catTap('million.jsonl', 1),
      'target.sh': swallow,
    },
  );
  repeatFile(folder, 'records.jsonl', files, 'million.jsonl');
  return folder;
}
