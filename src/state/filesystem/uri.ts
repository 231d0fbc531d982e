import { isAbsolute } from 'node:path';
import { TaplineError } from '../../errors.js';

/** The folder that `file:///abs/dir` names; taken literally, as in the original: `%20` is not a blank. */
export function parseFolderUri(uri: string): string {
  const path = uri.trim().replace(/^file:(?:\/\/(?:localhost(?=\/))?)?/i, '');
  if (isAbsolute(path) && !path.includes('\0')) return path.length > 1 ? path.replace(/\/+$/, '') || '/' : path;
  throw new TaplineError('STATE_BACKEND_UNKNOWN', `state_backend.uri names no absolute folder: ${uri.trim()}`, {
    hint: 'Write it with three slashes: file:///absolute/folder. In meltano.yml, use $MELTANO_PROJECT_ROOT: file://$MELTANO_PROJECT_ROOT/state.',
  });
}
