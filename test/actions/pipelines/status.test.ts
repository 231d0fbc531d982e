import { expect, it } from 'vitest';
import { readPipelineStatus } from '../../../src/actions/pipelines/status.js';
import { OpenedProject, yaml } from '../opened-project.js';

const pipelines = `
run_steps:
  load: {commands: [tap-x target-x]}
pipelines:
- {id: nightly, steps: [{run_step: load}], interval: '0 3 * * *', timezone: Europe/Berlin, max_age_hours: 24}
- {id: by-hand, steps: [{run_step: load}]}
`;

it('tells the next run and the age of pipelines, without a database', async () => {
  const session = await (await OpenedProject.of({ 'meltano.yml': yaml + pipelines })).open('read');
  const now = new Date('2026-01-15T12:00:00Z');
  expect(await readPipelineStatus(session.project.pipelines, session, now)).toMatchObject([
    { pipeline: { id: 'nightly' }, nextRunAt: new Date('2026-01-16T02:00:00Z'), lastRun: undefined, isStale: true },
    { pipeline: { id: 'by-hand' }, nextRunAt: undefined, isStale: undefined },
  ]);
  expect(await session.existingHistory()).toBeUndefined();
});
