import { mkdirSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import { TaplineError } from '../../src/errors.js';
import { openPlugins } from '../../src/plugins/plugins.js';
import type { BundledDefinitions, Plugin, Plugins } from '../../src/plugins/types.js';
import { loadProject } from '../../src/project/load.js';
import type { LoadProjectOptions } from '../../src/project/types.js';
import { loadFiles, makeFolder } from '../project/project-folder.js';

const bundled: BundledDefinitions = {
  'tap-csv': {
    plugin_type: 'extractors',
    name: 'tap-csv',
    namespace: 'tap_csv',
    variant: 'tapline',
    label: 'CSV files',
    executable: 'tap-csv',
    capabilities: ['catalog', 'discover', 'state'],
    settings: [{ name: 'files', kind: 'array' }],
  },
  'target-jsonl': { plugin_type: 'loaders', name: 'target-jsonl', variant: 'tapline' },
};

type Files = Record<string, string>;

async function open(yml: string, files: Files = {}, options: LoadProjectOptions = {}): Promise<Plugins> {
  return openPlugins(await loadFiles({ 'meltano.yml': yml, ...files }, options), { bundled });
}

const lockOf = (definition: object) => JSON.stringify({ plugin_type: 'extractors', ...definition });

const names = (plugin: Plugin) => plugin.settings.map(({ name }) => name).filter((name) => !name.startsWith('_'));
const extraNames = (plugin: Plugin) => plugin.settings.map(({ name }) => name).filter((name) => name.startsWith('_'));
const setting = (plugin: Plugin, name: string) => plugin.settings.find((one) => one.name === name);

function faultOf(work: () => unknown): TaplineError {
  try {
    work();
  } catch (error) {
    if (error instanceof TaplineError) return error;
    throw error;
  }
  throw new Error('There was no error.');
}

describe('a custom plugin', () => {
  const yml = `plugins:
  extractors:
  - name: tap-a
    namespace: ns_a
    label: A
    pip_url: git+https://x
    executable: run-a
    settings: [{name: token, kind: password}, {name: hide, kind: hidden}, {name: opts, kind: object}]
    settings_group_validation: [[token]]
    commands: {about: --about, other: {args: --other, description: d, executable: ./x}}
    config: {token: x, opts: {a: 1}, own: {x: 1, y: {z: 2.5}}, list: [1], flag: true, text: t, none: null, empty: {}}
    env: {A: 1}
    select: ['*.id']
    metadata: {users: {replication-method: FULL}}
    myextra: 1
    annotations: {x: 1}
  - name: tap-bare
    namespace: tap_bare
`;

  it('is what its entry says', async () => {
    const plugin = (await open(yml)).get('tap-a');
    expect(plugin).toMatchObject({
      type: 'extractors',
      singular: 'extractor',
      namespace: 'ns_a',
      variant: 'default',
      label: 'A',
      custom: true,
      bundled: false,
      parent: undefined,
      pipUrl: 'git+https://x',
      executable: 'run-a',
      settingsGroups: [['token']],
      env: { A: '1' },
      venvOwner: 'tap-a',
    });
    expect(plugin.extras).toStrictEqual({
      select: ['*.id'],
      metadata: { users: { 'replication-method': 'FULL' } },
      myextra: 1,
    });
    expect([...plugin.commands.values()]).toMatchObject([
      { name: 'about', args: '--about' },
      { name: 'other', args: '--other', description: 'd', executable: './x' },
    ]);
  });

  it('has no capabilities where it names none, and its name as executable', async () => {
    const plugin = (await open(yml)).get('tap-bare');
    expect([plugin.capabilities.size, plugin.executable]).toStrictEqual([0, 'tap-bare']);
  });

  it('has settings in the order of its definition, then a guessed one for each further leaf of its config', async () => {
    const plugin = (await open(yml)).get('tap-a');
    expect(names(plugin)).toStrictEqual([
      ...['token', 'hide', 'opts'],
      ...['opts.a', 'own.x', 'own.y.z', 'list', 'flag', 'text', 'none', 'empty'],
    ]);
    const kinds = plugin.settings.filter(({ custom }) => custom).map(({ name, kind }) => [name, kind]);
    expect(kinds).toStrictEqual([
      ['opts.a', 'integer'],
      ['own.x', 'integer'],
      ['own.y.z', 'decimal'],
      ['list', 'array'],
      ['flag', 'boolean'],
      ['text', undefined],
      ['none', undefined],
      ['empty', 'object'],
      ['_metadata.users.replication-method', undefined],
      ['_myextra', 'integer'],
    ]);
    expect(setting(plugin, 'token')).toMatchObject({ sensitive: true });
    expect(setting(plugin, 'hide')).toMatchObject({ hidden: true });
  });

  it('takes a whole number with a point for a decimal, wherever it stands', async () => {
    const project = `include_paths: [more.yml]
environments: [{name: dev, config: {plugins: {extractors: [{name: tap-f, config: {env_ratio: 2.0}, env_extra: 2.0}]}}}]
plugins: {extractors: [{name: tap-a, namespace: a, config: {n: 2}}]}
`;
    const more =
      'plugins: {extractors: [{name: tap-f, namespace: f, config: {n: 2, ratio: 2.0, deep: {e: 1e3}}, extra: 3.0}]}\n';
    const plugins = await open(project, { 'more.yml': more }, { environment: 'dev' });
    const customs = plugins.get('tap-f').settings.filter(({ custom }) => custom);
    expect(customs.map(({ name, kind }) => `${name} ${kind}`)).toStrictEqual([
      'n integer',
      'ratio decimal',
      'deep.e decimal',
      '_extra decimal',
      'env_ratio decimal',
      '_env_extra decimal',
    ]);
  });

  it('has the extras of its type with their defaults', async () => {
    const plugin = (await open(yml)).get('tap-bare');
    const defaults = Object.fromEntries(
      plugin.settings.filter(({ value }) => value !== undefined).map(({ name, value }) => [name, value]),
    );
    expect(defaults).toStrictEqual({
      _log_parser: 'singer-sdk',
      _load_schema: '$MELTANO_EXTRACTOR_NAMESPACE',
      _select: ['*.*'],
      _metadata: {},
      _schema: {},
      _select_filter: [],
      _use_cached_catalog: true,
    });
    for (const ours of [
      '_state_arg',
      '_arg_style',
      '_stall_timeout',
      '_concurrency',
      '_retries',
      '_retry_delay',
      '_catalog_cache_ttl',
      '_backfill',
    ]) {
      expect(setting(plugin, ours)).toMatchObject({ hidden: true });
    }
  });

  it('knows where its parts stand', async () => {
    const plugin = (await open(yml)).get('tap-a');
    const place = (...args: Parameters<Plugin['locate']>) => {
      const at = plugin.locate(...args);
      return at && `${at.line}:${at.col}`;
    };
    expect(`${plugin.at?.line}:${plugin.at?.col}`).toBe('3:5');
    expect(place('config', 'own.y.z')).toBe('11:57');
    expect(place('config', 'token')).toBe('11:21');
    expect(place('extras', 'select')).toBe('13:5');
    expect(place('extras', 'metadata.users')).toBe('14:16');
    expect(place('env', 'A')).toBe('12:14');
    expect(place('environmentConfig', 'token')).toBeUndefined();
    expect(place('config', 'nope')).toBeUndefined();
  });
});

const ofEachThatRuns = ['_concurrency', '_retries', '_retry_delay'] as const;

describe('types', () => {
  it.each([
    ['loaders', 'loader', ['_log_parser', '_dialect', '_arg_style', '_stall_timeout', ...ofEachThatRuns]],
    ['transforms', 'transform', ['_package_name', '_vars']],
    ['files', 'file', ['_update']],
    ['utilities', 'utility', ofEachThatRuns],
    ['transformers', 'transformer', ofEachThatRuns],
    ['orchestrators', 'orchestrator', ofEachThatRuns],
    [
      'mappers',
      'mapper',
      ['_log_parser', '_mappings', '_mapping_name', '_arg_style', '_stall_timeout', ...ofEachThatRuns],
    ],
  ] as const)('%s are each a %s with extras of their own', async (type, singular, extras) => {
    const plugin = (await open(`plugins: {${type}: [{name: p, namespace: p}]}\n`)).get('p', type);
    expect([plugin.singular, extraNames(plugin)]).toStrictEqual([singular, extras]);
  });
});

describe('a lock file', () => {
  const lock = lockOf({
    name: 'tap-a',
    namespace: 'tap_locked',
    variant: 'acme',
    label: 'Locked',
    pip_url: 'locked-url',
    executable: 'run-locked',
    capabilities: ['catalog', 'state'],
    settings: [
      { name: 'one', value: 1 },
      { name: 'two', value: 2 },
      { name: 'odd', kind: 'of a later version' },
    ],
    settings_group_validation: [['one']],
    commands: { a: '-a', b: '-b' },
    select: ['locked.*'],
    deep: { extra: 1 },
    env: { IGNORED: '1' },
  });
  const files = { 'plugins/extractors/tap-a--acme.lock': lock };
  const entry = (more: string) => `plugins:\n  extractors:\n  - name: tap-a\n    variant: acme\n${more}`;

  it('defines the plugin, and the entry speaks last', async () => {
    const yml = entry(`    pip_url:
    executable: mine
    capabilities: [discover]
    docs: https://example.com
    settings: [{name: one, value: 11}, {name: new}]
    commands: {b: -bb, c: -c}
    config: {custom: 1}
`);
    const plugin = (await open(yml, files)).get('tap-a');
    expect(plugin).toMatchObject({
      namespace: 'tap_locked',
      label: 'Locked',
      custom: false,
      pipUrl: 'locked-url',
      executable: 'mine',
      settingsGroups: [['one']],
      env: {},
    });
    expect([...plugin.capabilities]).toStrictEqual(['discover']);
    expect(names(plugin)).toStrictEqual(['two', 'odd', 'one', 'new', 'custom']);
    expect(setting(plugin, 'one')?.value).toBe(11);
    expect(setting(plugin, 'odd')).not.toHaveProperty('kind');
    expect([...plugin.commands].map(([name, { args }]) => `${name} ${args}`)).toStrictEqual(['a -a', 'b -bb', 'c -c']);
    expect(setting(plugin, '_select')?.value).toStrictEqual(['locked.*']);
    expect(plugin.extras).toStrictEqual({ docs: 'https://example.com' });
    expect(setting(plugin, '_deep.extra')).toStrictEqual({ name: '_deep.extra', kind: 'integer', value: 1 });
  });

  it.each<[what: string, variant: string, found: string[], namespace: string | undefined]>([
    ['of the variant', 'variant: b', ['a', 'b'], 'from_b'],
    ['of another variant, but the wanted one is not there', 'variant: c', ['a', 'b'], undefined],
    ['of the variant default, where none is named', '', ['a', 'default'], 'from_default'],
    ['that is the only one, where none is named', '', ['a'], 'from_a'],
    ['that is one of two, where none is named', '', ['a', 'b'], undefined],
    ['that has a longer name', '', ['x--a'], undefined],
  ])('%s', async (_, variant, found, namespace) => {
    const locks = Object.fromEntries(
      found.map((name) => [
        `plugins/extractors/tap-a--${name}.lock`,
        lockOf({ name: 'tap-a', namespace: `from_${name}` }),
      ]),
    );
    const plugins = await open(`plugins:\n  extractors:\n  - name: tap-a\n    ${variant}\n`, locks);
    if (namespace) expect(plugins.get('tap-a').namespace).toBe(namespace);
    else
      expect(faultOf(() => plugins.get('tap-a'))).toMatchObject({
        code: 'PLUGIN_DEFINITION_MISSING',
        at: { line: 3, col: 5 },
      });
  });

  it.each<[string, string, RegExp]>([
    ['no JSON', '{', /not valid JSON/],
    ['a list', '[]', /must be a map/],
    ['nameless', '{}', /'name'/],
    ['of other settings', lockOf({ name: 'tap-a', settings: {} }), /'settings' must be a list/],
    ['of nameless settings', lockOf({ name: 'tap-a', settings: ['x'] }), /map with a 'name'/],
    ['of other commands', lockOf({ name: 'tap-a', commands: 'x' }), /'commands' must be a map/],
  ])('that is %s is PLUGIN_LOCK_BROKEN', async (_, text, message) => {
    const plugins = await open(entry(''), { 'plugins/extractors/tap-a--acme.lock': text });
    const error = faultOf(() => plugins.get('tap-a'));
    expect(error).toMatchObject({
      code: 'PLUGIN_LOCK_BROKEN',
      at: { file: expect.stringMatching(/tap-a--acme\.lock$/) },
    });
    expect(error.message).toMatch(message);
  });

  it('outside its folder is not read, whatever a name says', async () => {
    const outside = { 'plugins/loaders/x--acme.lock': lockOf({ name: 'x', executable: 'evil' }) };
    const plugins = await open(entry('    inherit_from: ../loaders/x\n'), outside);
    expect(faultOf(() => plugins.get('tap-a')).code).toBe('PLUGIN_DEFINITION_MISSING');
  });

  it('is read only when its plugin is used', async () => {
    const plugins = await open(`${entry('')}  - name: tap-b\n    namespace: b\n`, {
      'plugins/extractors/tap-a--acme.lock': '{',
    });
    expect(plugins.list('extractors').map(({ name }) => name)).toStrictEqual(['tap-a', 'tap-b']);
    expect(plugins.get('tap-b').executable).toBe('tap-b');
  });
});

describe('a plugin that nothing defines', () => {
  it.each([
    ['pip_url', 'pip_url: x'],
    ['executable', 'executable: ./x'],
    ['pip_url, with a variant', 'pip_url: x\n    variant: acme'],
    ['pip_url, heir of something that is not here', 'pip_url: x\n    inherit_from: tap-hub'],
  ])('but has a %s is custom; as an extractor it can discover, take a catalog and a state', async (_, keys) => {
    const plugins = await open(
      `plugins:\n  extractors:\n  - name: tap-a\n    ${keys}\n  loaders:\n  - name: target-a\n    ${keys}\n`,
    );
    const tap = plugins.get('tap-a');
    expect([tap.custom, tap.namespace, [...tap.capabilities]]).toStrictEqual([
      true,
      'tap_a',
      ['discover', 'catalog', 'state'],
    ]);
    expect([...plugins.get('target-a').capabilities]).toStrictEqual([]);
  });

  it('and names its capabilities has these', async () => {
    const plugins = await open(
      'plugins: {extractors: [{name: a, executable: x, capabilities: []}, {name: b, executable: x, capabilities: [about]}]}\n',
    );
    expect([[...plugins.get('a').capabilities], [...plugins.get('b').capabilities]]).toStrictEqual([[], ['about']]);
  });

  it('at all is PLUGIN_DEFINITION_MISSING with a way out, when it is asked for', async () => {
    const plugins = await open('plugins:\n  extractors:\n  - name: tap-a\n    variant: acme\n');
    const error = faultOf(() => plugins.get('tap-a'));
    expect(error).toMatchObject({ code: 'PLUGIN_DEFINITION_MISSING', at: { line: 3, col: 5 } });
    expect(error.message).toContain('plugins/extractors/tap-a--acme.lock');
    expect(error.hint).toContain('namespace');
    expect(plugins.list().map(({ name }) => name)).toStrictEqual(['tap-a']);
  });

  it('but has lock files of other variants says so', async () => {
    const locks = { 'plugins/extractors/tap-a--x.lock': '{}', 'plugins/extractors/tap-a--y.lock': '{}' };
    const plugins = await open('plugins: {extractors: [{name: tap-a}]}\n', locks);
    expect(faultOf(() => plugins.get('tap-a')).hint).toContain('tap-a--x.lock and tap-a--y.lock');
  });
});

describe('a bundled plugin', () => {
  it('is defined by variant: tapline, and so are its children', async () => {
    const plugins = await open(`plugins:
  extractors:
  - {name: tap-csv, variant: tapline}
  - {name: customers, inherit_from: tap-csv}
  - {name: orders, inherit_from: tap-csv, variant: tapline}
  - {name: own, inherit_from: tap-csv, executable: ./mine}
  loaders: [{name: target-jsonl, variant: tapline}]
`);
    const facts = ['tap-csv', 'customers', 'orders', 'own', 'target-jsonl'].map((name) => {
      const plugin = plugins.get(name);
      return [name, plugin.bundled, plugin.executable, plugin.capabilities.size];
    });
    expect(facts).toStrictEqual([
      ['tap-csv', true, 'tap-csv', 3],
      ['customers', true, 'tap-csv', 3],
      ['orders', true, 'tap-csv', 3],
      ['own', false, './mine', 3],
      ['target-jsonl', true, 'target-jsonl', 0],
    ]);
  });

  it('that is not shipped, or of another type, is PLUGIN_DEFINITION_MISSING', async () => {
    const plugins = await open(`plugins:
  extractors: [{name: tap-cvs, variant: tapline}, {name: target-jsonl, variant: tapline}, {name: toString, variant: tapline}]
`);
    expect(faultOf(() => plugins.get('tap-cvs'))).toMatchObject({
      code: 'PLUGIN_DEFINITION_MISSING',
      hint: "Did you mean 'tap-csv'? Available: tap-csv.",
    });
    expect(faultOf(() => plugins.get('target-jsonl')).code).toBe('PLUGIN_DEFINITION_MISSING');
    expect(faultOf(() => plugins.get('toString')).code).toBe('PLUGIN_DEFINITION_MISSING');
  });
});

describe('inherit_from', () => {
  const yml = `plugins:
  extractors:
  - name: child
    inherit_from: tap-base
    config: {rows: 3, childish: 1}
    commands: {b: child}
  - name: tap-base
    namespace: base_ns
    label: Base
    pip_url: base-url
    executable: run-base
    capabilities: [state]
    settings: [{name: rows, kind: integer}, {name: token, sensitive: true}]
    commands: {a: base, b: base}
    config: {region: eu, token: t0}
    select: [users.*]
    env: {FROM: base}
  - name: grandchild
    inherit_from: child
    namespace: own_ns
    pip_url: other-url
    settings: [{name: rows, value: 9}]
    select: [orders.*]
    other_extra: 1
  - name: same
    inherit_from: child
    pip_url: base-url
  loaders:
  - name: tap-base
    namespace: loader_ns
`;

  it('takes over everything but env, config and namespace', async () => {
    const plugins = await open(yml);
    const child = plugins.get('child');
    expect(child.parent).toBe(plugins.get('tap-base'));
    expect(child).toMatchObject({
      inheritFrom: 'tap-base',
      namespace: 'child',
      label: 'Base: child',
      custom: false,
      pipUrl: 'base-url',
      executable: 'run-base',
      config: { rows: 3, childish: 1 },
      extras: {},
      env: {},
    });
    expect([...child.capabilities]).toStrictEqual(['state']);
    expect([...child.commands.values()].map(({ args }) => args)).toStrictEqual(['base', 'child']);
    expect(names(child)).toStrictEqual(['rows', 'token', 'region', 'childish']);
  });

  it('goes over several generations', async () => {
    const grandchild = (await open(yml)).get('grandchild');
    expect(grandchild).toMatchObject({
      namespace: 'own_ns',
      label: 'Base: child: grandchild',
      pipUrl: 'other-url',
      executable: 'run-base',
    });
    expect(names(grandchild)).toStrictEqual(['token', 'region', 'childish', 'rows']);
    expect(setting(grandchild, 'rows')?.value).toBe(9);
    expect(extraNames(grandchild).at(-1)).toBe('_other_extra');
  });

  it('shares the virtual environment until a pip_url differs', async () => {
    const plugins = await open(yml);
    const owners = ['tap-base', 'child', 'same', 'grandchild'].map((name) => plugins.get(name).venvOwner);
    expect(owners).toStrictEqual(['tap-base', 'tap-base', 'tap-base', 'grandchild']);
  });

  it('finds a parent in another file', async () => {
    const plugins = await open('include_paths: [p.yml]\nplugins: {extractors: [{name: child, inherit_from: base}]}\n', {
      'p.yml': 'plugins: {extractors: [{name: base, namespace: n, executable: x}]}\n',
    });
    expect(plugins.get('child')).toMatchObject({ executable: 'x', parent: { name: 'base' } });
  });

  it('takes a definition where no plugin of that name and type is in the project', async () => {
    const files = {
      'plugins/extractors/tap-hub--default.lock': lockOf({ name: 'tap-hub', namespace: 'hub', pip_url: 'hub-url' }),
    };
    const plugin = (await open('plugins: {extractors: [{name: mine, inherit_from: tap-hub}]}\n', files)).get('mine');
    expect(plugin).toMatchObject({
      parent: undefined,
      namespace: 'mine',
      executable: 'tap-hub',
      pipUrl: 'hub-url',
      venvOwner: 'tap-hub',
    });
  });

  it('with a variant takes the definition of that variant, not the plugin of that name', async () => {
    const files = {
      'plugins/extractors/tap-x--two.lock': lockOf({ name: 'tap-x', namespace: 'x2', executable: 'two' }),
    };
    const plugins = await open(
      'plugins: {extractors: [{name: tap-x, namespace: x, executable: one}, {name: mine, inherit_from: tap-x, variant: two}]}\n',
      files,
    );
    expect(plugins.get('mine')).toMatchObject({ parent: undefined, executable: 'two', variant: 'two' });
  });

  it('of its own name means nothing', async () => {
    const plugins = await open('plugins: {extractors: [{name: a, inherit_from: a, namespace: n}]}\n');
    expect(plugins.get('a')).toMatchObject({ inheritFrom: undefined, namespace: 'n', custom: true });
  });

  it.each([
    ['two', '{name: a, inherit_from: b}, {name: b, inherit_from: a}', "'a' from 'b' from 'a'"],
    [
      'three',
      '{name: a, inherit_from: b}, {name: b, inherit_from: c}, {name: c, inherit_from: a}',
      "'a' from 'b' from 'c' from 'a'",
    ],
    [
      'a tail and two',
      '{name: a, inherit_from: b}, {name: b, inherit_from: c}, {name: c, inherit_from: b}',
      "'b' from 'c' from 'b'",
    ],
  ])('in a circle of %s is PLUGIN_INHERITANCE, each time', async (_, entries, chain) => {
    const plugins = await open(`plugins: {extractors: [${entries}]}\n`);
    for (const _time of [1, 2]) {
      const error = faultOf(() => plugins.get('a'));
      expect(error).toMatchObject({ code: 'PLUGIN_INHERITANCE', at: { line: 1 } });
      expect(error.message).toContain(chain);
    }
  });

  it('goes as deep as anybody writes', async () => {
    const entries = Array.from({ length: 500 }, (_, index) => `{name: p${index + 1}, inherit_from: p${index}}`);
    const plugins = await open(
      `plugins: {extractors: [{name: p0, namespace: n, executable: deep}, ${entries.join(', ')}]}\n`,
    );
    expect(plugins.get('p500').executable).toBe('deep');
    expect(names(plugins.get('p500'))).toStrictEqual([]);
  });
});

describe('mappings', () => {
  const yml = `plugins:
  mappers:
  - name: map-a
    namespace: map_a
    config: {base: 1}
    mappings:
    - {name: hide, config: {secret: x}}
    - {name: show}
  - name: map-b
    namespace: map_b
    mappings: [{name: hide, config: {other: 1}}]
`;

  it('are plugins of their mapper with their own config', async () => {
    const plugins = await open(yml);
    const found = plugins.mappings('hide');
    expect(found.map(({ name, mapping, config }) => ({ name, mapping, config }))).toStrictEqual([
      { name: 'map-a', mapping: 'hide', config: { secret: 'x' } },
      { name: 'map-b', mapping: 'hide', config: { other: 1 } },
    ]);
    expect(found[0]?.extras).toMatchObject({ mapping: true, mapping_name: 'hide' });
    expect(found[0]?.locate('config', 'secret')).toMatchObject({ line: 7, col: 37 });
    expect(names(found[0] as Plugin)).toStrictEqual(['secret']);
    expect(plugins.mappings('show').map(({ config }) => config)).toStrictEqual([{}]);
    expect(plugins.mappings('nope')).toStrictEqual([]);
  });

  it('may be named instead of their mapper where one plugin is asked for', async () => {
    const plugins = await open(yml);
    expect(plugins.get('show')).toMatchObject({ name: 'map-a', mapping: 'show' });
    expect(plugins.get('hide', 'mappers').config).toStrictEqual({ secret: 'x' });
    expect(plugins.find('hide')).toBeUndefined();
    expect(() => plugins.get('hide', 'utilities')).toThrow("The utility 'hide' is not in this project.");
  });

  it('are not in lists, which have the mapper itself', async () => {
    const plugins = await open(yml);
    expect(plugins.list('mappers').map(({ name, mapping }) => [name, mapping])).toStrictEqual([
      ['map-a', undefined],
      ['map-b', undefined],
    ]);
    expect(plugins.get('map-a').config).toStrictEqual({ base: 1 });
    expect(plugins.get('map-a').mappings.map(({ name }) => name)).toStrictEqual(['hide', 'show']);
    expect(plugins.find('hide')).toBeUndefined();
  });
});

describe('the active environment', () => {
  const yml = `environments:
- name: dev
  config:
    plugins:
      extractors:
      - name: tap-b
      - name: tap-a
        config: {one: 2, new: {x: true}}
        env: {E: 5}
        pip_url: ignored-by-the-original
        select: [users.*]
      - name: tap-a
        config: {one: 3}
plugins: {extractors: [{name: tap-a, namespace: a, pip_url: p, settings: [{name: one}], config: {one: 1}}]}
`;

  it('adds config, extras, env and settings by its first entry of that name', async () => {
    const plugin = (await open(yml, {}, { environment: 'dev' })).get('tap-a');
    expect(plugin.environmentConfig).toStrictEqual({ one: 2, new: { x: true } });
    expect(plugin.environmentExtras).toStrictEqual({ pip_url: 'ignored-by-the-original', select: ['users.*'] });
    expect(plugin.environmentEnv).toStrictEqual({ E: '5' });
    expect(plugin.pipUrl).toBe('p');
    expect(plugin.settings.slice(-2)).toStrictEqual([
      { name: 'new.x', kind: 'boolean', custom: true },
      { name: '_pip_url', custom: true },
    ]);
    expect(plugin.locate('environmentConfig', 'new.x')).toMatchObject({ line: 8, col: 35 });
    expect(plugin.locate('environmentExtras', 'select')).toMatchObject({ line: 11, col: 9 });
    expect(plugin.locate('environmentEnv', 'E')).toMatchObject({ line: 9, col: 18 });
  });

  it('adds nothing without it', async () => {
    const plugin = (await open(yml)).get('tap-a');
    expect([plugin.environmentConfig, plugin.environmentExtras, plugin.environmentEnv, names(plugin)]).toStrictEqual([
      {},
      {},
      {},
      ['one'],
    ]);
  });
});

describe('dbt', () => {
  it.each([
    ['a pip_url of dbt', 'transformers', 'name: dbt-x, namespace: d, pip_url: dbt-core~=1.0 dbt-postgres', 'dbt'],
    ['a variant of dbt', 'transformers', 'name: dbt-x, namespace: d, variant: dbt-labs', 'dbt'],
    [
      'a git pip_url',
      'transformers',
      'name: my-dbt, namespace: d, pip_url: git+https://github.com/dbt-labs/dbt-core',
      'dbt',
    ],
    [
      'an executable of its own',
      'transformers',
      'name: dbt-x, namespace: d, pip_url: dbt-core, executable: dbt_invoke',
      'dbt_invoke',
    ],
    ['something else', 'transformers', 'name: sqlmesh, namespace: s, pip_url: sqlmesh', 'sqlmesh'],
    ['another type', 'utilities', 'name: dbt-x, namespace: d, pip_url: dbt-core', 'dbt-x'],
    ['another type, not defined', 'utilities', 'name: dbt-x, pip_url: dbt-duckdb', 'dbt'],
  ])('with %s: %s {%s} runs %s', async (_, type, keys, executable) => {
    const [plugin] = (await open(`plugins: {${type}: [{${keys}}]}\n`)).list();
    expect(plugin?.executable).toBe(executable);
  });

  it('takes the executable of its lock file', async () => {
    const lock = JSON.stringify({
      plugin_type: 'utilities',
      name: 'dbt-duckdb',
      namespace: 'dbt_duckdb',
      pip_url: 'dbt-duckdb',
      executable: 'dbt_invoke',
    });
    const files = { 'plugins/transformers/dbt-duckdb--jwills.lock': lock };
    const plugins = await open('plugins: {transformers: [{name: dbt-duckdb, variant: jwills}]}\n', files);
    expect(plugins.get('dbt-duckdb').executable).toBe('dbt_invoke');
  });
});

describe('a name', () => {
  const yml = `plugins:
  utilities: [{name: both, namespace: u}, {name: dbt, namespace: d}]
  loaders: [{name: both, namespace: l}, {name: twice, namespace: first}, {name: twice, namespace: second}]
`;

  it('of two types is that of the first type in the original order', async () => {
    const plugins = await open(yml);
    expect(plugins.get('both').type).toBe('loaders');
    expect(plugins.get('both', 'utilities').type).toBe('utilities');
    expect(plugins.get('twice').namespace).toBe('first');
    expect(plugins.names()).toStrictEqual(['both', 'twice', 'dbt']);
    expect(plugins.list().map(({ namespace }) => namespace)).toStrictEqual(['l', 'first', 'second', 'u', 'd']);
  });

  it('that is unknown is PLUGIN_UNKNOWN with a suggestion', async () => {
    const plugins = await open(yml);
    expect(faultOf(() => plugins.get('bth'))).toMatchObject({
      code: 'PLUGIN_UNKNOWN',
      exitCode: 1,
      hint: "Did you mean 'both'?",
    });
    expect(faultOf(() => plugins.get('dbt', 'loaders'))).toMatchObject({
      message: "The loader 'dbt' is not in this project.",
      hint: 'A plugin with this name has the type utility.',
    });
    expect(faultOf(() => plugins.get('completely-else')).hint).toBe('Available: both, twice, dbt.');
    expect(plugins.find('bth')).toBeUndefined();
  });
});

describe('a big project', () => {
  it('merges only what is asked for', async () => {
    const entries = Array.from({ length: 200 }, (_, index) => `  - {name: tap-${index}, variant: v}`);
    const root = makeFolder({ 'meltano.yml': `plugins:\n  extractors:\n${entries.join('\n')}\n` });
    mkdirSync(join(root, 'plugins/extractors'), { recursive: true });
    // Of the two hundred, one has a lock file: to look at any other would throw.
    writeFileSync(join(root, 'plugins/extractors/tap-7--v.lock'), lockOf({ name: 'tap-7', namespace: 'seven' }));
    const project = await loadProject({ cwd: root, env: {} });
    const plugins = openPlugins(project);
    expect(plugins.list('extractors')).toHaveLength(200);
    expect(plugins.get('tap-7').namespace).toBe('seven');
    expect(relative(root, plugins.list('extractors')[8]?.at?.file ?? '')).toBe('meltano.yml');
    expect(faultOf(() => plugins.list('extractors')[8]?.namespace).code).toBe('PLUGIN_DEFINITION_MISSING');
  });
});
