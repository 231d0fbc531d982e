/** What a person has set for their own projects must not reach a test. */
for (const name of Object.keys(process.env)) {
  if (/^(MELTANO|TAPLINE|TAP|TARGET)_/.test(name)) delete process.env[name];
}

// Vitest starts its workers with a preloaded file of its own, and `fork` hands such options on. Programs that tests
// start run as they do elsewhere; and one that runs as another user may not be able to read that file.
process.execArgv = [];
