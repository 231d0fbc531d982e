/** Runs one extractor and one loader with a state ID that the caller chooses, as `el` and `elt` do. */
import { TaplineError } from '../../errors.js';
import { chainBlockOf, type ExtractLoad, planExtractLoad } from '../../plan/plan-extract-load.js';
import type { BlockOptions } from '../../plan/types.js';
import type { ChainFile } from '../../run/alone/chain-dump.js';
import type { RunResult } from '../../run/types.js';
import type { Session } from '../../session/session.js';
import { logEvents } from '../log-events.js';
import { completeRunOptions, executePlan, type Observe, type RunChoices } from './execute-plan.js';

export interface ExtractLoadRequest {
  extractor: string;
  loader: string;
  /** Without it, state is kept under an ID that no other run uses. */
  stateId?: string | undefined;
  transform?: 'skip' | 'only' | 'run' | undefined;
  blockOptions: BlockOptions;
  runOptions: RunChoices;
}

export async function extractLoad(session: Session, request: ExtractLoadRequest, observe: Observe): Promise<RunResult> {
  const chain = await chainOf(session, request);
  const options = await completeRunOptions(request.runOptions, chain.options, session);
  return executePlan(planExtractLoad(chain), options, session, observe);
}

/** Returns the text of a file that a plugin would get, without running anything. */
export async function dumpChain(session: Session, request: ExtractLoadRequest, file: ChainFile): Promise<string> {
  const chain = await chainOf(session, request);
  const { dumpChainFile } = await import('../../run/alone/chain-dump.js');
  return dumpChainFile(file, chainBlockOf(chain), await session.world(), [await logEvents(await session.log())]);
}

async function chainOf(session: Session, request: ExtractLoadRequest): Promise<ExtractLoad> {
  await session.fetchMissingLocks([request.extractor, request.loader]);
  const plugins = await session.plugins();
  const tap = plugins.get(request.extractor, 'extractors');
  const target = plugins.get(request.loader, 'loaders');
  return {
    tap,
    target,
    stateId: request.stateId ?? (await ephemeralStateId(session, request)),
    // As in the original, each `el` discovers the catalog again.
    options: { ...request.blockOptions, refreshCatalog: true },
    transform: await transformOf(request.transform, session),
  };
}

/** The form of the original. */
async function ephemeralStateId(session: Session, { extractor, loader }: ExtractLoadRequest): Promise<string> {
  const [date, time] = new Date().toISOString().slice(0, 19).split('T');
  const stateId = `${date}T${time?.replaceAll(':', '')}--${extractor}--${loader}`;
  (await session.log()).warning(
    `No state ID provided. Using an ephemeral state ID '${stateId}'. Incremental replication state will not be reused between runs. To persist state across runs, pass \`--state-id=<your_id>\`.`,
  );
  return stateId;
}

async function transformOf(how: ExtractLoadRequest['transform'], session: Session): Promise<ExtractLoad['transform']> {
  if (how === undefined || how === 'skip') return undefined;
  (await session.log()).warning('the option --transform is deprecated', {
    hint: 'Name the blocks instead: `tapline run tap-x target-y dbt:run`.',
  });
  const plugins = await session.plugins();
  const transformer = plugins.find('dbt', 'transformers');
  if (transformer !== undefined) return { transformer, only: how === 'only' };
  throw new TaplineError('PLUGIN_UNKNOWN', "--transform requires a transformer named 'dbt'", {
    hint: 'Run a plugin of another name as a block: tapline run tap-x target-y dbt-postgres:run',
  });
}
