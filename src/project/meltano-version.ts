import { type SourceLocation, TaplineError } from '../errors.js';

/** The version of Meltano whose behaviour this program follows; `requires_meltano` and MELTANO_USER_AGENT speak of it. */
export const meltanoVersion = '4.4.1';

/**
 * Compares a PEP 440 specifier (`>=4,<5`, `~=4.2`) with `meltanoVersion`. `owner` is who asks: "This project",
 * "The extractor 'tap-x'". Throws PROJECT_REQUIRES where it is not met, or is not a specifier.
 */
export async function checkRequiresMeltano(
  specifier: string | undefined,
  owner: string,
  at?: SourceLocation | undefined,
): Promise<void> {
  if (specifier === undefined || specifier.trim() === '') return;
  // Bundled CommonJS has its default export only.
  const {
    default: { satisfies, validRange },
  } = await import('@renovatebot/pep440');
  if (!validRange(specifier)) {
    throw new TaplineError(
      'PROJECT_REQUIRES',
      `${owner} has a requires_meltano that is not a version specifier: '${specifier}'.`,
      {
        at,
        hint: "Write a PEP 440 specifier such as '>=4.0,<5'.",
      },
    );
  }
  if (satisfies(meltanoVersion, specifier)) return;
  throw new TaplineError(
    'PROJECT_REQUIRES',
    `${owner} requires Meltano ${specifier}; this program behaves like Meltano ${meltanoVersion}.`,
    { at, hint: 'Change requires_meltano, or run it with a program of that version.' },
  );
}
