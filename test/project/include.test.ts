import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadProject } from '../../src/project/load.js';
import { errorOf, loadFiles, makeFolder } from './project-folder.js';

const part = (name: string) => `plugins: {extractors: [{name: ${name}, namespace: x}]}\n`;
const main = (...patterns: string[]) => `include_paths: ${JSON.stringify(patterns)}\n${part('main')}`;

async function includedNames(files: Record<string, string>, ...patterns: string[]): Promise<string[]> {
  const project = await loadFiles({ 'meltano.yml': main(...patterns), ...files });
  return project.files.slice(1).map((file) => relative(project.root, file));
}

describe('include_paths', () => {
  it.each<[what: string, patterns: string[], found: string[]]>([
    ['a plain name', ['a.yml'], ['a.yml']],
    ['a name with ./', ['./parts/one.meltano.yml'], ['parts/one.meltano.yml']],
    [
      'a star, in the order of names',
      ['parts/*.yml'],
      ['parts/.hidden.yml', 'parts/one.meltano.yml', 'parts/two.meltano.yml'],
    ],
    [
      'two stars',
      ['./parts/**/*.meltano.yml'],
      ['parts/deep/er/three.meltano.yml', 'parts/one.meltano.yml', 'parts/two.meltano.yml'],
    ],
    ['a range', ['sub_[0-9].yml'], ['sub_1.yml', 'sub_2.yml']],
    ['a negated range', ['sub_[!0-9].yml'], ['sub_x.yml']],
    ['a question mark', ['sub_?.yml'], ['sub_1.yml', 'sub_2.yml', 'sub_x.yml']],
    ['braces, which mean themselves', ['sub_{1,2}.yml'], []],
    ['brackets of other shells, which mean themselves', ['odd(1).yml'], ['odd(1).yml']],
    ['an exclamation mark, which means itself', ['!odd.yml'], ['!odd.yml']],
    [
      'the order of the patterns',
      ['sub_2.yml', 'a.yml', 'sub_*.yml'],
      ['sub_2.yml', 'a.yml', 'sub_1.yml', 'sub_x.yml'],
    ],
    ['no match', ['nothing/*.yml'], []],
    ['meltano.yml itself, left out', ['meltano.*', '*.yml.bak'], []],
    ['nothing of .meltano and .git', ['**/lost.yml'], []],
  ])('takes %s', async (_, patterns, found) => {
    const names = [
      'a.yml',
      'parts/one.meltano.yml',
      'parts/two.meltano.yml',
      'parts/.hidden.yml',
      'parts/deep/er/three.meltano.yml',
      'sub_1.yml',
      'sub_2.yml',
      'sub_x.yml',
      'odd(1).yml',
      '!odd.yml',
      '.meltano/lost.yml',
      '.git/lost.yml',
    ];
    const files = Object.fromEntries(names.map((name, index) => [name, part(`tap-${index}`)]));
    expect(await includedNames(files, ...patterns)).toStrictEqual(found);
  });

  it('merges maps, joins lists and lets later files win', async () => {
    const project = await loadFiles({
      'meltano.yml': `include_paths: [one.yml, two.yml, empty.yml]
env: {A: main, B: main}
elt: {buffer_size: 1, other: 1}
cli: {log_level: info}
plugins:
  extractors: [{name: tap-main, config: {a: 1}}]
  loaders:
jobs: [{name: j-main, tasks: []}]
`,
      'one.yml': `env: {B: one, C: one}
elt: {buffer_size: 2}
plugins: {extractors: [{name: tap-one}], loaders: [{name: target-one}]}
environments: [{name: dev}]
jobs:
`,
      'two.yml': `env: {C: two}
cli:
plugins: {extractors: [{name: tap-two, config: {b: [1, 2]}}]}
jobs: [{name: j-two, tasks: [a b]}]
schedules: [{name: s, job: j-two, interval: '@daily'}]
`,
      'empty.yml': '# nothing yet\n',
    });
    expect(project.env).toStrictEqual({ A: 'main', B: 'one', C: 'two' });
    expect(project.settings).toMatchObject({ elt: { buffer_size: 2, other: 1 }, cli: { log_level: 'info' } });
    expect(project.pluginEntries.extractors.map(({ name }) => name)).toStrictEqual(['tap-main', 'tap-one', 'tap-two']);
    expect(project.pluginEntries.loaders).toStrictEqual([{ name: 'target-one' }]);
    expect(project.jobs.map(({ name }) => name)).toStrictEqual(['j-main', 'j-two']);

    const place = (...path: (string | number)[]) => {
      const at = project.locate(path);
      return at && `${relative(project.root, at.file)}:${at.line}:${at.col}`;
    };
    expect(place('plugins', 'extractors', 0, 'config', 'a')).toBe('meltano.yml:6:45');
    expect(place('plugins', 'extractors', 1)).toBe('one.yml:3:24');
    expect(place('plugins', 'extractors', 2, 'config', 'b', 1)).toBe('two.yml:3:56');
    expect(place('plugins', 'extractors', 3)).toBeUndefined();
    expect(place('plugins', 'loaders', 0, 'name')).toBe('one.yml:3:59');
    expect(place('env', 'C')).toBe('two.yml:1:10');
    expect(place('cli', 'log_level')).toBe('meltano.yml:4:18');
    expect(place('schedules', 0, 'interval')).toBe('two.yml:5:45');
  });

  it.each<[what: string, pattern: string, message: RegExp]>([
    ['an absolute pattern', '/etc/*.yml', /absolute/],
    ['a pattern that leaves the project', '../*.yml', /outside the project/],
    ['a folder', 'parts', /not a file/],
    ['a link out of the project', 'link.yml', /outside the project/],
    ['an empty pattern', '', /empty/],
  ])('refuses %s', async (_, pattern, message) => {
    const outer = makeFolder({ 'other.yml': part('tap-x') });
    const root = join(outer, 'project');
    mkdirSync(join(root, 'parts'), { recursive: true });
    symlinkSync('../other.yml', join(root, 'link.yml'));
    writeFileSync(join(root, 'meltano.yml'), main('none.yml', pattern));
    const error = await errorOf(loadProject({ cwd: root, env: {} }));
    expect(error).toMatchObject({ code: 'PROJECT_INCLUDE', at: { file: join(root, 'meltano.yml'), line: 1, col: 28 } });
    expect(error.message).toMatch(message);
  });

  it('refuses a name that stands in two included files', async () => {
    const error = await errorOf(
      loadFiles({ 'meltano.yml': main('a.yml', 'b.yml'), 'a.yml': part('tap-x'), 'b.yml': part('tap-x') }),
    );
    expect(error).toMatchObject({
      code: 'PROJECT_DUPLICATE',
      at: { file: expect.stringMatching(/b\.yml$/), line: 1, col: 24 },
    });
    expect(error.message).toMatch(/'tap-x'.*a\.yml:1/);
  });

  it('lets a name of meltano.yml stand in an included file, and says which one counts', async () => {
    const project = await loadFiles({ 'meltano.yml': main('a.yml'), 'a.yml': part('main') });
    expect(project.warnings).toMatchObject([{ code: 'NAME_TWICE', at: { file: expect.stringMatching(/a\.yml$/) } }]);
  });

  it.each([
    ['broken', 'plugins: [', 'PROJECT_SYNTAX'],
    ['a list', '- a\n', 'PROJECT_SHAPE'],
    ['wrongly shaped', 'plugins: {extractors: [{}]}\n', 'PROJECT_SHAPE'],
  ])('names the included file that is %s', async (_, text, code) => {
    const error = await errorOf(loadFiles({ 'meltano.yml': main('a.yml'), 'a.yml': text }));
    expect(error).toMatchObject({ code, at: { file: expect.stringMatching(/a\.yml$/) } });
  });

  it('is not confused by a circle of links', async () => {
    const root = makeFolder({ 'meltano.yml': main('parts/**/*.yml'), 'parts/a.yml': part('tap-a') });
    symlinkSync('..', join(root, 'parts/up'));
    symlinkSync('../a.txt', join(root, 'parts/linked.yml'));
    writeFileSync(join(root, 'a.txt'), part('tap-linked'));
    const project = await loadProject({ cwd: root, env: {} });
    expect(project.pluginEntries.extractors.map(({ name }) => name)).toStrictEqual(['main', 'tap-a', 'tap-linked']);
  });
});
