import { tapline } from '../measure.mjs';
import { median, pairs } from '../pairs.mjs';
import { catTap, plugin, project, recordFiles, swallow } from '../projects.mjs';

/** One record of 200 MB, made while it is written: dd and tr fill the string. */
const hugeTap = `#!/bin/sh
cat schema.jsonl
printf '{"type": "RECORD", "stream": "events", "record": {"id": 1, "note": "'
dd if=/dev/zero bs=1000000 count=200 2>/dev/null | tr '\\000' x
printf '"}}\\n'
cat state.jsonl
`;

/** "The same in all": what is allowed between the largest and the smallest, for the garbage collector's moods. */
const sameWithin = 1.15;

export const memory = {
  name: 'memory',
  async run({ count }) {
    const names = ['tap-10mb', 'tap-1gb', 'tap-huge'];
    const folder = project(
      [
        'plugins:\n  extractors:\n',
        ...names.map((name) => plugin(name, `${name}.sh`)),
        `  loaders:\n${plugin('target-null', 'target.sh')}`,
      ].join(''),
      {
        ...recordFiles(35_714),
        'tap-10mb.sh': catTap('records.jsonl', 1),
        'tap-1gb.sh': catTap('records.jsonl', 100),
        'tap-huge.sh': hugeTap,
        'target.sh': swallow,
      },
    );
    const peak = (tap) => () => tapline(folder, ['run', '--full-refresh', tap, 'target-null'], { usage: true });
    const rounds = await pairs({ small: peak('tap-10mb'), large: peak('tap-1gb'), huge: peak('tap-huge') }, count);
    const of = (side) => median(rounds.map((round) => round[side].peakMegabytes));
    const peaks = { small: of('small'), large: of('large'), huge: of('huge') };
    const largest = Math.max(...Object.values(peaks));
    return [
      { what: 'peak memory at 10 MB', measured: peaks.small, atMost: 120, unit: 'MB' },
      { what: 'peak memory at 1 GB', measured: peaks.large, atMost: 120, unit: 'MB' },
      { what: 'peak memory with one record of 200 MB', measured: peaks.huge, atMost: 120, unit: 'MB' },
      {
        what: 'the largest of these against the smallest',
        measured: largest / Math.min(...Object.values(peaks)),
        atMost: sameWithin,
        unit: 'times',
      },
    ];
  },
};
