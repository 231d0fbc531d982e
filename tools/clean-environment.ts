/** What a person has set for their own projects must not reach a test. */
for (const name of Object.keys(process.env)) {
  if (/^(MELTANO|TAPLINE|TAP|TARGET)_/.test(name)) delete process.env[name];
}
