/** Names in SQLite: any text is one when quoted, and ASCII letters mean the same in both cases. */

export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** Two names with the same fold are one name to SQLite. */
export function foldName(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase());
}

/** A table's name: without what no name may have, and not one of SQLite's own. */
export function tableName(name: string): string {
  const clean = name.replaceAll('\0', '');
  return clean === '' || foldName(clean).startsWith('sqlite_') ? `_${clean}` : clean;
}

/**
 * Columns for properties. A name that another one has already, but for the case of its letters, gets a number
 * (`ID__2`). A column that the table has with just this name stays that property's; else names are given in
 * the order of the alphabet, so that each run gives the same ones.
 */
export function columnsFor(properties: readonly string[], existing: readonly string[]): Map<string, string> {
  const taken = new Map<string, string>();
  const columns = new Map<string, string>();
  const give = (property: string, column: string): void => {
    columns.set(property, column);
    taken.set(foldName(column), property);
  };
  const exact = new Set(existing);
  for (const property of properties) if (exact.has(property)) give(property, property);
  const rest = properties.filter((property) => !columns.has(property));
  for (const property of [...rest].sort()) {
    const base = property.replaceAll('\0', '') || '_';
    let column = base;
    for (let count = 2; taken.has(foldName(column)); count += 1) column = `${base}__${count}`;
    give(property, column);
  }
  return new Map(properties.map((property) => [property, columns.get(property) ?? property]));
}
