/** Whether a stream gets colours. NO_COLOR wins, then FORCE_COLOR, then: a terminal that is not dumb, outside CI logs. */
export function hasColors(stream: { isTTY?: boolean | undefined }, env: NodeJS.ProcessEnv): boolean {
  if (isSet(env.NO_COLOR)) return false;
  if (isSet(env.FORCE_COLOR)) return true;
  return stream.isTTY === true && env.TERM !== 'dumb';
}

/** Whether lines may be drawn and taken away again. */
export function isInteractive(stream: { isTTY?: boolean | undefined }, env: NodeJS.ProcessEnv): boolean {
  return stream.isTTY === true && env.TERM !== 'dumb' && !isSet(env.CI);
}

/** As the original reads them: present, and not a word for false. */
function isSet(value: string | undefined): boolean {
  return value !== undefined && !['', '0', 'false', 'no', 'off'].includes(value.toLowerCase());
}
