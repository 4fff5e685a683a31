/** `npm run charts:pull`: fetches every chart of the lock table into the cache directory, and refuses what is not what it names. */
import { type ChartName, charts } from "../charts/lock";
import { pullChart } from "../charts/pull";
import { findHelm } from "./helm";
import { during } from "./progress";

async function pullAll(): Promise<void> {
  const helm = await during(findHelm);
  for (const name of Object.keys(charts) as ChartName[]) {
    const title = `${name} ${charts[name].version}`;
    try {
      console.log(`${title}: ${await pullChart(name, helm)}`);
    } catch (error) {
      process.exitCode = 1;
      console.error(`${title}: ${error instanceof Error ? error.message : error}`);
    }
  }
}

pullAll().catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});
