/**
 * How much of a state's past is kept. A run saves a checkpoint as often as once a second, so its older ones go first:
 * what somebody wants to return to is where a run began and ended, not each second of the last one.
 */
export const keptVersions = { perState: 20, perRun: 2 } as const;
