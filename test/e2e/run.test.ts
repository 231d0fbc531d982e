import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, readlink, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { misfits } from '../schemas.js';
import { cleanEnvironment, cli, folderWith, tapline } from './program.js';
import { singerProject } from './singer-project.js';

const token = 'hunter2-Secret?';
let folder: string;
beforeEach(async () => {
  folder = await singerProject();
});
const run = (args: string[], env: NodeJS.ProcessEnv = {}) =>
  tapline(folder, args, { env: { TAP_X_TOKEN: token, ...env } });
const jsonLines = (text: string): Record<string, unknown>[] =>
  text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));

describe('run', () => {
  it('moves data, keeps the state, and leaves stdout to nobody', async () => {
    const { code, stdout, stderr } = await run(['run', 'both', '--force']);
    expect({ code, stdout }, stderr).toEqual({ code: 0, stdout: '' });
    expect(await readFile(join(folder, 'out.jsonl'), 'utf8')).toContain('"RECORD"');
    expect((await run(['state', 'get', 'dev:tap-x-to-target-y'])).stdout).toBe(
      '{"singer_state":{"bookmarks":{"users":{"id":1}}}}\n',
    );
    expect(stderr).toContain('hello|');
    expect(stderr).toMatch(/^ {2}ok +tap-x → target-y +1 record, /m);
    expect(stderr).toContain('Run succeeded in');
  });

  it('logs as JSON what clients look for', async () => {
    const { stderr } = await run([
      'run',
      '--run-id',
      '0190A1B2C3D445E6A7B8C9D0E1F20304',
      'tap-x',
      'target-y',
      '--log-format=json',
    ]);
    const lines = jsonLines(stderr);
    for (const line of lines) expect(misfits('output-log-line', line)).toBeUndefined();
    expect(lines.at(-1)).toMatchObject({
      event: 'Run completed',
      status: 'success',
      duration_seconds: expect.any(Number),
    });
    const block = lines.find(({ event }) => event === 'Block run completed');
    expect(block).toMatchObject({ set_number: 0, block_type: 'ExtractLoadBlocks', success: true, err: null });
    expect(block?.run_id).toBe('0190a1b2-c3d4-45e6-a7b8-c9d0e1f20304');
  });

  it('understands the JSON log lines of SDK plugins', async () => {
    const metric = {
      level: 'debug',
      pid: 1,
      logger_name: 'singer_sdk.metrics',
      ts: 1,
      thread_name: 'MainThread',
      app_name: 'singer_sdk',
      message: 'METRIC',
      metric_info: { type: 'counter', metric: 'record_count', value: 3, tags: {} },
    };
    const env = { TAP_X_SDK_LOG: JSON.stringify(metric) };
    const { stderr } = await run(['--log-level=debug', '--log-format=json', 'run', 'tap-x', 'target-y'], env);
    expect(jsonLines(stderr).find(({ event }) => event === 'METRIC')).toMatchObject({
      level: 'debug',
      name: 'tap-x',
      metric_info: { metric: 'record_count', value: 3 },
      plugin_logger: 'singer_sdk.metrics',
    });
  });

  it('shows no secret, raw or encoded, on the terminal, in files or in the history', async () => {
    const { stderr } = await run(['--log-level=debug', 'run', 'tap-x', 'target-y']);
    expect(stderr).toContain('token ***** and');
    const kept = [stderr, await textBelow(join(folder, 'home')), await textBelow(join(folder, '.meltano'))];
    for (const text of kept) {
      expect(text).not.toContain(token);
      expect(text).not.toContain(Buffer.from(`user:${token}`).toString('base64').slice(8, -4));
    }
  });

  it('keeps the log of a chain where the original does', async () => {
    await run(['run', 'tap-x', 'target-y']);
    const place = join(folder, 'home/.local/state/meltano/log/elt/devtap-x-to-target-y');
    const [runId] = await readdir(place);
    const text = await readFile(join(place, String(runId), 'elt.log'), 'utf8');
    expect(text).toContain('] tap-x        token *****');
    expect(text).toContain('Block run completed');
    expect((await stat(join(place, String(runId), 'elt.log'))).mode & 0o077).toBe(0);
  });

  it('says which block failed and why, and what did not start', async () => {
    const { code, stderr } = await run(['run', 'tap-x', 'target-y', 'box:hello'], { TAP_X_FAIL: '3' });
    expect(code).toBe(1);
    expect(stderr).toMatch(/^ {2}failed +tap-x → target-y/m);
    expect(stderr).toMatch(/Extractor failed.*tap broke.*\[PROCESS_FAILED\]/);
    expect(stderr).toMatch(/^ {2}not started +box:hello$/m);
    const [, id] = /tapline runs show (\S+)/.exec(stderr) ?? [];
    const shown = await run(['runs', 'show', String(id), '--format', 'json']);
    const detail = JSON.parse(shown.stdout);
    expect(misfits('output-runs-show', detail)).toBeUndefined();
    expect(detail.blocks[0]).toMatchObject({ status: 'failed', state_id: 'dev:tap-x-to-target-y' });
    expect(detail.status).toBe('failed');
    const list = JSON.parse((await run(['runs', 'list', '--format=json'])).stdout);
    expect(misfits('output-runs-list', list)).toBeUndefined();
    expect((await run(['runs', 'list'])).stdout).toMatch(/failed.*tap-x target-y box:hello/);
    expect((await run(['runs', 'show', String(id)])).stdout).toContain('[PROCESS_FAILED]');
  });

  it('runs blocks at once, and the rest after a failure, when asked to', async () => {
    const args = ['run', 'tap-x', 'target-y', 'tap-z', 'target-y', '--no-fail-fast'];
    const { code, stderr } = await run(args, { MELTANO_RUN_JOBS: '2', TAP_X_FAIL: '3' });
    expect(code).toBe(1);
    expect(stderr).toContain('2 of 2 blocks failed');
  });

  it('only shows what it would do in a dry run', async () => {
    const { code, stderr } = await run(['run', '--dry-run', 'both']);
    expect(code).toBe(0);
    const said = [...stderr.matchAll(/Dry run, but would have run block (.*)/g)].map(([, block]) => block);
    expect(said).toEqual([
      expect.stringMatching(/^1\/2\. +block_type=ExtractLoadBlocks comprised_of=\['tap-x', 'target-y'\]/),
      expect.stringMatching(/^2\/2\. +block_type=InvokerCommand comprised_of=box:hello$/),
    ]);
    expect(stderr).not.toMatch(/not started|Run succeeded/i);
    expect(existsSync(join(folder, 'out.jsonl'))).toBe(false);
  });

  it('says all of an error that comes before the first block', async () => {
    await mkdir(join(folder, '.meltano/run'), { recursive: true });
    await writeFile(join(folder, '.meltano/run/tapline'), '');
    for (const format of ['uncolored', 'plain']) {
      const { code, stderr } = await run([`--log-format=${format}`, 'run', 'tap-x', 'target-y']);
      expect(code).toBe(1);
      expect(stderr).toMatch(/cannot write .*tapline: .* \[RUN_DIRECTORY\] Make it writable by this user/);
    }
    const { stderr } = await run(['--log-format=json', 'run', 'tap-x', 'target-y']);
    expect(jsonLines(stderr).find(({ level }) => level === 'error')).toMatchObject({ code: 'RUN_DIRECTORY' });
  });

  it('refuses what can not run before anything starts', async () => {
    const wrong = await run(['run', 'box:hello', 'tap-x']);
    expect(wrong).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('[BLOCK_ORDER]') });
    expect(wrong.stderr).not.toContain('hello|');
    expect((await run(['run', 'tapx', 'target-y'])).stderr).toMatch(/tapx[\s\S]*tap-x/);
    expect((await run(['run', '--timeout=0', 'both'])).code).toBe(2);
    expect((await run(['run', '--run-id=x', 'both'])).code).toBe(2);
    expect(await run(['run'])).toMatchObject({ code: 0, stderr: expect.stringContaining('No valid blocks found.') });
    expect(await run(['--no-environment', 'run', 'both'])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('[ENVIRONMENT_REQUIRED]'),
    });
  });

  it('stops gracefully: the state is saved and the exit code is of the signal', async () => {
    const env = { ...cleanEnvironment(join(folder, 'home')), TAP_X_WAIT: '1', TAP_X_TOKEN: token };
    const child = spawn(process.execPath, [cli, 'run', 'tap-x', 'target-y'], { cwd: folder, env });
    let stderr = '';
    child.stderr.on('data', (chunk) => {
      stderr += chunk;
      if (String(chunk).includes('waiting')) child.kill('SIGINT');
    });
    const code = await new Promise((resolve) => child.on('close', resolve));
    expect(code, stderr).toBe(130);
    expect(stderr).toMatch(/^ {2}stopped +tap-x → target-y/m);
    expect((await run(['state', 'list'])).stdout).toBe('dev:tap-x-to-target-y\n');
    expect(JSON.parse((await run(['lease', 'list', '--format=json'])).stdout)).toEqual({ leases: [] });
  });

  it('links the program where schedulers look for it', async () => {
    await run(['run', 'both']);
    expect(await readlink(join(folder, '.meltano/run/bin'))).toBe(cli);
  });

  it("takes a Python program's logging file", async () => {
    folder = await singerProject({
      'logging.yaml': `version: 1
formatters: {structured: {"()": meltano.core.logging.json_formatter}, plain: {format: "%(message)s"}}
handlers:
  console: {class: logging.StreamHandler, level: WARNING, formatter: structured}
  file: {class: logging.FileHandler, filename: logs/meltano.log, formatter: plain}
root: {level: INFO, handlers: [console, file]}
`,
    });
    const { stderr } = await run(['run', 'tap-x', 'target-y']);
    for (const line of jsonLines(stderr)) expect(['warning', 'error']).toContain(line.level);
    expect(await readFile(join(folder, 'logs/meltano.log'), 'utf8')).toMatch(/^Run completed$/m);
  });
});

describe('invoke', () => {
  it('hands arguments, input, output and exit code through', async () => {
    expect((await run(['invoke', 'box', 'say', '--help', '--log_level', 'x y', '--', '*'])).stdout).toBe(
      'say|--help|--log_level|x y|--|*|\n',
    );
    expect((await run(['invoke', 'box:hello', 'more'])).stdout).toBe('say|hello|more|\n');
    expect((await tapline(folder, ['invoke', 'box', 'cat'], { input: 'in' })).stdout).toBe('in');
    expect((await run(['invoke', 'box', 'exit', '77'])).code).toBe(77);
    expect((await run(['invoke', 'box:bad'])).code).toBe(4);
  });

  it('prints commands, variables and what a plugin would get', async () => {
    expect((await run(['invoke', '--list-commands', 'box'])).stdout).toBe('box:hello\nbox:bad\n');
    const env = { BOX_TOKEN: 'open' };
    expect(
      (await run(['invoke', '--print-var', 'BOX_TOKEN', '--print_var=NOPE', 'box', 'env', 'BOX_TOKEN'], env)).stdout,
    ).toBe('BOX_TOKEN=open\nNOPE=None\nBOX_TOKEN=open\n');
    expect(JSON.parse((await run(['invoke', '--dump=config', 'tap-x'])).stdout)).toEqual({ token });
    expect(JSON.parse((await run(['invoke', '--dump=catalog', 'tap-x'])).stdout)).toHaveProperty('streams');
  });

  it('names what it does not know', async () => {
    expect(await run(['invoke', 'bo'])).toMatchObject({ code: 1, stderr: expect.stringContaining('[PLUGIN_UNKNOWN]') });
    expect(await run(['invoke', 'box:nope'])).toMatchObject({ code: 1, stderr: expect.stringContaining('hello') });
  });
});

describe('the library', () => {
  it('runs blocks and tells events, without a word of its own', async () => {
    const script = `
import { loadProject, run } from ${JSON.stringify(join(import.meta.dirname, '../../dist/index.js'))};
const project = await loadProject({ environment: 'dev' });
const types = new Set();
const result = await run(project, ['tap-x', 'target-y'], { onEvent: (event) => types.add(event.type) });
let code;
try { await run(project, ['nope']); } catch (error) { code = error.code; }
console.log(JSON.stringify({ status: result.status, blocks: result.blocks.length, types: [...types], code }));
`;
    const other = await folderWith({ 'main.mjs': script });
    const child = spawn(process.execPath, [join(other, 'main.mjs')], {
      cwd: folder,
      env: { ...cleanEnvironment(folder), TAP_X_TOKEN: token },
    });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (chunk) => (stdout += chunk));
    child.stderr.on('data', (chunk) => (stderr += chunk));
    await new Promise((resolve) => child.on('close', resolve));
    expect(stderr).toBe('');
    const { types, ...told } = JSON.parse(stdout);
    expect(told).toEqual({ status: 'success', blocks: 1, code: 'BLOCK_UNKNOWN' });
    expect(types).toEqual(
      expect.arrayContaining([
        'run.started',
        'block.started',
        'plugin.log',
        'checkpoint',
        'block.finished',
        'run.finished',
      ]),
    );
  });
});

async function textBelow(place: string): Promise<string> {
  const names = await readdir(place, { recursive: true, withFileTypes: true });
  const texts = names
    .filter((entry) => entry.isFile())
    .map((entry) => readFile(join(entry.parentPath, entry.name), 'latin1'));
  return (await Promise.all(texts)).join('\n');
}
