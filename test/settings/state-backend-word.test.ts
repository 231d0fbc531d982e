import { describe, expect, test } from 'vitest';
import { openProject } from './open-project.js';

async function backendOf(yaml: string, env: Record<string, string> = {}) {
  const { settings } = await openProject(yaml, { env });
  const { value, origin } = settings.projectSettings().get('state_backend.uri') ?? {};
  return { value, layer: origin?.layer, line: origin?.at?.line, variable: origin?.variable };
}

describe('state_backend', () => {
  test('as a word stands for its uri', async () => {
    expect(await backendOf('\nstate_backend: postgres\n')).toMatchObject({
      value: 'postgres',
      layer: 'meltano_yml',
      line: 2,
    });
    expect(await backendOf('state_backend: file://$MELTANO_PROJECT_ROOT/x\n')).toMatchObject({
      value: expect.stringMatching(/^file:\/\/\/.*\/x$/),
    });
  });

  test('as a map is what it was', async () => {
    expect(await backendOf('state_backend: {uri: "s3://b/p", s3.region: eu}\n')).toMatchObject({ value: 's3://b/p' });
    expect(await backendOf('state_backend: {}\n')).toMatchObject({ value: 'systemdb', layer: 'default' });
    expect(await backendOf('state_backend:\n')).toMatchObject({ value: 'systemdb', layer: 'default' });
  });

  test('can be a variable, weaker than that of the uri', async () => {
    const env = { MELTANO_STATE_BACKEND: 'sqlite' };
    expect(await backendOf('state_backend: postgres\n', env)).toMatchObject({ value: 'sqlite', layer: 'env' });
    const both = { ...env, MELTANO_STATE_BACKEND_URI: 'file:///x' };
    expect(await backendOf('state_backend: postgres\n', both)).toMatchObject({ value: 'file:///x' });
  });

  test('with a key that nobody knows is warned about', async () => {
    const { project } = await openProject('state_backend: {url: "s3://b", s3: {endpoint: "http://x"}}\n');
    expect(project.warnings.filter(({ code }) => code === 'KEY_UNKNOWN')).toMatchObject([
      { code: 'KEY_UNKNOWN', hint: "Did you mean 'uri'?" },
      { code: 'KEY_UNKNOWN', hint: "Did you mean 'endpoint_url'?" },
    ]);
  });
});
