/** Projects for the bench, written to temporary folders. Taps and targets are shell programs unless a figure is about Python. */
import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const bytesPerRecord = 280;
const made = [];

/** A fresh project: meltano.yml is what `header` says and `body`; keys of `programs` are file names. */
export function project(body, programs = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'tapline-bench-'));
  made.push(folder);
  const header = [
    'version: 1',
    'project_id: 5f3c4a51-58a7-4a6b-8a53-9d2f5ad0a7c1',
    'send_anonymous_usage_stats: false',
    'default_environment: dev',
    'environments:',
    '- name: dev',
    '',
  ];
  writeFileSync(join(folder, 'meltano.yml'), `${header.join('\n')}${body}`);
  for (const [name, text] of Object.entries(programs)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text, { mode: 0o755 });
  }
  return folder;
}

export function removeProjects() {
  for (const folder of made.splice(0)) rmSync(folder, { recursive: true, force: true });
}

/** A plugin entry for a program in the project, without discovery or state. */
export function plugin(name, executable, extra = '') {
  return `  - name: ${name}\n    namespace: ${name.replaceAll('-', '_')}\n    executable: ./${executable}\n${extra}`;
}

export const swallow = '#!/bin/sh\nexec cat >/dev/null\n';

/** A tap that prints the SCHEMA, then `file` as often as `copies` says, then a STATE. */
export function catTap(file, copies) {
  return `#!/bin/sh\nexec cat schema.jsonl ${`${file} `.repeat(copies)}state.jsonl\n`;
}

/** What catTap prints: `count` records of 280 bytes each, newline included, and the lines around them. */
export function recordFiles(count) {
  const properties = { id: { type: 'integer' }, name: { type: 'string' }, note: { type: 'string' } };
  const schema = { type: 'SCHEMA', stream: 'events', key_properties: ['id'], schema: { type: 'object', properties } };
  const state = { type: 'STATE', value: { bookmarks: { events: { id: count } } } };
  return {
    'schema.jsonl': `${JSON.stringify(schema)}\n`,
    'records.jsonl': Array.from({ length: count }, (_, id) => recordLine(id)).join(''),
    'state.jsonl': `${JSON.stringify(state)}\n`,
  };
}

/** Adds a file that holds `file` so often: a tap that reads it is not served from the processor's own cache. */
export function repeatFile(folder, file, copies, into) {
  const text = readFileSync(join(folder, file));
  for (let copy = 0; copy < copies; copy += 1) appendFileSync(join(folder, into), text);
}

function recordLine(id) {
  const line = (note) =>
    `${JSON.stringify({ type: 'RECORD', stream: 'events', record: { id, name: `name ${id}`, note } })}\n`;
  return line('x'.repeat(bytesPerRecord - line('').length));
}
