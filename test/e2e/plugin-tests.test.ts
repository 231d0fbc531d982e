import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { tapline } from './program.js';
import { singerProject } from './singer-project.js';

/** The project with tests of the utility, and another one. */
async function project(): Promise<string> {
  const folder = await singerProject();
  const file = join(folder, 'meltano.yml');
  const text = await readFile(file, 'utf8');
  const tests = '      test: say fine\n      test_more: exit 3\n      test_unset: say $NOT_SET\n';
  const other = '  - {name: crate, namespace: crate, executable: ./box.sh, commands: {test: say also}}\n';
  await writeFile(file, text.replace('      hello:', `${tests}      hello:`).replace('jobs:', `${other}jobs:`));
  return folder;
}

const bar = (title: string) => `${'='.repeat(Math.floor((78 - title.length) / 2))} ${title} =`;

describe('test', () => {
  it('runs what is asked for, in the order of the project, and says how each ended', async () => {
    const ended = await tapline(await project(), ['test', 'crate', 'box:test']);
    expect(ended.code).toBe(0);
    expect(ended.stdout).toContain(`\n${bar('box:test')}`);
    expect(ended.stdout).toContain('say|fine|\n');
    const summary = ended.stdout.slice(ended.stdout.indexOf('box:test..'));
    const lines = ['box:test', 'crate:test'].map((name) => `${name.padEnd(52, '.')} success\n`);
    expect(summary.startsWith(lines.join(''))).toBe(true);
    expect(summary).toContain('Testing completed successfully. 2 test(s) successful. 0 test(s) failed.');
  });

  it('runs all of them, and goes on after one that fails or can not be started', async () => {
    const ended = await tapline(await project(), ['test', '--all']);
    expect(ended.code).toBe(1);
    expect(ended.stdout).toMatch(/box:test_more\.+ failure\nbox:test_unset\.+ failure\ncrate:test\.+ success\n/);
    expect(ended.stdout).toContain('2 test(s) successful. 2 test(s) failed.');
    expect(ended.stderr).toContain('NOT_SET');
  });

  it.each([
    [['test', 'bix'], 'PLUGIN_UNKNOWN', 1],
    [['test', 'box:tset'], "Did you mean 'test'", 1],
  ])('refuses %j before anything runs', async (args, text, code) => {
    const ended = await tapline(await project(), args);
    expect(ended.stderr).toContain(text);
    expect(ended).toMatchObject({ code, stdout: '' });
  });

  it('of nothing passes, as in the original', async () => {
    const ended = await tapline(await project(), ['test', 'tap-x']);
    expect(ended.code).toBe(0);
    expect(ended.stderr).toContain('no tests to run');
  });
});

describe('config test', () => {
  it('is content with the first record of an extractor, and ends it', async () => {
    const ended = await tapline(await singerProject(), ['config', 'test', 'tap-x'], { env: { TAP_X_WAIT: '1' } });
    expect(ended).toMatchObject({ code: 0, stdout: 'Plugin configuration is valid\n' });
  });

  it('gives the last words of one that fails, without secrets', async () => {
    const folder = await singerProject({ 'tap.sh': '#!/bin/sh\necho "no access with $TAP_X_TOKEN" >&2\nexit 4\n' });
    await writeFile(join(folder, '.env'), 'TAP_X_TOKEN=hunter2hunter2\nTAP_X__CATALOG=catalog.json\n');
    await writeFile(join(folder, 'catalog.json'), '{"streams": []}');
    const ended = await tapline(folder, ['config', 'test', 'tap-x']);
    expect(ended).toMatchObject({ code: 1, stdout: '' });
    expect(ended.stderr).toContain('Plugin configuration is invalid: no access with');
    expect(ended.stderr).not.toContain('hunter2hunter2');
  });

  it('writes one record through a loader', async () => {
    const folder = await singerProject();
    expect(await tapline(folder, ['config', 'test', 'target-y'])).toMatchObject({
      code: 0,
      stdout: 'Plugin configuration is valid\n',
      stderr: expect.stringContaining('meltano_test_stream'),
    });
    expect(await readFile(join(folder, 'out.jsonl'), 'utf8')).toContain('"stream":"meltano_test_stream","record"');
  });

  it.each([
    ['#!/bin/sh\ncat >/dev/null; echo "an Exception was thrown"\n', 'an Exception was thrown'],
    ['#!/bin/sh\nexit 3\n', 'exited with code 3'],
  ])('does not trust a loader that says %j', async (script, text) => {
    const ended = await tapline(await singerProject({ 'target.sh': script }), ['config', 'test', 'target-y']);
    expect(ended.code).toBe(1);
    expect(ended.stderr).toContain('[CONFIG_INVALID]');
    expect(ended.stderr).toContain(text);
  });

  it('says when a tap reads nothing', async () => {
    const ended = await tapline(await singerProject({ 'tap.sh': '#!/bin/sh\necho "{\\"streams\\": []}"\n' }), [
      'config',
      'test',
      'tap-x',
    ]);
    expect(ended.code).toBe(1);
    expect(ended.stderr).toContain('No RECORD or BATCH message received.');
  });

  it.each([['box'], ['meltano'], ['nope']])('refuses %s', async (name) => {
    expect(await tapline(await singerProject(), ['config', 'test', name])).toMatchObject({ code: 1, stdout: '' });
  });
});
