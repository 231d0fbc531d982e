import { shell, tapline } from '../measure.mjs';
import { median, pairs } from '../pairs.mjs';
import { catTap, plugin, project, recordFiles, repeatFile, swallow } from '../projects.mjs';

const recordsAFile = 100_000;
const megabytesAFile = 28;
const files = 10;

/** Each tap with the files that it prints. */
const taps = {
  'tap-empty': ['records.jsonl', 0],
  'tap-280mb': ['million.jsonl', 1],
  'tap-1gb': ['records.jsonl', 36],
};

function nativeProject() {
  const folder = project(
    [
      'plugins:\n  extractors:\n',
      ...Object.keys(taps).map((name) => plugin(name, `${name}.sh`)),
      `  loaders:\n${plugin('target-null', 'target.sh')}`,
    ].join(''),
    {
      ...recordFiles(recordsAFile),
      'target.sh': swallow,
      ...Object.fromEntries(Object.entries(taps).map(([name, [file, copies]]) => [`${name}.sh`, catTap(file, copies)])),
    },
  );
  repeatFile(folder, 'records.jsonl', files, 'million.jsonl');
  return folder;
}

const run = (folder, tap, options) => tapline(folder, ['run', '--full-refresh', tap, 'target-null'], options);

export const nativeThroughput = {
  name: 'native-throughput',
  async run({ count }) {
    const folder = nativeProject();
    const pipe = (tap) => shell(`./${tap}.sh | ./target.sh`, { cwd: folder });
    const rounds = await pairs(
      {
        ours: () => run(folder, 'tap-280mb'),
        bare: () => pipe('tap-280mb'),
        oursEmpty: () => run(folder, 'tap-empty'),
        bareEmpty: () => pipe('tap-empty'),
      },
      count,
    );
    const net = (side) =>
      median(rounds.map((round) => round[side].seconds)) - median(rounds.map((round) => round[`${side}Empty`].seconds));
    const [ours, bare] = [net('ours'), net('bare')];
    return [
      {
        what: '1,000,000 records, 280 MB, `cat` as tap, `cat >/dev/null` as target, against the shell pipe, start-up off',
        measured: bare / ours,
        atLeast: 0.5,
        unit: 'of its speed',
        detail: { ours_s: ours, bare_s: bare, ours_mb_per_s: (files * megabytesAFile) / ours },
      },
    ];
  },
};

export const ownProcessorTime = {
  name: 'own-cpu',
  async run({ count }) {
    const folder = nativeProject();
    const rounds = await pairs(
      {
        full: () => run(folder, 'tap-1gb', { usage: true }),
        empty: () => run(folder, 'tap-empty', { usage: true }),
      },
      count,
    );
    const seconds = (side) => median(rounds.map((round) => round[side].cpuSeconds));
    return [
      {
        what: "the runner's own CPU on 1 GB of 280-byte records, start-up off",
        measured: seconds('full') - seconds('empty'),
        atMost: 2,
        unit: 's',
        detail: { start_up_s: seconds('empty'), elapsed_s: median(rounds.map((round) => round.full.seconds)) },
      },
    ];
  },
};
