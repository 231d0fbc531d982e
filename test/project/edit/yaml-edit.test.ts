import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { editYaml, type YamlEdit } from '../../../src/project/edit/yaml-edit.js';

const project = `# my project
version: 1
default_environment: dev  # the default one
environments:
- name: dev   # for developers
- name: prod
  config:
    plugins:
      extractors:
      - name: tap-x
        config:
          token: 'abc' # a secret
plugins:
  extractors:
  # the main tap
  - name: tap-x
    pip_url: tap-x==1.0
    config:
      region: eu
      empty:
      nested: {a: 1, b: [x, y]}
    select:
    - users.*

  - name: tap-y
    config: {}
  loaders: []
`;

function edit(text: string, ...edits: YamlEdit[]): string {
  return editYaml(text, edits, 'meltano.yml');
}

/** The lines that differ, as a person sees them in a diff. */
function diff(before: string, after: string): string[] {
  const old = before.split('\n');
  const now = after.split('\n');
  return [
    ...now.filter((line) => !old.includes(line)).map((line) => `+${line}`),
    ...old.filter((line) => !now.includes(line)).map((line) => `-${line}`),
  ];
}

const tap = ['plugins', 'extractors', 0] as const;

describe('set', () => {
  it('changes a scalar in place and keeps its quotes and its comment', () => {
    const path = ['environments', 1, 'config', 'plugins', 'extractors', 0, 'config', 'token'];
    expect(diff(project, edit(project, { op: 'set', path, value: "d'e" }))).toEqual([
      "+          token: 'd''e' # a secret",
      "-          token: 'abc' # a secret",
    ]);
  });

  it('adds a key behind the last one of a map', () => {
    const after = edit(project, { op: 'set', path: [...tap, 'config', 'count'], value: 5 });
    expect(diff(project, after)).toEqual(['+      count: 5']);
    expect(parse(after).plugins.extractors[0].config.count).toBe(5);
  });

  it('makes the maps that are missing on the way', () => {
    const after = edit(project, {
      op: 'set',
      path: ['environments', 0, 'config', 'plugins', 'extractors'],
      value: [{ name: 'tap-x', config: { a: 1 } }],
    });
    expect(after).toContain(
      '- name: dev   # for developers\n  config:\n    plugins:\n      extractors:\n      - name: tap-x\n        config:\n          a: 1\n- name: prod',
    );
  });

  it('fills an empty value', () => {
    expect(diff(project, edit(project, { op: 'set', path: [...tap, 'config', 'empty'], value: 'x: y' }))).toContain(
      '+      empty: "x: y"',
    );
    expect(diff(project, edit(project, { op: 'set', path: [...tap, 'config', 'empty', 'deep'], value: 1 }))).toContain(
      '+        deep: 1',
    );
  });

  it('edits flow maps and lists in place', () => {
    expect(edit(project, { op: 'set', path: [...tap, 'config', 'nested', 'a'], value: 2 })).toContain(
      'nested: {a: 2, b: [x, y]}',
    );
    expect(edit(project, { op: 'set', path: [...tap, 'config', 'nested', 'c'], value: 'z,' })).toContain(
      'nested: {a: 1, b: [x, y], c: "z,"}',
    );
    expect(edit(project, { op: 'append', path: [...tap, 'config', 'nested', 'b'], value: 'w' })).toContain(
      'b: [x, y, w]',
    );
  });

  it('replaces an empty flow map by a block', () => {
    expect(edit(project, { op: 'set', path: ['plugins', 'extractors', 1, 'config', 'k'], value: true })).toContain(
      '    config:\n      k: true\n',
    );
  });

  it('replaces a collection by a scalar and the other way round', () => {
    expect(
      parse(edit(project, { op: 'set', path: [...tap, 'config', 'nested'], value: 'flat' })).plugins.extractors[0]
        .config.nested,
    ).toBe('flat');
    expect(
      parse(edit(project, { op: 'set', path: [...tap, 'pip_url'], value: { a: [1, { b: 2 }] } })).plugins.extractors[0]
        .pip_url,
    ).toEqual({ a: [1, { b: 2 }] });
  });

  it('keeps texts that only look like other values apart', () => {
    for (const value of [
      'true',
      '1',
      '',
      'null',
      ' x ',
      '- a',
      '#x',
      'a\nb\n',
      '2020-01-01',
      '1_000',
      '~',
      'é',
      '017',
      '*x',
      '{a}',
      "it's",
    ]) {
      const after = edit(project, { op: 'set', path: [...tap, 'config', 'region'], value });
      expect(parse(after).plugins.extractors[0].config.region).toBe(value);
      expect(after).not.toMatch(/region: (2020-01-01|1_000)/);
    }
  });

  it('writes into an empty file', () => {
    expect(edit('', { op: 'set', path: ['a', 'b'], value: 1 })).toBe('a:\n  b: 1\n');
    expect(edit('# only a comment', { op: 'set', path: ['a'], value: 1 })).toBe('# only a comment\na: 1\n');
  });
});

describe('append and delete', () => {
  it('appends behind the last item, before the blank line', () => {
    expect(edit(project, { op: 'append', path: [...tap, 'select'], value: '!users.email' })).toContain(
      '    - users.*\n    - "!users.email"\n\n  - name: tap-y',
    );
  });

  it('appends to a missing, an empty and a nested list', () => {
    expect(
      edit(project, { op: 'append', path: ['plugins', 'loaders'], value: { name: 'target-x', variant: 'v' } }),
    ).toContain('  loaders:\n  - name: target-x\n    variant: v\n');
    expect(edit(project, { op: 'append', path: ['plugins', 'extractors'], value: { name: 'tap-z' } })).toContain(
      '    config: {}\n  - name: tap-z\n  loaders: []',
    );
    expect(parse(edit(project, { op: 'append', path: ['jobs'], value: { name: 'j', tasks: ['a b'] } })).jobs).toEqual([
      { name: 'j', tasks: ['a b'] },
    ]);
  });

  it('deletes whole lines only, comments above stay', () => {
    const after = edit(project, { op: 'delete', path: ['environments', 1] });
    expect(parse(after).environments).toEqual([{ name: 'dev' }]);
    expect(after).toContain('# for developers\nplugins:');
    expect(
      diff(project, edit(project, { op: 'delete', path: ['plugins', 'extractors', 0, 'config', 'region'] })),
    ).toEqual(['-      region: eu']);
  });

  it('deletes the first key of an item', () => {
    expect(edit(project, { op: 'delete', path: [...tap, 'name'] })).toContain('  - pip_url: tap-x==1.0\n    config:');
  });

  it('prunes what it empties', () => {
    const path = ['environments', 1, 'config', 'plugins', 'extractors', 0, 'config', 'token'];
    expect(
      parse(edit(project, { op: 'delete', path, prune: true })).environments[1].config.plugins.extractors[0],
    ).toEqual({ name: 'tap-x' });
    expect(parse(edit(project, { op: 'delete', path })).environments[1].config.plugins.extractors[0]).toEqual({
      name: 'tap-x',
      config: {},
    });
  });

  it('deletes in flow collections', () => {
    expect(edit(project, { op: 'delete', path: [...tap, 'config', 'nested', 'a'] })).toContain('nested: {b: [x, y]}');
    expect(edit(project, { op: 'delete', path: [...tap, 'config', 'nested', 'b', 1] })).toContain('b: [x]');
  });

  it('leaves the text as it is where there is nothing to delete', () => {
    expect(edit(project, { op: 'delete', path: ['jobs', 0] })).toBe(project);
  });
});

describe('forms', () => {
  it('keeps CRLF line ends', () => {
    const crlf = project.replaceAll('\n', '\r\n');
    const after = edit(
      crlf,
      { op: 'set', path: [...tap, 'config', 'deep'], value: { a: { b: 1 } } },
      { op: 'append', path: [...tap, 'select'], value: 'x' },
    );
    expect(after.replaceAll('\r\n', '')).not.toContain('\n');
    expect(parse(after).plugins.extractors[0].config.deep).toEqual({ a: { b: 1 } });
  });

  it('takes on the indentation of the file', () => {
    const wide = 'plugins:\n    extractors:\n        - name: tap-x\n          config:\n              a: 1\n';
    expect(edit(wide, { op: 'set', path: ['plugins', 'extractors', 0, 'config', 'b'], value: [1] })).toBe(
      `${wide}              b:\n                  - 1\n`,
    );
  });

  it('handles a file without a last line break', () => {
    expect(edit('a: 1\nb: 2', { op: 'set', path: ['c'], value: 3 })).toBe('a: 1\nb: 2\nc: 3\n');
  });

  it('replaces block scalars', () => {
    const block = 'a: |\n  one\n  two\nb: 1\n';
    expect(edit(block, { op: 'set', path: ['a'], value: 'x' })).toBe('a: x\nb: 1\n');
  });

  it('refuses to write through an alias or over a used anchor, with the place', () => {
    const anchored = 'base: &base\n  x: 1\none: *base\ntwo:\n  <<: *base\n';
    expect(() => edit(anchored, { op: 'set', path: ['one', 'x'], value: 2 })).toThrow(
      expect.objectContaining({ code: 'EDIT_REFUSED', at: { file: 'meltano.yml', line: 3, col: 6 } }),
    );
    expect(() => edit(anchored, { op: 'set', path: ['base', 'x'], value: 2 })).toThrow(
      expect.objectContaining({ code: 'EDIT_REFUSED' }),
    );
    expect(edit(anchored, { op: 'set', path: ['two', 'y'], value: 2 })).toBe(`${anchored}  y: 2\n`);
  });

  it('names the fault of a broken file', () => {
    expect(() => edit('a: [1', { op: 'set', path: ['a'], value: 1 })).toThrow(
      expect.objectContaining({ code: 'PROJECT_SYNTAX' }),
    );
  });
});
