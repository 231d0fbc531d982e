import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { type InvokeOptions, invoke, listCommands } from '../../../src/run/alone/invoke.js';
import type { RunEvent } from '../../../src/run/events.js';
import { projectRig, type Rig, simpleFiles, simpleProject } from '../project-rig.js';

const rigs: Rig[] = [];
afterEach(async () => {
  for (const rig of rigs.splice(0)) await rig.close();
});

const utility = `
  utilities:
  - name: util-x
    namespace: util_x
    executable: ./util.sh
    settings: [{name: who}, {name: key, sensitive: true}]
    config: {who: you, key: s3cr3t-key}
    commands:
      hello: {args: 'hello $UTIL_X_WHO', description: says hello, container: false}
      other: {args: x, executable: ./other.sh}
  transformers:
  - {name: dbt-x, namespace: dbt_x, variant: dbt-labs, executable: ./util.sh, config: {project_dir: transform}}
  files:
  - {name: files-x, namespace: files_x}`;

const files = {
  ...simpleFiles,
  'util.sh': '#!/bin/sh\npwd > pwd.txt\necho "$@" > args.txt\necho "my key is $UTIL_X_KEY" >&2\nexit 7\n',
  'other.sh': '#!/bin/sh\necho "$@" > other.txt\n',
  'transform/dbt_project.yml': '',
};

async function call(name: string, options: Partial<InvokeOptions> = {}) {
  const rig = await projectRig(simpleProject('', utility), files);
  rigs.push(rig);
  const events: RunEvent[] = [];
  const printed: string[] = [];
  const all = { args: [], terminal: false, print: (text: string) => printed.push(text), ...options };
  const result = invoke(rig.world.plugins.get(name), all, rig.world, [(event) => events.push(event)]);
  const text = (file: string) => readFile(join(rig.root, file), 'utf8');
  return { rig, events, printed, text, code: await result.catch((error: unknown) => error) };
}

describe('invoke', () => {
  it('passes arguments and exit code on, and masks stderr unless it is a terminal', async () => {
    const { code, events, text } = await call('util-x', { args: ['--config', '-x', '$HOME', '*'] });
    expect(code).toBe(7);
    expect(await text('args.txt')).toBe('--config -x $HOME *\n');
    expect(events).toContainEqual(expect.objectContaining({ type: 'plugin.log', message: 'my key is *****' }));
  });

  it('expands commands and takes their own executable', async () => {
    const { text } = await call('util-x', { command: 'hello', args: ['more'] });
    expect(await text('args.txt')).toBe('hello you more\n');
    const other = await call('util-x', { command: 'other' });
    expect(other.code).toBe(0);
    expect(await other.text('other.txt')).toBe('x\n');
    const unknown = await call('util-x', { command: 'helo' });
    expect(unknown.code).toMatchObject({ code: 'PLUGIN_COMMAND_UNKNOWN', exitCode: 1 });
  });

  it('runs a transformer in its project_dir', async () => {
    const { rig, text } = await call('dbt-x');
    expect(await text('transform/pwd.txt')).toBe(`${rig.root}/transform\n`);
  });

  it('gives a tap without arguments its catalog and no state; with arguments its config alone', async () => {
    const { code, text } = await call('tap-x', { terminal: true, args: ['--about'] });
    expect(code).toBe(0);
    expect(await text('seen/tap.args')).toMatch(/^--config \S+ --about\n$/);
  });

  it('dumps config and catalog without starting a sync', async () => {
    const config = await call('tap-x', { dump: 'config' });
    expect(JSON.parse(config.printed.join(''))).toEqual({ token: 's3cr3t-token', rows: 2 });
    const catalog = await call('tap-x', { dump: 'catalog' });
    expect(JSON.parse(catalog.printed.join(''))).toMatchObject({ streams: [{ selected: true }, {}] });
    expect(await catalog.text('seen/calls')).toBe('discover\n');
    expect((await call('util-x', { dump: 'config' })).code).toMatchObject({ code: 'USAGE', exitCode: 1 });
  });

  it('prints variables of the plugin’s environment first', async () => {
    const { printed } = await call('util-x', { printVars: ['UTIL_X_WHO', 'NOBODY_SETS_THIS'] });
    expect(printed).toEqual(['UTIL_X_WHO=you', 'NOBODY_SETS_THIS=None']);
  });

  it('leaves no file with a secret behind', async () => {
    const { rig } = await call('tap-x', { args: ['--version'] });
    expect(await readdir(join(rig.root, '.meltano/run/tapline'))).toEqual([]);
  });

  it('refuses a plugin without a program', async () => {
    expect((await call('files-x')).code).toMatchObject({ code: 'PLUGIN_NOT_INVOKABLE' });
  });

  it('lists commands', async () => {
    const rig = await projectRig(simpleProject('', utility), files);
    rigs.push(rig);
    expect(listCommands(rig.world.plugins.get('util-x'))).toEqual([
      { name: 'util-x:hello', description: 'says hello' },
      { name: 'util-x:other', description: '' },
    ]);
  });
});
