import { Option } from 'commander';

/** `--safe` (default) and `--unsafe`, one value. */
export function safeOptions(): Option[] {
  return [
    new Option('--safe', 'hide the values of sensitive settings').default(true),
    new Option('--unsafe', 'show them').implies({ safe: false }),
  ];
}
