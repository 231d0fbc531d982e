import { shell, tapline } from '../measure.mjs';
import { median, pairs } from '../pairs.mjs';
import { plugin, project } from '../projects.mjs';

const seconds = 10;
const trial = 100_000;

/** Writes each record as singer-python does; whether that is flushed at once is Python's own setting. */
const tap = `#!/usr/bin/env python3
import json, os, sys
write = sys.stdout.write
write(json.dumps({"type": "SCHEMA", "stream": "events", "key_properties": ["id"], "schema": {"type": "object", "properties": {"id": {"type": "integer"}, "name": {"type": "string"}, "note": {"type": "string"}}}}) + "\\n")
for i in range(int(os.environ["BENCH_RECORDS"])):
    write(json.dumps({"type": "RECORD", "stream": "events", "record": {"id": i, "name": f"name {i}", "note": "x" * 180}}) + "\\n")
write(json.dumps({"type": "STATE", "value": {"bookmarks": {"events": {"id": i}}}}) + "\\n")
`;

const target = `#!/usr/bin/env python3
import json, sys
count = 0
for line in sys.stdin:
    message = json.loads(line)
    if message["type"] == "RECORD":
        count += len(message["record"])
    elif message["type"] == "STATE":
        print(json.dumps(message["value"]), flush=True)
`;

async function against(extraEnv, { count, quick }) {
  const folder = project(
    `plugins:\n  extractors:\n${plugin('tap-python', 'tap.py')}  loaders:\n${plugin('target-python', 'target.py')}`,
    { 'tap.py': tap, 'target.py': target },
  );
  const pipe = (env) => shell('./tap.py | ./target.py', { cwd: folder, env });
  const first = await pipe({ ...extraEnv, BENCH_RECORDS: String(trial) });
  const records = Math.round((trial * (quick ? 1 : seconds)) / first.seconds);
  const env = { ...extraEnv, BENCH_RECORDS: String(records) };
  const rounds = await pairs(
    {
      ours: () => tapline(folder, ['run', '--full-refresh', 'tap-python', 'target-python'], { env }),
      bare: () => pipe(env),
    },
    count,
  );
  return {
    measured: median(rounds.map(({ ours, bare }) => bare.seconds / ours.seconds)),
    detail: {
      records,
      ours_s: median(rounds.map((round) => round.ours.seconds)),
      bare_s: median(rounds.map((round) => round.bare.seconds)),
    },
  };
}

export const pythonBuffered = {
  name: 'python-buffered',
  async run(options) {
    const result = await against({}, options);
    return [
      {
        what: 'Python tap (buffered) and target of about 10 s, against the shell pipe',
        ...result,
        atLeast: 0.95,
        unit: 'of its speed',
      },
    ];
  },
};

export const pythonFlushed = {
  name: 'python-flushed',
  async run(options) {
    const result = await against({ PYTHONUNBUFFERED: '1' }, options);
    return [{ what: 'the same, the tap flushing each record', ...result, atLeast: 0.85, unit: 'of its speed' }];
  },
};
