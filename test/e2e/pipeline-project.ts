/** A project with three taps that are one script: each says in the file `order` when it begins and ends, and does in between what its part says. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { load, messages, record, ScriptedProject, schema, state } from '../faults/scripted-project.js';
import { folderWith } from './program.js';

const tap = `#!/bin/sh
case "$*" in *--discover*) echo '{"streams": []}'; exit 0;; esac
echo "start $NAME" >> order
${messages(schema, record(1), state(1))}
[ -f "$NAME.part" ] && . "./$NAME.part"
echo "end $NAME" >> order
`;

const box = `#!/bin/sh
echo "box $*" >> order
[ -f box.part ] && . ./box.part
exit 0
`;

const plugins = `default_environment: dev
environments: [{name: dev}, {name: prod}]
plugins:
  extractors:
  - {name: tap-a, namespace: tap_a, executable: ./tap.sh, capabilities: [catalog, discover, state], env: {NAME: a}}
  - {name: tap-b, inherit_from: tap-a, env: {NAME: b}}
  - {name: tap-c, inherit_from: tap-a, env: {NAME: c}}
  loaders:
  - {name: target-x, namespace: target_x, executable: ./target.sh}
  utilities:
  - {name: box, namespace: box, executable: ./box.sh, commands: {say: say}}
`;

export class PipelineProject extends ScriptedProject {
  /** `steps`: YAML of run_steps, pipelines and what else follows the plugins. */
  static async of(steps: string, files: Record<string, string> = {}): Promise<PipelineProject> {
    const scripts = { 'tap.sh': tap, 'target.sh': `#!/bin/sh\n${load}\n`, 'box.sh': box };
    return new PipelineProject(await folderWith({ 'meltano.yml': plugins + steps, ...scripts, ...files }));
  }

  /** What has begun and ended, in order. */
  async order(): Promise<string[]> {
    const file = join(this.folder, 'order');
    return existsSync(file) ? (await readFile(file, 'utf8')).trimEnd().split('\n') : [];
  }

  async json<T = Record<string, unknown>>(...args: string[]): Promise<T> {
    return JSON.parse((await this.tapline([...args, '--format=json'])).stdout);
  }

  /** The last run as `runs show` has it. */
  async lastRun(): Promise<{ status: string; blocks: Record<string, unknown>[] }> {
    const { runs } = await this.json<{ runs: { run_id: string }[] }>('runs', 'list');
    return this.json('runs', 'show', runs[0]?.run_id ?? '');
  }
}

/** Goes on when the other is there too: one after the other, this would wait forever. */
export const meet = (own: string, other: string): string =>
  `touch met-${own}; while [ ! -e met-${other} ]; do sleep 0.02; done`;

/** Waits for TERM, having said that it does. */
export const wait = `trap 'exit 0' TERM; echo waiting >&2; while :; do sleep 0.05; done`;
