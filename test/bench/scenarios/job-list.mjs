import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { measure, tapline } from '../measure.mjs';
import { median, pairs } from '../pairs.mjs';
import { project } from '../projects.mjs';

const plugins = 200;
const schedules = 100;

/** Reads the project only: half of the plugins extract, half load, each with some settings, one job and schedule a pair. */
export const jobList = {
  name: 'job-list',
  async run({ count }) {
    const folder = project(bigProject());
    const warm = () => tapline(folder, ['job', 'list']);
    const cold = () => {
      rmSync(join(folder, '.meltano', 'run'), { recursive: true, force: true });
      return tapline(folder, ['job', 'list']);
    };
    await cold();
    const rounds = await pairs({ warm, bare: () => measure([process.execPath, '-e', '0']) }, 2 * count);
    const coldRounds = await pairs({ cold, bare: () => measure([process.execPath, '-e', '0']) }, count);
    const times = (all, side) => median(all.map((round) => round[side].seconds / round.bare.seconds));
    // So that there is a database to be read.
    await tapline(folder, ['state', 'set', '--force', 'dev:tap-1-to-target-1', '{"singer_state": {}}']);
    const others = [];
    for (const words of readers) others.push(await againstNode(folder, words, count));
    return [
      {
        what: `\`job list\`, ${plugins} plugins and ${schedules} schedules, warm cache, against \`node -e 0\``,
        measured: times(rounds, 'warm'),
        atMost: 2,
        unit: 'times',
        detail: {
          warm_ms: 1000 * median(rounds.map((round) => round.warm.seconds)),
          cold_ms: 1000 * median(coldRounds.map((round) => round.cold.seconds)),
        },
      },
      { what: 'the same, cold', measured: times(coldRounds, 'cold'), unit: 'times' },
      ...others,
    ];
  },
};

/** Commands that schedulers and people call often, which only read. */
const readers = [
  ['config', 'list', 'tap-7'],
  ['schedule', 'list', '--format', 'json'],
  ['state', 'list'],
];

async function againstNode(folder, words, count) {
  await tapline(folder, words);
  const sides = { ours: () => tapline(folder, words), bare: () => measure([process.execPath, '-e', '0']) };
  const rounds = await pairs(sides, 2 * count);
  return {
    what: `\`${words.join(' ')}\` on that project, warm cache, against \`node -e 0\``,
    measured: median(rounds.map((round) => round.ours.seconds / round.bare.seconds)),
    atMost: 2.2,
    unit: 'times',
  };
}

function bigProject() {
  const numbers = Array.from({ length: plugins / 2 }, (_, index) => index + 1);
  const entry = (kind, n) =>
    [
      `  - name: ${kind}-${n}`,
      `    namespace: ${kind}_${n}`,
      `    pip_url: ${kind}-${n}==1.${n}`,
      `    executable: ${kind}-${n}`,
      ...(kind === 'tap' ? ['    capabilities: [catalog, discover, state]'] : []),
      '    settings:',
      '    - name: host',
      '    - name: port',
      '      kind: integer',
      '    - name: password',
      '      kind: password',
      '    config:',
      `      host: host-${n}.example.org`,
      `      port: ${5000 + n}`,
      '',
    ].join('\n');
  const jobs = numbers.slice(0, schedules).map((n) => `- name: job-${n}\n  tasks: [tap-${n} target-${n}]\n`);
  const entries = numbers
    .slice(0, schedules)
    .map((n) => `- name: every-${n}\n  interval: '${n % 60} * * * *'\n  job: job-${n}\n`);
  return [
    'plugins:\n  extractors:\n',
    ...numbers.map((n) => entry('tap', n)),
    '  loaders:\n',
    ...numbers.map((n) => entry('target', n)),
    'jobs:\n',
    ...jobs,
    'schedules:\n',
    ...entries,
  ].join('');
}
