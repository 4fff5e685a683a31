/** `npm run charts:pull`: fetches every chart of the lock table into the cache directory, and refuses what is not what it names. */
import { type ChartName, charts } from "./lock";
import { pullChart } from "./pull";

async function pullAll(): Promise<void> {
  for (const name of Object.keys(charts) as ChartName[]) {
    const title = `${name} ${charts[name].version}`;
    try {
      console.log(`${title}: ${await pullChart(name)}`);
    } catch (error) {
      process.exitCode = 1;
      console.error(`${title}: ${error instanceof Error ? error.message : error}`);
    }
  }
}

void pullAll();
