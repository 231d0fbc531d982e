import { tapline } from '../measure.mjs';
import { median } from '../pairs.mjs';
import { plugin, project } from '../projects.mjs';

const jobs = 8;

/** Sleeps a second for each window, and ends it with a state. */
const tap = `#!/bin/sh
case "$*" in *--discover*) echo '{"streams": [{"tap_stream_id": "events", "stream": "events", "schema": {"properties": {"id": {}}}, "metadata": []}]}'; exit 0;; esac
echo '{"type": "SCHEMA", "stream": "events", "schema": {"properties": {"id": {}}}, "key_properties": ["id"]}'
echo '{"type": "RECORD", "stream": "events", "record": {"id": 1}}'
sleep 1
printf '{"type": "STATE", "value": {"bookmarks": {"events": {"at": "%s"}}}}\\n' "$TAP_SLEEP_END_DATE"
`;

/** Prints the states, as a target does. */
const target = `#!/bin/sh
while IFS= read -r line; do
  case $line in *'"STATE"'*) line=\${line#*'"value": '}; printf '%s\\n' "\${line%?}";; esac
done
`;

export const backfill = {
  name: 'backfill',
  async run({ count }) {
    const extras = [
      '    capabilities: [catalog, discover, state]\n',
      '    catalog_cache_ttl: 86400\n',
      '    backfill: {start_setting: start_date, end_setting: end_date, window: 7d}\n',
    ];
    const folder = project(
      [
        `plugins:\n  extractors:\n${plugin('tap-sleep', 'tap.sh', extras.join(''))}`,
        `  loaders:\n${plugin('target-echo', 'target.sh')}`,
      ].join(''),
      { 'tap.sh': tap, 'target.sh': target },
    );
    const run = (to) =>
      tapline(folder, [
        'backfill',
        'tap-sleep',
        'target-echo',
        '--from',
        '2023-01-01',
        '--to',
        to,
        '--restart',
        '--jobs',
        String(jobs),
      ]);
    // One window, for the catalog and the database.
    await run('2023-01-08');
    const rounds = [];
    for (let round = 0; round < count; round += 1) rounds.push(await run('2023-12-31'));
    return [
      {
        what: `a backfill of 52 windows whose tap sleeps 1 s, cached catalog, \`--jobs ${jobs}\``,
        measured: median(rounds.map(({ seconds }) => seconds)),
        atMost: 8.5,
        unit: 's',
      },
    ];
  },
};
