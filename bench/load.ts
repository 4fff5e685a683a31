import { performance } from "node:perf_hooks";

// Loads the program without running it: everything its modules import.
const started = performance.now();
require("../index");
process.stdout.write(
  JSON.stringify({ seconds: (performance.now() - started) / 1000, peakMiB: process.resourceUsage().maxRSS / 1024 }),
);
process.exit();
