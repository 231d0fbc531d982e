import { tapline } from '../measure.mjs';
import { median, pairs } from '../pairs.mjs';
import { plugin, project } from '../projects.mjs';

const count = 100_000;
const stateBytes = 1_000;

/** The difference between a target that answers each of many STATE lines and a tap that prints none. */
export const manyStates = {
  name: 'states',
  async run({ count: rounds, quick }) {
    const lines = quick ? count / 10 : count;
    const folder = project(
      `plugins:\n  extractors:\n${plugin('tap-many', 'many.sh')}${plugin('tap-none', 'none.sh')}` +
        `  loaders:\n${plugin('target-echo', 'target.py')}`,
      {
        'many.jsonl': messages(lines, true),
        'none.jsonl': messages(lines, false),
        'many.sh': '#!/bin/sh\nexec cat many.jsonl\n',
        'none.sh': '#!/bin/sh\nexec cat none.jsonl\n',
        'target.py': target,
      },
    );
    const taken = await pairs(
      {
        many: () => tapline(folder, ['run', 'tap-many', 'target-echo']),
        none: () => tapline(folder, ['run', 'tap-none', 'target-echo']),
      },
      rounds,
    );
    return [
      {
        what: `${lines.toLocaleString('en')} STATE lines of 1 KB that a Python target prints again, over a run with none`,
        measured: median(taken.map(({ many, none }) => many.seconds - none.seconds)),
        atMost: 2,
        unit: 's',
      },
    ];
  },
};

const target = `#!/usr/bin/env python3
import sys

for line in sys.stdin:
    if line.startswith('{"type":"STATE"'):
        sys.stdout.write(line[24:-2] + "\\n")
        sys.stdout.flush()
`;

function messages(lines, withStates) {
  const schema = { type: 'SCHEMA', stream: 's', schema: { properties: { id: {} } }, key_properties: ['id'] };
  const texts = [JSON.stringify(schema)];
  for (let id = 0; id < lines; id += 1) {
    texts.push(JSON.stringify({ type: 'RECORD', stream: 's', record: { id } }));
    if (withStates) texts.push(stateLine(id));
  }
  return `${texts.join('\n')}\n`;
}

function stateLine(id) {
  const line = (note) => JSON.stringify({ type: 'STATE', value: { bookmarks: { s: { id, note } } } });
  return line('x'.repeat(stateBytes - line('').length));
}
