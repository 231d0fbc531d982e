/** `tapline inspect`: the bytes go through, and what is in them is told on stderr. */

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Started } from '../faults/scripted-project.js';
import { misfits } from '../schemas.js';
import { folderWith, tapline } from './program.js';
import { singerProject } from './singer-project.js';

const good = `{"type": "SCHEMA", "stream": "orders", "schema": {"properties": {"id": {"type": "integer"}}}, "key_properties": ["id"]}
{"type": "RECORD", "stream": "orders", "record": {"id": 1}}
{"type": "RECORD", "stream": "orders", "record": {"id": 123456}}
{"type": "STATE", "value": {"bookmarks": {"orders": {"id": 1.0}}}}
`;
const bad = `${good}{"type": "RECORD", "stream": "orders", "record": {"id": "x"}}\nnot JSON`;

describe('tapline inspect', () => {
  it('passes bytes on and tells of each message', async () => {
    const folder = await folderWith({ 'tap.jsonl': good });
    const { code, stdout, stderr } = await tapline(folder, ['inspect', 'tap.jsonl']);
    expect([code, stdout]).toStrictEqual([0, good]);
    expect(stderr).toBe(`info: SCHEMA 'orders': fields id; key id
debug: RECORD 'orders': 9 bytes
debug: RECORD 'orders': 14 bytes
info: STATE checkpoint: {"bookmarks":{"orders":{"id":1.0}}}
=== Pipeline Summary ===
4 lines, 312 bytes
Messages by type:
  RECORD: 2
  SCHEMA: 1
  STATE:  1
Records by stream:
  orders: 2 records, 23 bytes (min 9, mean 12, max 14)
No problems found.
`);
  });

  it('reads stdin, under its other name too, and keeps a last line without an end', async () => {
    const folder = await folderWith({});
    const { code, stdout, stderr } = await tapline(folder, ['trace'], { input: bad });
    expect([code, stdout]).toStrictEqual([0, bad]);
    expect(stderr).toContain("line 5: stream 'orders', property 'id': value must be integer\n");
    expect(stderr).toContain('line 6: line is not JSON\n');
  });

  it('fails with --strict', async () => {
    const folder = await folderWith({});
    const { code, stderr } = await tapline(folder, ['inspect', '--strict'], { input: bad });
    expect([code, stderr]).toStrictEqual([
      1,
      expect.stringContaining('Error: 2 problems found in the messages [INSPECTION_FAILED]'),
    ]);
    expect(await tapline(folder, ['inspect', '--strict'], { input: good })).toMatchObject({ code: 0 });
  });

  it('leaves lines out as --log-level says', async () => {
    const folder = await folderWith({});
    const { stderr } = await tapline(folder, ['--log-level', 'info', 'inspect'], { input: good });
    expect([stderr.includes('RECORD '), stderr.includes('STATE checkpoint')]).toStrictEqual([false, true]);
    const quiet = await tapline(folder, ['--log-level', 'warning', 'inspect'], { input: good });
    expect(quiet.stderr.startsWith('=== Pipeline Summary ===\n')).toBe(true);
  });

  it('prints a report as JSON', async () => {
    const folder = await folderWith({});
    const report: unknown = JSON.parse((await tapline(folder, ['inspect', '--format', 'json'], { input: bad })).stderr);
    expect(misfits('output-inspect', report)).toBeUndefined();
    expect(report).toMatchObject({ checked: true, problems_total: 2, messages: { RECORD: 3 } });
  });

  it('does not let names of a tap move the cursor', async () => {
    const input = '{"type": "RECORD", "stream": "a\\u001b[2J\\nb", "record": {}}\n';
    const { stderr } = await tapline(await folderWith({}), ['inspect'], { input });
    expect(stderr).toContain("'a\\u001b[2J\\u000ab'");
  });

  it.each([
    ['nowhere.jsonl', "Error: can't read 'nowhere.jsonl': no such file [USAGE]"],
    ['.', "Error: can't read '.': it is a folder [USAGE]"],
  ])('names a file that it cannot read: %s', async (file, message) => {
    const folder = await folderWith({});
    const { code, stdout, stderr } = await tapline(folder, ['inspect', file]);
    expect([code, stdout, stderr.trim()]).toStrictEqual([2, '', message]);
  });

  it('says by its exit code which signal has ended it, after the report', async () => {
    const running = new Started(await folderWith({}), ['inspect'], {}, 'pipe');
    running.child.stdin?.write(good);
    await running.said(/STATE checkpoint/);
    running.kill('SIGTERM');
    expect(await running.ended).toMatchObject({ code: 143 });
    expect(running.stderr).toContain('=== Pipeline Summary ===');
  });

  it('passes a file on that is larger than its buffers', async () => {
    const folder = await folderWith({});
    const record = `{"type": "RECORD", "stream": "s", "record": {"text": "${'x'.repeat(700_000)}"}}\n`;
    await writeFile(join(folder, 'large.jsonl'), record.repeat(5));
    const { stdout, stderr } = await tapline(folder, ['inspect', '--no-checks', 'large.jsonl']);
    expect(stdout).toBe(record.repeat(5));
    expect(stderr).toContain('s: 5 records, 3,500,060 bytes');
  });
});

describe('messages of a run', () => {
  it('are told with --inspect, once the chain has ended', async () => {
    const { code, stderr } = await tapline(await singerProject(), ['run', '--inspect', 'tap-x', 'target-y']);
    expect(code).toBe(0);
    expect(stderr).toContain(`Inspection of tap-x target-y
=== Pipeline Summary ===
3 lines, 242 bytes
Messages by type:
  RECORD: 1
  SCHEMA: 1
  STATE:  1
Records by stream:
  users: 1 record, 9 bytes (min 9, mean 9, max 9)
No problems found.
`);
  });

  it('are logged at level debug, of tap and target, as in the original', async () => {
    const folder = await singerProject();
    const lines = async (level: string) => {
      const args = ['--log-level', level, '--log-format', 'json', 'run', 'tap-x', 'target-y'];
      const { stderr } = await tapline(folder, args, { env: { TAP_X_TOKEN: 'users-and-more' } });
      const records = stderr.split('\n').filter((line) => line.startsWith('{'));
      return records
        .map((line) => JSON.parse(line) as Record<string, unknown>)
        .filter(({ stdio }) => stdio === 'stdout')
        .map(({ name, event, level: logged, cmd_type }) => [name, logged, cmd_type, event]);
    };
    expect(await lines('info')).toStrictEqual([]);
    expect(await lines('debug')).toStrictEqual([
      ['tap-x', 'info', 'elb', expect.stringMatching(/^\{"type": "SCHEMA"/)],
      ['tap-x', 'info', 'elb', '{"type": "RECORD", "stream": "users", "record": {"id": 1}}'],
      ['tap-x', 'info', 'elb', '{"type": "STATE", "value": {"bookmarks": {"users": {"id": 1}}}}'],
      ['target-y', 'info', 'elb', '{"bookmarks": {"users": {"id": 1}}}'],
    ]);
  });
});
