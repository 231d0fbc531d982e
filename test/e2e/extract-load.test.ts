import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { tapline } from './program.js';
import { singerProject } from './singer-project.js';

const loaded = async (folder: string) => (await readFile(join(folder, 'out.jsonl'), 'utf8')).match(/"RECORD"/g)?.length;

describe('el', () => {
  it('keeps state under the ID that it is given, in an environment or without one', async () => {
    const folder = await singerProject();
    const args = ['el', 'tap-x', 'target-y', '--state-id=mine', '--state-strategy=overwrite'];
    expect(await tapline(folder, ['--no-environment', ...args])).toMatchObject({ code: 0, stdout: '' });
    expect((await tapline(folder, args)).code).toBe(0);
    expect((await tapline(folder, ['state', 'list'])).stdout).toBe('mine\n');
    expect(await loaded(folder)).toBe(2);
    const again = await tapline(folder, ['el', 'tap-x', 'target-y'], { env: { MELTANO_STATE_ID: 'other' } });
    expect(again.stderr).not.toContain('No state ID provided');
    expect((await tapline(folder, ['state', 'list'])).stdout).toBe('mine\nother\n');
  });

  it('makes up an ID, and says that it is used only once', async () => {
    const folder = await singerProject();
    const ended = await tapline(folder, ['el', 'tap-x', 'target-y']);
    expect(ended.code).toBe(0);
    expect(ended.stderr).toMatch(/No state ID provided\. Using an ephemeral state ID '[-\dT]+--tap-x--target-y'/);
    expect((await tapline(folder, ['state', 'list'])).stdout).toMatch(/^\d{4}-\d\d-\d\dT\d{6}--tap-x--target-y\n$/);
  });

  it('reads only the streams that are asked for, and starts from the files that it is given', async () => {
    const folder = await singerProject();
    const catalog = '{"streams": [{"tap_stream_id": "a"}, {"tap_stream_id": "b"}]}';
    await writeFile(join(folder, 'catalog.json'), catalog);
    await writeFile(join(folder, 'state.json'), '{"bookmarks": {"a": {"id": 7}}}');
    const files = ['--catalog', 'catalog.json', '--state', 'state.json'];
    const dump = (...args: string[]) => tapline(folder, ['el', 'tap-x', 'target-y', '--state-id=x', ...files, ...args]);
    expect((await dump('--dump=state')).stdout).toBe('{"bookmarks": {"a": {"id": 7}}}\n');
    const selected = async (...args: string[]) => {
      const { stdout } = await dump('--dump=catalog', ...args);
      const { streams } = JSON.parse(stdout) as { streams: { tap_stream_id: string; selected?: boolean }[] };
      return streams.filter((stream) => stream.selected !== false).map((stream) => stream.tap_stream_id);
    };
    expect(await selected()).toEqual(['a', 'b']);
    expect(await selected('--select', 'a')).toEqual(['a']);
    expect(await selected('-e', 'a')).toEqual(['b']);
    expect(await selected('-s', 'a', '-s', 'b', '--exclude', 'b')).toEqual(['a']);
  });

  it('prints the files of its plugins', async () => {
    const folder = await singerProject();
    const dump = (file: string) => tapline(folder, ['el', 'tap-x', 'target-y', '--state-id=x', `--dump=${file}`]);
    expect(JSON.parse((await dump('loader-config')).stdout)).toEqual({ out: 'out.jsonl' });
    expect(JSON.parse((await dump('extractor-config')).stdout)).toEqual({});
    expect(await dump('state')).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('state file') });
  });

  it('shows what it would do', async () => {
    const folder = await singerProject();
    expect((await tapline(folder, ['el', 'tap-x', 'target-y', '--dry'])).code).toBe(0);
    await expect(loaded(folder)).rejects.toThrow('ENOENT');
  });

  it.each([
    [['el', 'tap-q', 'target-y'], 'PLUGIN_UNKNOWN', 1],
    [['el', 'target-y', 'tap-x'], 'PLUGIN_UNKNOWN', 1],
    [['el', 'tap-x'], 'USAGE', 2],
    [['el', 'tap-x', 'target-y', '--merge-state', '--state-strategy=overwrite'], 'USAGE', 2],
    [['elt', 'tap-x', 'target-y', '--transform=run'], 'PLUGIN_UNKNOWN', 1],
  ])('refuses %j', async (args, code, exitCode) => {
    const ended = await tapline(await singerProject(), args);
    expect(ended.stderr).toContain(`[${code}]`);
    expect(ended).toMatchObject({ code: exitCode, stdout: '' });
  });
});

describe('elt', () => {
  const transformer = `
  transformers:
  - name: dbt
    namespace: dbt
    executable: ./box.sh
    commands: {clean: say clean, deps: say deps, run: env MELTANO_EXTRACTOR_NAME MELTANO_LOAD_OUT}
`;

  it('runs the commands of dbt after the chain, or alone', async () => {
    const folder = await singerProject();
    const file = join(folder, 'meltano.yml');
    await writeFile(file, (await readFile(file, 'utf8')).replace('\n  utilities:', `${transformer}  utilities:`));
    const args = ['elt', 'tap-x', 'target-y', '--state-id=x'];
    const only = await tapline(folder, [...args, '--transform=only']);
    expect(only.code).toBe(0);
    await expect(loaded(folder)).rejects.toThrow('ENOENT');
    const run = await tapline(folder, [...args, '--transform=run']);
    expect(run.code).toBe(0);
    expect(run.stderr).toContain('deprecated');
    // It sees the variables of both plugins, as in the original.
    expect(run.stderr).toMatch(/MELTANO_EXTRACTOR_NAME=tap-x[\s\S]*MELTANO_LOAD_OUT=out\.jsonl/);
    expect(await loaded(folder)).toBe(1);
    expect((await tapline(folder, [...args, '--transform=skip'])).code).toBe(0);
    expect(await loaded(folder)).toBe(2);
  });
});
