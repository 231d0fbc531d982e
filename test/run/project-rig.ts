import { randomUUID } from 'node:crypto';
import { chmod, mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createStderrWriter } from '../../src/observe/stderr.js';
import { planRun } from '../../src/plan/plan.js';
import type { RunEvent, RunEventBody } from '../../src/run/events.js';
import { run } from '../../src/run/run.js';
import type { RunOptions, RunResult, World } from '../../src/run/types.js';
import { openSession, type Session } from '../../src/session/session.js';

type EventOf<Type extends RunEventBody['type']> = Extract<RunEvent, { type: Type }>;

/** A run under way, and all that it tells. */
export interface Running {
  result: Promise<RunResult>;
  events: RunEvent[];
  /** The first event of that type for which `test` holds, those before included. */
  event<Type extends RunEventBody['type']>(
    type: Type,
    test?: (event: EventOf<Type>) => boolean,
  ): Promise<EventOf<Type>>;
  of<Type extends RunEventBody['type']>(type: Type): EventOf<Type>[];
}

export interface Rig {
  root: string;
  session: Session;
  world: World;
  start(words: string, options?: Partial<RunOptions>, world?: World): Running;
  run(words: string, options?: Partial<RunOptions>, world?: World): Promise<RunResult & { events: RunEvent[] }>;
  close(): Promise<void>;
}

/** A project in a fresh folder, opened as commands open theirs. `files` are made executable. */
export async function projectRig(
  yaml: string,
  files: Record<string, string> = {},
  env: Record<string, string> = {},
  root?: string,
): Promise<Rig> {
  const folder = root ?? (await realpath(await mkdtemp(join(tmpdir(), 'run-'))));
  if (root === undefined) await writeProject(folder, yaml, files);
  const session = await openSession({
    cwd: folder,
    env: { PATH: process.env.PATH, ...env },
    policy: 'required',
    access: 'write',
    log: {},
    stderr: createStderrWriter({ write: () => true }),
  });
  const world = await session.world();
  const start = (words: string, options: Partial<RunOptions> = {}, itsWorld = world) =>
    startRun(itsWorld, words, options);
  return {
    root: folder,
    session,
    world,
    start,
    run: async (words, options, itsWorld) => {
      const running = start(words, options, itsWorld);
      return { ...(await running.result), events: running.events };
    },
    close: async () => {
      await session.close();
      if (root === undefined) await rm(folder, { recursive: true, force: true });
    },
  };
}

async function writeProject(root: string, yaml: string, files: Record<string, string>): Promise<void> {
  for (const [name, text] of Object.entries({ ...files, 'meltano.yml': yaml })) {
    const path = join(root, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
    if (text.startsWith('#!')) await chmod(path, 0o755);
  }
}

function startRun(world: World, words: string, options: Partial<RunOptions>): Running {
  const events: RunEvent[] = [];
  const waiting = new Set<() => void>();
  const take = (event: RunEvent) => {
    events.push(event);
    for (const check of [...waiting]) check();
  };
  const { project, plugins, settings } = world;
  const context = {
    project,
    plugins,
    options: options.defaults ?? {},
    expandSuffix: settings.stateIdSuffix,
  };
  const plan = planRun(words.split(' '), context);
  const of = <Type extends RunEventBody['type']>(type: Type) =>
    events.filter((event): event is EventOf<Type> => event.type === type);
  return {
    result: run(plan, { runId: randomUUID(), ...options }, world, [take]),
    events,
    of,
    event: (type, test = () => true) =>
      new Promise((resolve) => {
        const check = () => {
          const found = of(type).find(test);
          if (found === undefined) return;
          waiting.delete(check);
          resolve(found);
        };
        waiting.add(check);
        check();
      }),
  };
}

/** A tap that shows what it was given under `seen/`, then prints `data.jsonl`. */
const tapScript = `#!/bin/sh
mkdir -p seen
echo "$@" >> seen/tap.args
printf '%s\\n' "$SINGER_SDK_LOG_CONFIG" > seen/tap.logging
while [ $# -gt 0 ]; do
  case $1 in
    --config|-c) cp "$2" seen/tap.config.json; stat -c %a "$2" > seen/tap.mode; stat -c %a "$(dirname "$2")" >> seen/tap.mode; shift;;
    --catalog|--properties|-p) cp "$2" seen/tap.catalog.json; shift;;
    --state|-s) if [ -f "$2" ]; then cp "$2" seen/tap.state; else echo "$2" > seen/tap.state; fi; shift;;
    --discover|-d) echo discover >> seen/calls; if [ -f discover.sh ]; then exec sh discover.sh; fi; exec cat catalog.json;;
  esac
  shift
done
echo sync >> seen/calls
exec cat data.jsonl
`;

/** A target that keeps its lines in \`out.jsonl\` and prints the states. */
const targetScript = `#!/bin/sh
while IFS= read -r line; do
  case $line in
    *'"STATE"'*) printf '%s\\n' "$line" | sed 's/.*"value": *\\(.*\\)}$/\\1/';;
    *) printf '%s\\n' "$line" >> out.jsonl;;
  esac
done
`;

export const data = (id: number) =>
  `{"type":"SCHEMA","stream":"users","schema":{"properties":{"id":{}}},"key_properties":["id"]}
{"type":"RECORD","stream":"users","record":{"id":${id}}}
{"type":"STATE","value":{"bookmarks":{"users":{"id":${id}}}}}
`;

const root = [{ breadcrumb: [], metadata: { inclusion: 'available' } }];

export const catalogText = JSON.stringify({
  streams: [
    { tap_stream_id: 'users', stream: 'users', schema: { properties: { id: {}, email: {} } }, metadata: root },
    { tap_stream_id: 'orders', stream: 'orders', schema: { properties: { id: {} } }, metadata: root },
  ],
});

export const simpleProject = (tap = '', more = '') => `
environments: [{name: dev}]
default_environment: dev
plugins:
  extractors:
  - name: tap-x
    namespace: tap_x
    executable: ./tap.sh
    capabilities: [catalog, discover, state]
    settings: [{name: token, sensitive: true}]
    config: {token: s3cr3t-token, rows: 2}
${tap}
  loaders:
  - name: target-x
    namespace: target_x
    executable: ./target.sh
${more}
`;

export const simpleFiles = {
  'tap.sh': tapScript,
  'target.sh': targetScript,
  'catalog.json': catalogText,
  'data.jsonl': data(1),
};
