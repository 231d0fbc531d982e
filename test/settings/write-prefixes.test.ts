import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openPlugins } from '../../src/plugins/plugins.js';
import { loadProject } from '../../src/project/load.js';
import { writePrefixes } from '../../src/settings/env-names.js';
import { makeFolder } from '../project/project-folder.js';

it('exports the settings of an heir under the name and the namespace of its definition too', async () => {
  const cwd = makeFolder({
    'meltano.yml': `plugins:
  extractors:
  - {name: tap-c, inherit_from: tap-x, variant: acme}
  - {name: tap-d, inherit_from: tap-c}
  - {name: tap-x, variant: acme}
`,
    'plugins/extractors/tap-x--acme.lock': JSON.stringify({
      plugin_type: 'extractors',
      name: 'tap-x',
      namespace: 'tap_locked',
      variant: 'acme',
    }),
  });
  const project = await loadProject({ cwd, env: {}, environment: null, envFile: join(cwd, '.env') });
  const prefixesOf = (name: string) => writePrefixes(openPlugins(project).get(name));
  expect(prefixesOf('tap-c')).toEqual(['TAP_C', 'TAP_X', 'TAP_LOCKED', 'MELTANO_EXTRACT']);
  expect(prefixesOf('tap-d')).toEqual(['TAP_D', 'TAP_C', 'TAP_X', 'TAP_LOCKED', 'MELTANO_EXTRACT']);
  expect(prefixesOf('tap-x')).toEqual(['TAP_X', 'TAP_LOCKED', 'MELTANO_EXTRACT']);
});
