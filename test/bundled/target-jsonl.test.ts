import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { finish, makeProject, record, runPlugin, schema, startPlugin, state } from './plugin-rig.js';

const users = schema('users', { id: { type: 'integer' } }, ['id']);
const linesOf = (file: string): unknown[] =>
  readFileSync(file, 'utf8')
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line));

describe('what is written', () => {
  it('one object a line, a file a stream, added to what is there', async () => {
    const project = makeProject();
    const orders = schema('orders', {});
    const input = [
      users,
      orders,
      record('users', { id: 1 }),
      record('orders', { a: { b: [1] } }),
      record('users', { id: 2 }),
    ];
    const first = await runPlugin('target-jsonl', { project, config: { destination_path: 'out/deep' }, input });
    expect(first).toMatchObject({ code: 0, stderr: '', stdout: '' });
    await runPlugin('target-jsonl', {
      project,
      config: { destination_path: 'out/deep' },
      input: [users, record('users', { id: 3 })],
    });
    expect(linesOf(join(project, 'out/deep/users.jsonl'))).toEqual([{ id: 1 }, { id: 2 }, { id: 3 }]);
    expect(linesOf(join(project, 'out/deep/orders.jsonl'))).toEqual([{ a: { b: [1] } }]);
  });

  it('long whole numbers digit by digit', async () => {
    const project = makeProject();
    const input = [users, '{"type":"RECORD","stream":"users","record":{"id":12345678901234567890}}'];
    await runPlugin('target-jsonl', { project, input });
    expect(readFileSync(join(project, 'output/users.jsonl'), 'utf8')).toBe('{"id":12345678901234567890}\n');
  });

  it.each([
    [{ custom_name: 'all' }, /^all\.jsonl$/],
    [{ do_timestamp_file: true }, /^users-\d{8}T\d{6}\.jsonl$/],
  ])('%j names the file', async (config, name) => {
    const project = makeProject();
    await runPlugin('target-jsonl', { project, config, input: [users, record('users', { id: 1 })] });
    expect(readdirSync(join(project, 'output'))).toEqual([expect.stringMatching(name)]);
  });

  it('hostile stream names stay in the folder, and apart', async () => {
    const project = makeProject();
    const names = ['../../evil', '/abs', '.hidden', '', 'a/b', 'a%2Fb', 'nul\0', '..', 'ü'];
    const input = names.flatMap((name) => [schema(name, {}), record(name, { name })]);
    const { code } = await runPlugin('target-jsonl', { project, input });
    expect(code).toBe(0);
    const files = readdirSync(join(project, 'output'));
    expect(files).toHaveLength(names.length);
    expect(files.map((file) => linesOf(join(project, 'output', file)))).toEqual(
      expect.arrayContaining(names.map((name) => [{ name }])),
    );
    expect(readdirSync(project).filter((name) => !name.startsWith('.'))).toEqual(['output']);
  });

  it.each([
    ['a cut line', '{"id":1}\n{"id":', [{ id: 1 }, { id: 9 }]],
    ['a whole line without its end', '{"id":1}\n{"id":2}', [{ id: 1 }, { id: 2 }, { id: 9 }]],
    ['nothing but a cut line', '{"i', [{ id: 9 }]],
  ])('mends %s that a killed run has left', async (_, before, after) => {
    const project = makeProject();
    mkdirSync(join(project, 'output'));
    const file = join(project, 'output/users.jsonl');
    writeFileSync(file, before);
    await runPlugin('target-jsonl', { project, input: [users, record('users', { id: 9 })] });
    expect(linesOf(file)).toEqual(after);
  });
});

describe('states', () => {
  it('are printed after their records are in the file', async () => {
    const project = makeProject();
    const child = startPlugin('target-jsonl', { project });
    const lines = [users, record('users', { id: 1 }), state({ at: 1 })].map((line) => `${JSON.stringify(line)}\n`);
    child.stdin?.write(lines.join(''));
    const printed = await new Promise((resolve) =>
      child.stdout?.once('data', (chunk: Buffer) => resolve(chunk.toString())),
    );
    expect(printed).toBe('{"at":1}\n');
    expect(linesOf(join(project, 'output/users.jsonl'))).toEqual([{ id: 1 }]);
    child.stdin?.end(`${JSON.stringify(record('users', { id: 2 }))}\n${JSON.stringify(state({ at: 2 }))}\n`);
    expect((await finish(child)).stdout).toBe('{"at":2}\n');
    expect(linesOf(join(project, 'output/users.jsonl'))).toEqual([{ id: 1 }, { id: 2 }]);
  });

  it('a last one comes without records, and waits for no more than a second of silence', async () => {
    const project = makeProject();
    const child = startPlugin('target-jsonl', { project });
    const send = (...lines: unknown[]) => child.stdin?.write(lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
    const printed: string[] = [];
    const seen = (count: number) =>
      new Promise<void>((resolve) => {
        child.stdout?.on('data', (chunk: Buffer) => {
          printed.push(...chunk.toString().split('\n').slice(0, -1));
          if (printed.length >= count) resolve();
        });
      });
    send(users, state({ at: 0 }), record('users', { id: 1 }), state({ at: 1 }));
    await seen(2);
    expect(printed).toEqual(['{"at":0}', '{"at":1}']);
    child.stdin?.end();
    expect((await finish(child)).code).toBe(0);
  });

  it('TERM writes what it has, and says so', async () => {
    const project = makeProject();
    const child = startPlugin('target-jsonl', { project });
    child.stdin?.write(
      `${[users, state({ at: 0 }), record('users', { id: 1 }), state({ at: 1 })].map((line) => JSON.stringify(line)).join('\n')}\n`,
    );
    await new Promise((resolve) => child.stdout?.once('data', resolve));
    const rest = finish(child);
    child.kill('SIGTERM');
    expect(await rest).toMatchObject({ code: 143, stdout: '{"at":1}\n' });
    expect(linesOf(join(project, 'output/users.jsonl'))).toEqual([{ id: 1 }]);
  });
});

describe('bad luck', () => {
  it.skipIf(!existsSync('/dev/full'))('a full disk is one clear line, and no state is printed', async () => {
    const project = makeProject();
    mkdirSync(join(project, 'output'));
    symlinkSync('/dev/full', join(project, 'output/users.jsonl'));
    const result = await runPlugin('target-jsonl', {
      project,
      input: [users, record('users', { id: 1 }), state({ at: 1 })],
    });
    expect(result).toMatchObject({ code: 1, stdout: '' });
    expect(result.stderr).toMatch(/^ERROR target-jsonl: .*users\.jsonl can't be written: the disk is full\.\n$/);
  });

  it.each([
    ['no JSON', [users, '{"type":'], 'Line 2 of the input is not valid JSON.'],
    ['no message', ['[1]'], 'Line 1 of the input is not a Singer message.'],
    ['a record without a schema', [record('users', { id: 1 })], 'a RECORD of users, but no SCHEMA came before it'],
    ['a broken record', [users, { type: 'RECORD', stream: 'users' }], 'a RECORD without "stream" or "record"'],
    ['a batch', [users, { type: 'BATCH', stream: 'users' }], 'BATCH messages (here for users) are not supported'],
    ['an unknown type', [{ type: 'NOPE' }], 'Line 1 of the input is a message of an unknown type.'],
  ])('%s is one clear line', async (_, input, message) => {
    const { code, stderr } = await runPlugin('target-jsonl', { project: makeProject(), input });
    expect(code).toBe(1);
    expect(stderr.trim().split('\n')).toEqual([expect.stringContaining(message)]);
  });

  it('is told in structured logs where the runner wants them', async () => {
    const project = makeProject({ 'log.json': '{"formatters":{"f":{"()":"singer_sdk.logging.StructuredFormatter"}}}' });
    const env = { SINGER_SDK_LOG_CONFIG: join(project, 'log.json') };
    const { stderr } = await runPlugin('target-jsonl', { project, env, input: ['x'] });
    expect(JSON.parse(stderr)).toMatchObject({
      level: 'error',
      logger_name: 'target-jsonl',
      message: 'Line 1 of the input is not valid JSON.',
    });
  });

  it('a config that is none is one clear line', async () => {
    const project = makeProject({ 'c.json': '[]' });
    const run = (args: string[]) => runPlugin('target-jsonl', { project, args });
    expect((await run(['--config', 'c.json'])).stderr).toBe(
      'ERROR target-jsonl: The config file c.json is not a JSON object.\n',
    );
    expect((await run(['--config', 'd.json'])).stderr).toContain('there is no such file');
    expect((await run(['--wat'])).stderr).toBe('ERROR target-jsonl: There is no option --wat.\n');
    expect((await run(['--config'])).stderr).toBe('ERROR target-jsonl: --config needs a file.\n');
  });
});
