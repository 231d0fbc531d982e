/** One bucket, the original and Tapline by turns: what one keeps there, the other goes on from. History stays in SQLite. */
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { folderWith, tapline } from '../e2e/program.js';
import { meltano } from './meltano.js';
import { type Moto, startMoto } from './moto.js';

const stateId = 'dev:tap-count-to-target-file';

/** Each run loads three numbers more than the state that it is given, and adds them to a file. */
const tap = `#!/usr/bin/env python3
import json, sys
state = json.load(open(sys.argv[sys.argv.index('--state') + 1])) if '--state' in sys.argv else {}
start = state.get('bookmarks', {}).get('n', {}).get('last', 0)
say = lambda message: print(json.dumps(message), flush=True)
say({'type': 'SCHEMA', 'stream': 'n', 'schema': {'properties': {'n': {'type': 'integer'}}}, 'key_properties': ['n']})
for n in range(start + 1, start + 4):
    say({'type': 'RECORD', 'stream': 'n', 'record': {'n': n}})
    say({'type': 'STATE', 'value': {'bookmarks': {'n': {'last': n}}}})
`;
const target = `#!/usr/bin/env python3
import json, sys
for line in sys.stdin:
    message = json.loads(line)
    if message['type'] == 'RECORD':
        open('loaded', 'a').write(str(message['record']['n']) + chr(10))
    if message['type'] == 'STATE':
        print(json.dumps(message['value']), flush=True)
`;
const project = (endpoint: string) => `
default_environment: dev
project_id: 5d4fb5a7-6d0c-4e5b-8a3e-6b6a3b8f1c12
send_anonymous_usage_stats: false
state_backend: {uri: "s3://states/team/prod", s3: {aws_access_key_id: key, aws_secret_access_key: hunter2hunter2, endpoint_url: "${endpoint}"}}
environments: [{name: dev}]
plugins:
  extractors: [{name: tap-count, namespace: tap_count, executable: ./tap.py, capabilities: [state]}]
  loaders: [{name: target-file, namespace: target_file, executable: ./target.py}]
`;

let moto: Moto;
let folder: string;
beforeAll(async () => {
  moto = await startMoto();
});
afterAll(async () => {
  await moto.stop();
  await rm(folder, { recursive: true });
});
beforeEach(async () => {
  folder = await folderWith({ 'meltano.yml': project(moto.endpoint), 'tap.py': tap, 'target.py': target });
});

const original = (...words: string[]) =>
  // Python's SDK looks for an instance's credentials and region where it is given none.
  meltano(moto.meltano, folder, words, { AWS_DEFAULT_REGION: 'us-east-1', AWS_EC2_METADATA_DISABLED: 'true' });
const ours = (...words: string[]) => tapline(folder, words);
const loaded = async () => (await readFile(join(folder, 'loaded'), 'utf8')).trim().split('\n').map(Number);

test('three rounds: no number is lost, none is loaded twice, and no object of ours is a state to the original', async () => {
  let runs = 0;
  for (let round = 0; round < 3; round += 1) {
    for (const run of [original, ours]) {
      expect(await run('run', 'tap-count', 'target-file')).toMatchObject({ code: 0 });
      runs += 1;
      expect(await loaded()).toEqual(Array.from({ length: 3 * runs }, (_, index) => index + 1));
    }
    expect((await original('state', 'list')).stdout.trim()).toBe(stateId);
    expect((await ours('state', 'list')).stdout.trim()).toBe(stateId);
  }
  const state = { singer_state: { bookmarks: { n: { last: 18 } } } };
  expect(JSON.parse((await original('state', 'get', stateId)).stdout)).toEqual(state);
  expect(JSON.parse((await ours('state', 'get', stateId)).stdout)).toEqual(state);
  expect(JSON.parse((await ours('runs', 'list', '--format=json')).stdout).runs.length).toBeGreaterThanOrEqual(3);
  expect((await ours('state', 'history', stateId)).stdout).toContain('by hand');
});

test('the clear of each is seen by the other, and takes no token and no version away', async () => {
  await ours('run', 'tap-count', 'target-file');
  expect(await original('state', 'clear', '--force', stateId)).toMatchObject({ code: 0 });
  expect((await ours('state', 'get', stateId)).stdout).toBe('{}\n');
  expect((await ours('state', 'history', stateId)).stdout).toMatch(/ run /);
  await ours('run', 'tap-count', 'target-file');
  expect((await original('state', 'list')).stdout.trim()).toBe(stateId);
  expect(await ours('state', 'clear', '--force', stateId)).toMatchObject({ code: 0 });
  expect((await original('state', 'list')).stdout.trim()).toBe('');
});
