import { plainNumber } from '../exact-number.js';
import { isMap, textOf } from '../values.js';
import { envMap } from './environments.js';
import type { Pipeline, RunStep } from './types.js';

/** `run_steps:`, whose shape the schema has checked. What the values mean is found out when a plan is made of them. */
export function readRunSteps(value: unknown): RunStep[] {
  return Object.entries(isMap(value) ? value : {}).map(([name, step]) => {
    const { commands, jobs, run_dir, env, timeout } = isMap(step) ? step : {};
    return {
      name,
      commands: textsOf(commands),
      jobs: numberOf(jobs),
      runDir: textOf(run_dir),
      env: envMap(env),
      timeout: durationOf(timeout),
    };
  });
}

/** `pipelines:`, whose shape the schema has checked. */
export function readPipelines(value: unknown): Pipeline[] {
  return (Array.isArray(value) ? value : []).filter(isMap).map((item) => ({
    id: String(item.id),
    steps: (Array.isArray(item.steps) ? item.steps : []).map((step) => String(isMap(step) ? step.run_step : step)),
    interval: textOf(item.interval),
    timezone: textOf(item.timezone),
    retries: numberOf(item.retries),
    retryDelay: durationOf(item.retry_delay),
    maxAgeHours: numberOf(item.max_age_hours),
    env: envMap(item.env),
    after: textsOf(item.after),
    owner: textOf(item.owner),
    tags: textsOf(item.tags),
  }));
}

function textsOf(value: unknown): string[] {
  if (value === null || value === undefined) return [];
  return (Array.isArray(value) ? value : [value]).map(String);
}

function durationOf(value: unknown): string | number | undefined {
  return numberOf(value) ?? textOf(value);
}

function numberOf(value: unknown): number | undefined {
  const number = plainNumber(value);
  return typeof number === 'number' ? number : undefined;
}
