import { execFileSync } from 'node:child_process';
import { truncateSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadProject } from '../../src/project/load.js';
import { errorOf, loadFiles, makeFolder } from './project-folder.js';

const lines = (...text: string[]) => `${text.join('\n')}\n`;

function bomb(levels: number): string {
  const list = (name: string) => Array.from({ length: 9 }, () => `*${name}`).join(', ');
  const rows = ['x-0: &a0 [lol, lol]'];
  for (let level = 1; level < levels; level += 1) rows.push(`x-${level}: &a${level} [${list(`a${level - 1}`)}]`);
  return lines(...rows, 'plugins: {}');
}

interface BadFile {
  what: string;
  text: string | Buffer;
  code: string;
  /** line:col in meltano.yml. */
  at: string;
  message?: string | RegExp;
  hint?: string | RegExp;
}

describe('text that the parser of the original takes', () => {
  const accepted: [string, string, unknown][] = [
    [
      'brackets that close left of their key',
      'x:\n    y: [\n  {"a": 1},\n  2\n  ]\nplugins: {}\n',
      { y: [{ a: 1 }, 2] },
    ],
    [
      'brackets in brackets, over many lines',
      'x:\n      y: [\n {\n  "a": [\n1,\n2]\n },\n 3\n]\n      z: 4\nplugins: {}\n',
      { y: [{ a: [1, 2] }, 3], z: 4 },
    ],
    ['a map in braces at the margin', 'x:\n  y: {\n"a": 1\n}\nplugins: {}\n', { y: { a: 1 } }],
    ['quotes that go on left of their key', 'x:\n  y: "a\n\nb"\n  z: \'c\nd\'\nplugins: {}\n', { y: 'a\nb', z: 'c d' }],
  ];
  it('names the line of an unclosed quote in a long file, after few attempts', async () => {
    const rows = Array.from({ length: 5_000 }, (_, index) => `  k${index}: v`);
    const error = await errorOf(loadFiles(lines('plugins: {}', 'x:', '  a: "open', ...rows)));
    expect(error).toMatchObject({ code: 'PROJECT_SYNTAX' });
  });

  it.each(accepted)('%s', async (_, text, value) => {
    const project = await loadFiles({ 'meltano.yml': text });
    expect(project.settings.x).toEqual(value);
    expect(project.warnings).toEqual(expect.arrayContaining([expect.objectContaining({ code: 'YAML_INDENT' })]));
  });
});

const badFiles: BadFile[] = [
  { what: 'an empty file', text: '', code: 'PROJECT_EMPTY', at: '1:1', hint: /plugins: \{\}/ },
  { what: 'comments only', text: '# nothing\n\n', code: 'PROJECT_EMPTY', at: '1:1' },
  { what: 'a top-level list', text: '- a\n- b\n', code: 'PROJECT_SHAPE', at: '1:1', message: /a list/ },
  {
    what: 'a sentence',
    text: 'This is not the file you look for.\n',
    code: 'PROJECT_SHAPE',
    at: '1:1',
    message: /single value/,
  },
  {
    what: 'an unclosed list',
    text: lines('plugins:', '  extractors: [', '  loaders: {}'),
    code: 'PROJECT_SYNTAX',
    at: '3:3',
    hint: /indentation/,
  },
  { what: 'an unclosed quote', text: lines('plugins:', '  a: "x', '  b: y'), code: 'PROJECT_SYNTAX', at: '4:1' },
  { what: 'a wrong indentation', text: lines('plugins:', '    a: 1', '  b: 2'), code: 'PROJECT_SYNTAX', at: '3:1' },
  {
    what: 'a tab as indentation',
    text: lines('plugins:', '\textractors: []'),
    code: 'PROJECT_SYNTAX',
    at: '2:1',
    message: /tab/,
  },
  {
    what: 'a duplicate key',
    text: lines('plugins: {}', 'jobs: []', 'plugins: {}'),
    code: 'PROJECT_DUPLICATE',
    at: '3:1',
  },
  {
    what: 'keys that are one key',
    text: lines('plugins: {}', 'env: {1: a, "1": b}'),
    code: 'PROJECT_DUPLICATE',
    at: '2:13',
  },
  {
    what: 'a second document',
    text: lines('plugins: {}', '---', 'jobs: []'),
    code: 'PROJECT_SYNTAX',
    at: '2:1',
    hint: /include_paths/,
  },
  {
    what: 'an unknown alias',
    text: lines('plugins: *nowhere'),
    code: 'PROJECT_SYNTAX',
    at: '1:10',
    message: /\*nowhere/,
  },
  {
    what: 'an alias inside its anchor',
    text: lines('a: &a', '  b: *a'),
    code: 'PROJECT_SYNTAX',
    at: '2:6',
    message: /inside/,
  },
  { what: 'an alias bomb', text: bomb(12), code: 'PROJECT_SYNTAX', at: '7:11', message: /values/ },
  {
    what: 'lists in lists in lists',
    text: '- '.repeat(5000),
    code: 'PROJECT_SYNTAX',
    at: '1:1',
    message: /nested too deep/,
  },
  {
    what: 'brackets without end',
    text: '['.repeat(100_000),
    code: 'PROJECT_SYNTAX',
    at: '1:1',
    message: /nested too deep/,
  },
  { what: 'a merge of text', text: lines('a:', '  <<: text'), code: 'PROJECT_SYNTAX', at: '2:3', message: /<</ },
  { what: 'a map as a key', text: lines('? {a: 1}', ': x'), code: 'PROJECT_SYNTAX', at: '1:3', message: /key/ },
  { what: '__proto__', text: lines('plugins: {}', '__proto__: {a: 1}'), code: 'PROJECT_SYNTAX', at: '2:1' },
  {
    what: 'Latin-1',
    text: Buffer.from('plugins: {}\n# caf\xe9\n', 'latin1'),
    code: 'PROJECT_SYNTAX',
    at: '2:6',
    message: /UTF-8/,
  },
  {
    what: 'UTF-16',
    text: Buffer.from('\ufeffplugins: {}\n', 'utf16le'),
    code: 'PROJECT_SYNTAX',
    at: '1:1',
    message: /UTF-16/,
  },
  { what: 'a picture', text: Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a]), code: 'PROJECT_SYNTAX', at: '1:1' },
  {
    what: 'plugins as a list',
    text: lines('plugins:', '- name: tap-a'),
    code: 'PROJECT_SHAPE',
    at: '1:1',
    message: 'plugins must be a map, but is a list.',
  },
  {
    what: 'extractors as a map',
    text: lines('plugins:', '  extractors:', '    tap-a: {}'),
    code: 'PROJECT_SHAPE',
    at: '2:3',
    message: 'plugins.extractors must be a list, but is a map.',
  },
  {
    what: 'a plugin without a name',
    text: lines('plugins:', '  extractors:', '  - nmae: tap-a'),
    code: 'PROJECT_SHAPE',
    at: '3:5',
    message: "plugins.extractors[0] has no 'name'.",
    hint: "Is it misspelt as 'nmae'?",
  },
  {
    what: 'a plugin name with a colon',
    text: lines('plugins:', '  loaders:', "  - name: 'a:b'"),
    code: 'PROJECT_SHAPE',
    at: '3:11',
    message: /can't be a name/,
  },
  {
    what: 'a plugin name out of the folder',
    text: lines('plugins:', '  loaders:', '  - name: ../../x'),
    code: 'PROJECT_SHAPE',
    at: '3:11',
  },
  {
    what: 'an environment name with a colon',
    text: lines('environments:', "- name: 'a:b'"),
    code: 'PROJECT_SHAPE',
    at: '2:9',
  },
  {
    what: 'an unknown setting kind',
    text: lines('plugins:', '  loaders:', '  - name: t', '    namespace: t', '    settings: [{name: a, kind: strng}]'),
    code: 'PROJECT_SHAPE',
    at: '5:32',
    message: /must be one of string, integer/,
    hint: "Did you mean 'string'?",
  },
  {
    what: 'a setting without a name',
    text: lines('plugins:', '  loaders:', '  - name: t', '    settings: [{kind: string}]'),
    code: 'PROJECT_SHAPE',
    at: '4:16',
  },
  {
    what: 'config as text, which may be a secret',
    text: lines('plugins:', '  loaders:', '  - name: t', '    config: s3cr3t'),
    code: 'PROJECT_SHAPE',
    at: '4:13',
    message: "plugins.loaders['t'].config must be a map, but is text.",
  },
  {
    what: 'a pip_url as a list',
    text: lines('plugins:', '  loaders:', '  - name: t', '    pip_url: [a, b]'),
    code: 'PROJECT_SHAPE',
    at: '4:5',
    message: /must be text/,
  },
  {
    what: 'a job without tasks',
    text: lines('jobs:', '- name: j'),
    code: 'PROJECT_SHAPE',
    at: '2:3',
    message: "jobs['j'] has no 'tasks'.",
  },
  {
    what: 'a schedule without an interval',
    text: lines('schedules:', '- name: s', '  job: j'),
    code: 'PROJECT_SHAPE',
    at: '2:3',
  },
  {
    what: 'state_backend as a list',
    text: lines('state_backend: [postgres]'),
    code: 'PROJECT_SHAPE',
    at: '1:1',
    message: 'state_backend must be a map or text, but is a list.',
  },
  { what: 'include_paths as text', text: lines('include_paths: parts/*.yml'), code: 'PROJECT_SHAPE', at: '1:16' },
];

describe('a meltano.yml that is', () => {
  it.each(badFiles)('$what is $code at $at', async ({ text, code, at, message, hint }) => {
    const root = makeFolder({ 'meltano.yml': text });
    const error = await errorOf(loadProject({ cwd: root, env: {} }));
    expect(error.code).toBe(code);
    expect(`${error.at?.line}:${error.at?.col}`).toBe(at);
    expect(error.at?.file).toBe(join(root, 'meltano.yml'));
    if (message) expect(error.message).toMatch(message);
    if (hint) expect(error.hint).toMatch(hint);
    expect(error.message).not.toContain('s3cr3t');
  });

  it('wrong in several places names all of them', async () => {
    const error = await errorOf(
      loadFiles(lines('plugins:', '  extractors:', '  - config: []', '  loaders: 5', 'jobs: [{}]')),
    );
    expect(error.message.split('\n')).toStrictEqual([
      "plugins.extractors[0] has no 'name'.",
      'Also:',
      expect.stringMatching(/meltano\.yml:3:5: plugins\.extractors\[0\]\.config must be a map, but is a list\.$/),
      expect.stringMatching(/meltano\.yml:4:12: plugins\.loaders must be a list, but is a number\.$/),
      expect.stringMatching(/meltano\.yml:5:8: jobs\[0\] has no 'name'\.$/),
      expect.stringMatching(/meltano\.yml:5:8: jobs\[0\] has no 'tasks'\.$/),
    ]);
  });

  it('wrong in very many places names ten', async () => {
    const error = await errorOf(loadFiles(lines('jobs:', ...Array.from({ length: 30 }, () => '- {name: j}'))));
    expect(error.message.split('\n')).toHaveLength(12);
    expect(error.message).toMatch(/and 20 more$/);
  });

  it('a pipe does not block', async () => {
    const root = makeFolder();
    execFileSync('mkfifo', [join(root, 'meltano.yml')]);
    expect((await errorOf(loadProject({ cwd: root, env: {} }))).code).toBe('PROJECT_UNREADABLE');
  });

  it('far too big is refused unread', async () => {
    const root = makeFolder({ 'meltano.yml': 'plugins: {}\n' });
    truncateSync(join(root, 'meltano.yml'), 5 * 1024 ** 3);
    const error = await errorOf(loadProject({ cwd: root, env: {} }));
    expect(error).toMatchObject({ code: 'PROJECT_UNREADABLE', message: expect.stringContaining('5120 MiB') });
  });
});
