import { TaplineError } from '../../../errors.js';
import type { OptionsOf } from '../../../option-definition.js';
import type { databaseUri } from '../../options/common.js';
import type { scheduleDefinitions } from '../../options/project.js';

export type ScheduleOptions = OptionsOf<typeof scheduleDefinitions & typeof databaseUri>;

/** A schedule runs a job or a pair of plugins, never both. */
export function refuseMix({ job, extractor, loader, transform }: ScheduleOptions): void {
  if (!job || !(extractor || loader || transform)) return;
  throw new TaplineError('SCHEDULE_INVALID', 'Cannot mix --job with --extractor/--loader/--transform');
}
