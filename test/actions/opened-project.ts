/** A project in a folder of its own, opened without a command line. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach } from 'vitest';
import { loadProject } from '../../src/project/load.js';
import { createSession, type Session } from '../../src/session/session.js';
import type { SessionOptions } from '../../src/session/session-options.js';

const made: { folder: string; sessions: Session[] }[] = [];

afterEach(async () => {
  for (const { folder, sessions } of made.splice(0)) {
    for (const session of sessions) await session.close();
    await rm(folder, { recursive: true, force: true });
  }
});

export const yaml = `version: 1
project_id: 11111111-2222-3333-4444-555555555555
default_environment: dev
environments: [{name: dev}]
plugins:
  extractors: [{name: tap-x, namespace: tap_x, executable: ./tap.sh, capabilities: [state]}]
  loaders: [{name: target-x, namespace: target_x, executable: ./target.sh}]
`;

export class OpenedProject {
  readonly #sessions: Session[] = [];

  private constructor(readonly folder: string) {
    made.push({ folder, sessions: this.#sessions });
  }

  static async of(files: Record<string, string> = { 'meltano.yml': yaml }): Promise<OpenedProject> {
    const project = new OpenedProject(await mkdtemp(join(tmpdir(), 'tapline-actions-')));
    for (const [name, text] of Object.entries(files)) await project.put(name, text);
    return project;
  }

  async put(name: string, text: string): Promise<void> {
    const file = join(this.folder, name);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
  }

  async open(access: SessionOptions['access'] = 'write', env: NodeJS.ProcessEnv = {}): Promise<Session> {
    const variables = { PATH: process.env.PATH, HOME: this.folder, ...env };
    const project = await loadProject({ cwd: this.folder, env: variables });
    const stderr = { isTTY: false, columns: 80, line: () => undefined, live: () => undefined, redraw: () => undefined };
    const session = createSession(project, {
      cwd: this.folder,
      env: variables,
      access,
      log: {},
      stderr,
    });
    this.#sessions.push(session);
    return session;
  }
}
