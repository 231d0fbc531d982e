/** Names as Airflow takes them, for whatever names a project has. */
import { createHash } from 'node:crypto';

/** Airflow takes 250 characters, for a task with the ID of its group before it. */
const maxLength = 100;

/** The same for the same name. One that had to be changed gets a hash, so that two names stay two. */
export function dagId(name: string): string {
  const plain = withPlainCharacters(name);
  if (plain === name && name.length <= maxLength && /^[A-Za-z0-9]/.test(name)) return name;
  const hash = createHash('sha256').update(name).digest('hex').slice(0, 8);
  return `${plain.replace(/^[^A-Za-z0-9]+/, '').slice(0, maxLength)}-${hash}`.replace(/^-/, '');
}

/** Names that are taken, by which a further one gets a number. */
export class Names {
  private readonly taken = new Set<string>();

  unique(name: string): string {
    const plain = withPlainCharacters(name).slice(0, maxLength);
    let free = plain;
    for (let count = 2; this.taken.has(free); count += 1) free = `${plain}_${count}`;
    this.taken.add(free);
    return free;
  }
}

function withPlainCharacters(name: string): string {
  return name.replace(/[^A-Za-z0-9_.-]+/g, '_');
}

/** The name of a variable in Python. */
export function identifier(name: string): string {
  return name.replace(/[^A-Za-z0-9_]/g, '_');
}
