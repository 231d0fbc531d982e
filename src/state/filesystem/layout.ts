/**
 * Where things lie under the state folder:
 *
 *     <state id>/state.json             the original's, written by both
 *     <state id>/lock                   the original's, held around each write
 *     .tapline/<state id>/lease.7.json  ours: one record a lease, the highest number is the one in force
 *     .tapline/<state id>/versions/3.json
 *     .tapline/<state id>/draft-*       files before they are renamed into place
 *
 * Ours lie beside the state IDs and not in their folders, because the original's `state clear` removes the whole folder:
 * a lease would vanish while it is held, its token begin again at 1, and the versions go with it. The original never
 * looks into `.tapline`, since its `*` leaves out names that begin with a dot.
 */
import { join } from 'node:path';
import { checkStateId, invalidStateId } from '../state-id.js';

const ownFolderName = '.tapline';
/** A file name's limit on all common file systems. */
const maxNameLength = 255;

export class StateFolder {
  readonly root: string;

  constructor(root: string) {
    this.root = root;
  }

  ownRoot(): string {
    return join(this.root, ownFolderName);
  }

  state(stateId: string): string {
    return join(this.root, stateId, 'state.json');
  }

  stateFolder(stateId: string): string {
    return join(this.root, stateId);
  }

  lock(stateId: string): string {
    return join(this.root, stateId, 'lock');
  }

  own(stateId: string): string {
    return join(this.ownRoot(), stateId);
  }

  lease(stateId: string, token: number): string {
    return join(this.own(stateId), `lease.${token}.json`);
  }

  versions(stateId: string): string {
    return join(this.own(stateId), 'versions');
  }

  version(stateId: string, version: number): string {
    return join(this.versions(stateId), `${version}.json`);
  }
}

/**
 * Throws STATE_ID_INVALID for what can't be a folder's name as it stands: a state ID must never lead out of the state
 * folder. (On Windows, where `:` is not allowed either, the original uses the base64 of the ID; not done here yet.)
 */
export function checkFolderName(stateId: string): void {
  checkStateId(stateId);
  if (/[/\\]/.test(stateId))
    throw invalidStateId(stateId, 'with state in files, a state ID is the name of a folder and can have no slash');
  if (stateId === '.' || stateId === '..' || stateId === ownFolderName) {
    throw invalidStateId(
      stateId,
      'with state in files, a state ID is the name of a folder, and this name has another meaning',
    );
  }
  if (Buffer.byteLength(stateId) > maxNameLength) {
    throw invalidStateId(
      stateId,
      `with state in files, a state ID is the name of a folder, of at most ${maxNameLength} bytes`,
    );
  }
}
