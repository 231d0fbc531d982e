import { tapline } from '../measure.mjs';
import { median, pairs } from '../pairs.mjs';
import { plugin, project, swallow } from '../projects.mjs';

/** Waits for a page, prints its records, waits for the next: four seconds in all, and hardly any of the processor's. */
const pagedTap = `#!/bin/sh
echo '{"type": "SCHEMA", "stream": "pages", "schema": {"properties": {"id": {}}}, "key_properties": ["id"]}'
for page in 1 2 3 4 5 6 7 8 9 10; do
  sleep 0.4
  printf '{"type": "RECORD", "stream": "pages", "record": {"id": %s}}\\n' $page $page $page
done
`;

export const runStep = {
  name: 'run-step',
  async run({ count }) {
    const names = ['tap-one', 'tap-two', 'tap-three'];
    const folder = project(
      [
        'plugins:\n  extractors:\n',
        ...names.map((name) => plugin(name, 'tap.sh')),
        `  loaders:\n${plugin('target-null', 'target.sh')}`,
        'run_steps:\n  extract:\n    jobs: 3\n    commands:\n',
        ...names.map((name) => `    - meltano run ${name} target-null\n`),
      ].join(''),
      { 'tap.sh': pagedTap, 'target.sh': swallow },
    );
    const run = (...words) => tapline(folder, ['run', ...words]);
    const rounds = await pairs({ step: () => run('extract'), one: () => run('tap-one', 'target-null') }, count);
    return [
      {
        what: 'three equal network-bound extracts of 4 s in a run step with `jobs: 3`, against one of them alone',
        measured: median(rounds.map(({ step, one }) => step.seconds / one.seconds)),
        atMost: 1.15,
        unit: 'times',
      },
    ];
  },
};
