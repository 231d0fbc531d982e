import { describe, expect, test, vi } from 'vitest';
import { openPlugins } from '../../src/plugins/plugins.js';
import { createSettings } from '../../src/settings/resolver.js';
import { box, openProject } from './open-project.js';

const yaml = `env: {BOX_TOP: t}
environments:
- name: dev
  env: {BOX_OF_ENVIRONMENT: e}
  config:
    plugins:
      utilities:
      - name: box
        config: {environment: 1}
        env: {BOX_OF_BOTH: b}
plugins:
  utilities:
  - name: box
    namespace: box
    executable: ./box
    env:
      BOX_OF_PLUGIN: p
    settings:
    - {name: shell}
    - {name: top}
    - {name: of_environment}
    - {name: of_plugin}
    - {name: of_both}
    - {name: dotenv}
    - {name: environment}
    - {name: file}
    - {name: flag}
    - {name: stored}
    - {name: default, value: d}
    - {name: unset}
    config:
      file: f
      nested: {deep: {er: 1}}
    select:
      - a
  - name: child
    inherit_from: box
`;
const stored = new Map([['utilities.box.default', new Map<string, unknown>([['stored', 's']])]]);

async function open() {
  return openProject(yaml, {
    env: { BOX_SHELL: 's' },
    environment: 'dev',
    dotenv: '# mine\nexport BOX_DOTENV=d\n',
    stored,
  });
}

describe('the origin of a value', () => {
  test.each([
    ['flag', { layer: 'override' }, undefined],
    ['shell', { layer: 'env', variable: 'BOX_SHELL' }, undefined],
    ['top', { layer: 'env', variable: 'BOX_TOP' }, 'meltano.yml:1'],
    ['of_environment', { layer: 'env', variable: 'BOX_OF_ENVIRONMENT' }, 'meltano.yml:4'],
    ['of_both', { layer: 'env', variable: 'BOX_OF_BOTH' }, 'meltano.yml:10'],
    ['of_plugin', { layer: 'env', variable: 'BOX_OF_PLUGIN' }, 'meltano.yml:17'],
    ['dotenv', { layer: 'dotenv', variable: 'BOX_DOTENV' }, '.env:2'],
    ['environment', { layer: 'environment' }, 'meltano.yml:9'],
    ['file', { layer: 'meltano_yml' }, 'meltano.yml:32'],
    ['nested.deep.er', { layer: 'meltano_yml' }, 'meltano.yml:33'],
    ['_select', { layer: 'meltano_yml' }, 'meltano.yml:34'],
    ['stored', { layer: 'db' }, undefined],
    ['default', { layer: 'default' }, undefined],
    ['unset', { layer: 'unset' }, undefined],
  ])('%s', async (name, expected, place) => {
    const { project, resolve } = await open();
    const { origin } = resolve('box', { overrides: { flag: 'x' } }).settings.get(name) ?? {};
    expect(origin).toMatchObject(expected);
    const at = origin?.at;
    const found = at ? `${at.file.slice(project.root.length + 1)}:${at.line}` : undefined;
    expect(found).toBe(place);
  });

  test('an inherited value tells its parent and its origin there', async () => {
    const { resolve } = await open();
    const { origin } = resolve('child').settings.get('file') ?? {};
    expect(origin).toMatchObject({
      layer: 'inherited',
      inheritedFrom: { plugin: 'box', origin: { layer: 'meltano_yml' } },
    });
    expect(origin?.at?.line).toBe(32);
  });

  test('costs no look into the files until somebody asks for the place', async () => {
    const { project } = await open();
    const locate = vi.fn(project.locate);
    const watched = { ...project, locate };
    const plugins = openPlugins(watched);
    const settings = createSettings(watched, plugins, { env: {} });
    const resolved = settings.plugin(plugins.get('child'));
    expect(resolved.processEnv.BOX_FILE).toBe('f');
    expect(locate).not.toHaveBeenCalled();
    void resolved.settings.get('file')?.origin.at;
    expect(locate).toHaveBeenCalled();
  });
});

test('resolving a plugin touches no other plugin', async () => {
  const many = Array.from({ length: 50 }, (_, index) => `  - {name: broken-${index}, inherit_from: nobody}\n`).join('');
  const { resolve } = await openProject(box('{name: a, value: x}') + many);
  expect(resolve('box').settings.get('a')?.value).toBe('x');
});
