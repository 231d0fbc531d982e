/** Loaded before a Node program: at its end, writes its own processor time and its peak memory to BENCH_USAGE_FILE. */
const { writeFileSync } = require('node:fs');

const file = process.env.BENCH_USAGE_FILE;
delete process.env.BENCH_USAGE_FILE;
process.on('exit', () => {
  const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
  const usage = { cpuSeconds: (userCPUTime + systemCPUTime) / 1e6, peakMegabytes: (maxRSS * 1024) / 1e6 };
  writeFileSync(file, JSON.stringify(usage));
});
