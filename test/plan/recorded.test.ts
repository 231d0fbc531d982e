import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { TaplineError } from '../../src/errors.js';
import { planRun } from '../../src/plan/plan.js';
import type { Block } from '../../src/plan/types.js';
import { openProject } from '../settings/open-project.js';

/** Words and what Meltano 4.4.1 made of them in the project beside this file: blocks with their state IDs, or a refusal. */
const recorded = JSON.parse(readFileSync(join(import.meta.dirname, 'recorded.json'), 'utf8')) as {
  words: string;
  blocks: string[] | 'refused';
}[];
const yaml = readFileSync(join(import.meta.dirname, 'recorded.yml'), 'utf8');

test.each(recorded)('$words', async ({ words, blocks }) => {
  const { project, plugins, settings } = await openProject(yaml, { environment: 'dev', env: { SUFFIX: 'sfx' } });
  const plan = () =>
    planRun(words.split(' ').filter(Boolean), {
      project,
      plugins,
      options: {},
      expandSuffix: (text, tap) => settings.stateIdSuffix(text, tap),
    });
  if (blocks === 'refused') expect(plan).toThrow(TaplineError);
  else expect(plan().groups.flatMap((group) => group.blocks.map(describeBlock))).toEqual(blocks);
});

function describeBlock(block: Block): string {
  if (block.kind === 'command') return `command ${block.name}`;
  const names = [block.tap.name, ...block.mappers.map(({ mapping, name }) => mapping ?? name), block.target.name];
  return `${block.stateId} = ${names.join(' ')}`;
}
