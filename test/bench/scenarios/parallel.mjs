import { tapline } from '../measure.mjs';
import { median, pairs } from '../pairs.mjs';
import { plugin, project, swallow } from '../projects.mjs';

const chains = 8;

export const parallel = {
  name: 'parallel',
  async run({ count }) {
    const names = Array.from({ length: chains }, (_, index) => `tap-sleep-${index + 1}`);
    const folder = project(
      [
        'plugins:\n  extractors:\n',
        ...names.map((name) => plugin(name, 'tap.sh')),
        `  loaders:\n${plugin('target-null', 'target.sh')}`,
      ].join(''),
      { 'tap.sh': '#!/bin/sh\nexec sleep 2\n', 'target.sh': swallow },
    );
    const words = names.flatMap((name) => [name, 'target-null']);
    const withJobs = (jobs) => () => tapline(folder, ['run', '--jobs', String(jobs), ...words]);
    const rounds = await pairs({ eight: withJobs(8), four: withJobs(4) }, count);
    return [
      {
        what: `${chains} chains whose tap sleeps 2 s, warm, \`--jobs 8\``,
        measured: median(rounds.map((round) => round.eight.seconds)),
        atMost: 2.6,
        unit: 's',
      },
      {
        what: 'the same, `--jobs 4`',
        measured: median(rounds.map((round) => round.four.seconds)),
        atMost: 4.8,
        unit: 's',
      },
    ];
  },
};
