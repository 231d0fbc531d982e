import { expect, test } from 'vitest';
import { missingLocks } from '../../src/install/hub/fetch-missing-locks.js';
import { wordsWithin } from '../../src/plan/words.js';
import { loadFiles } from '../project/project-folder.js';

const yaml = `plugins:
  extractors: [{name: tap-a}, {name: tap-b}, {name: tap-c}]
  loaders: [{name: target-x}]
  mappers: [{name: mapper}]
  utilities: [{name: dbt}]
jobs: [{name: nightly, tasks: [tap-b target-x]}]
run_steps:
  load: {commands: [meltano run tap-a target-x --full-refresh, nightly, "tap-c && target-x"]}
  transform: {commands: [invoke dbt:run --models staging.*]}
pipelines: [{id: all, steps: [{run_step: load}, {run_step: transform}, {run_step: gone}]}]
`;

test.each([
  ['all', 'tap-a target-x tap-b target-x dbt:run'],
  ['load', 'tap-a target-x tap-b target-x'],
  ['nightly dbt:run transform', 'tap-b target-x dbt:run dbt:run'],
  ['unknown', 'unknown'],
])('a run of %s reads %s', async (words, read) => {
  expect(wordsWithin(words.split(' '), await loadFiles(yaml)).join(' ')).toBe(read);
});

test('what a pipeline needs from a hub is what its lines name', async () => {
  const names = missingLocks(await loadFiles(yaml), ['all']).map(({ name }) => name);
  expect(names).toEqual(['tap-a', 'tap-b', 'target-x', 'dbt']);
});
