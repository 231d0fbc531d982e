/** A venv that one of the two has made is ready for the other: neither installs anew. */
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { writePythonPackage } from '../install/python-package.js';
import { installedMeltano, meltano } from './meltano.js';
import { pathWithUv, RealProject } from './real-project.js';

const project = (backend: string) => `
default_environment: dev
project_id: 5d4fb5a7-6d0c-4e5b-8a3e-6b6a3b8f1c12
send_anonymous_usage_stats: false
venv: {backend: ${backend}}
environments: [{name: dev}]
plugins:
  utilities:
  - name: hello
    namespace: hello
    pip_url: ./hello $EXTRA_REQUIREMENT
    executable: hello-tool
`;

let original: string;
let real: RealProject;

beforeAll(async () => {
  original = await installedMeltano();
});
afterEach(() => rm(real.folder, { recursive: true, force: true }));

describe.each(['uv', 'virtualenv'])('with %s', (backend) => {
  beforeEach(async () => {
    real = await RealProject.make({ 'meltano.yml': project(backend) });
    await writePythonPackage(join(real.folder, 'hello'), 'hello_tool', 'hello');
    await writePythonPackage(join(real.folder, 'extra'), 'extra_tool', 'extra');
  });
  const env = () => ({ EXTRA_REQUIREMENT: `${real.folder}/extra` });
  const ours = (...args: string[]) => real.tapline(args, env());
  const theirs = async (...args: string[]) =>
    meltano(original, real.folder, args, { ...env(), PATH: await pathWithUv() });
  /** The installed module is changed by hand, so an install, or a venv made anew, would show. */
  const spoil = async () => {
    const library = join(real.folder, '.meltano/utilities/hello/venv/lib');
    const [python = ''] = await readdir(library);
    const file = join(library, python, 'site-packages', 'hello_tool.py');
    expect(await readFile(file, 'utf8')).toContain('hello');
    await writeFile(file, 'def main():\n    print("as it was left")\n');
  };

  it('the original runs what we have installed', async () => {
    const installed = await ours('install');
    expect(installed.code, installed.stderr).toBe(0);
    await spoil();
    expect(await theirs('invoke', 'hello')).toMatchObject({ code: 0, stdout: 'as it was left\n' });
  });

  it('we run what the original has installed', async () => {
    expect(await theirs('install')).toMatchObject({ code: 0 });
    await spoil();
    const run = await ours('run', 'hello');
    expect(run.code, run.stderr).toBe(0);
    expect(run.stderr).toContain('as it was left');
    expect(run.stderr).not.toContain('Installing');
  });
});
