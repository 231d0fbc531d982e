/** What is wrong with a project, found without secrets, stores, installations or a network. */
import { hasCode, type TaplineError } from '../errors.js';
import { checkDefaultEnvironment, checkEnvironmentPlugins, checkStateIdSuffix } from './validate/check-environments.js';
import { checkEnvironmentValues, checkPlugins } from './validate/check-plugins.js';
import { checkRequiredSettings } from './validate/check-required-settings.js';
import { checkSchedules } from './validate/check-schedules.js';
import { checkVariables } from './validate/check-variables.js';
import { checkJobs, checkPipelines, checkRunSteps } from './validate/check-words.js';
import { type Finding, findingOf, type ValidationSubject, warningOf } from './validate/finding.js';

export type { Finding, ValidationSubject } from './validate/finding.js';

/** All findings of a project that could be read, in the order of their places. */
export async function validateProject(
  base: ValidationSubject,
  environments: readonly ValidationSubject[],
): Promise<Finding[]> {
  const own = [
    ...base.project.warnings.map(warningOf),
    ...checkPlugins(base),
    ...checkVariables(base),
    ...checkRequiredSettings(environments.length > 0 ? environments : [base]),
    ...checkDefaultEnvironment(base.project),
    ...checkJobs(base),
    ...checkRunSteps(base),
    ...(await checkPipelines(base)),
    ...(await checkSchedules(base)),
  ];
  const inEnvironments = environments.flatMap((subject) => {
    const environment = subject.project.environment?.name;
    const findings = [
      ...checkStateIdSuffix(subject.project),
      ...checkEnvironmentPlugins(subject),
      ...checkEnvironmentValues(subject),
      ...checkVariables(subject),
    ];
    return findings.map((finding) => ({ ...finding, environment }));
  });
  return sorted(distinct([...own, ...inEnvironments]), base.project.files);
}

/** A fault that kept the project from being read, or all of them where the file has several. */
export function findingsOf(error: TaplineError): Finding[] {
  if (!hasCode(error, 'PROJECT_SHAPE') || error.data === undefined) return [findingOf(error)];
  return error.data.faults.map(({ message, hint, at }) => {
    return { severity: 'error', code: error.code, message, hint, at };
  });
}

/** What several jobs or environments show is one finding. */
function distinct(findings: readonly Finding[]): Finding[] {
  const byText = new Map<string, Finding>();
  for (const each of findings) {
    const key = JSON.stringify([each.message, each.at]);
    if (!byText.has(key)) byText.set(key, each);
  }
  return [...byText.values()];
}

function sorted(findings: Finding[], files: readonly string[]): Finding[] {
  const order = ({ at }: Finding) => (at === undefined ? Number.POSITIVE_INFINITY : files.indexOf(at.file));
  return findings.sort(
    (a, b) => order(a) - order(b) || (a.at?.line ?? 0) - (b.at?.line ?? 0) || (a.at?.col ?? 0) - (b.at?.col ?? 0),
  );
}
