/**
 * `npm run charts:keys`: writes down the names of the values of the charts whose values a stack may set, read from the packaged
 * charts in the cache directory. Names and types
 * only: no default and no comment of a chart is kept.
 */
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { charts } from "./lock";
import { packagedKeys } from "./packagedKeys";
import { cachedChartFile, chartSource } from "./source";
import { type ChartKeys, chartKeysFile, chartsWithKeys } from "./valueTree";

/** One line for each of the chart's first keys, so that a new version shows as a small difference. */
function written({ version, keys }: ChartKeys): string {
  const lines = Object.keys(keys)
    .toSorted()
    .map((key) => `    ${JSON.stringify(key)}: ${JSON.stringify(keys[key])}`);
  return `{\n  "version": ${JSON.stringify(version)},\n  "keys": {\n${lines.join(",\n")}\n  }\n}\n`;
}

for (const name of chartsWithKeys) {
  const file = cachedChartFile(name);
  if (!existsSync(file)) {
    console.error(`${name} ${charts[name].version}: not at ${file}; fetch it with npm run charts:pull`);
    process.exitCode = 1;
    continue;
  }
  const found = packagedKeys(chartSource(name).chart);
  if (found.version !== charts[name].version) {
    throw new Error(`${file} holds version ${found.version}, not ${charts[name].version}`);
  }
  mkdirSync(dirname(chartKeysFile(name)), { recursive: true });
  writeFileSync(chartKeysFile(name), written(found));
  console.log(`${name} ${charts[name].version}: ${Object.keys(found.keys).length} values`);
}
