/**
 * A cloud account that exists on this machine only. The real engine is pointed at it by `PULUMI_DEBUG_PROVIDERS`; a
 * program cannot tell, except that every value in it is recognisably made up.
 */
import { Account } from "./account";
import { awsPackage } from "./aws/provider";
import { awsxPackage } from "./awsx";
import { eksPackage } from "./eks";
import type { EachTypeOnce, FailureRule } from "./failures";
import { kubernetesPackage } from "./kubernetes/provider";
import { type Operation, Operations } from "./operations";
import type { Cloud } from "./provider";
import { randomPackage } from "./random";
import { serve } from "./service";
import { tlsPackage } from "./tls";

export type { Account } from "./account";
export { EachTypeOnce, type FailureRule } from "./failures";
export type { Operation } from "./operations";

export interface CloudOptions {
  /** JSON file that keeps the account between runs; a journal beside it takes each operation as it happens. */
  stateFile: string;
  /** Region where no provider says another. Default `eu-central-1`. */
  region?: string;
  /** Images that nobody has pushed, as `path:tag`. Default none: every repository that exists holds what it is asked for. */
  missingImages?: string[];
  /** What is to fail. */
  failures?: FailureRule[];
  /** Makes the first operation on each type fail. */
  eachTypeOnce?: EachTypeOnce;
  /** Calls `onKill` once so many operations have happened, before the engine hears of the last one. */
  killAfterOperations?: number;
  onKill?: () => void;
  /** Where to render charts. Without it a chart registers no objects, and a notice says so. */
  helm?: { binary: string; chartCacheDir: string };
  onNotice?: (text: string) => void;
  /** Time each operation takes. Default 0. */
  latencyMillis?: number;
}

export interface SimulatedCloud {
  /** Value for `PULUMI_DEBUG_PROVIDERS`. */
  debugProviders: string;
  account: Account;
  /** Creates, updates and deletes that happened in this run, in order. */
  operations: Operation[];
  /** Failures that were asked for and never met. */
  unmatchedFailures(): FailureRule[];
  /** Writes the account's state and stops serving. */
  close(): Promise<void>;
}

/** @throws when the state file holds something else than the state of a simulated account. */
export async function startSimulatedCloud(options: CloudOptions): Promise<SimulatedCloud> {
  const account = new Account(options.stateFile);
  const operations = new Operations(
    options.failures,
    options.killAfterOperations,
    options.onKill,
    options.latencyMillis ?? 0,
    options.eachTypeOnce,
  );
  const cloud: Cloud = {
    account,
    region: options.region ?? "eu-central-1",
    ...(options.helm === undefined ? {} : { helm: options.helm }),
    missingImages: options.missingImages ?? [],
    notice: options.onNotice ?? (() => undefined),
  };
  const packages = [awsPackage, awsxPackage, eksPackage, kubernetesPackage, randomPackage, tlsPackage];
  const served = await Promise.all(packages.map((pack) => serve(pack, cloud, operations)));
  let closed = false;
  return {
    debugProviders: packages.map(({ name }, index) => `${name}:${served[index]!.port}`).join(","),
    account,
    operations: operations.done,
    unmatchedFailures: () => operations.failures.unmatched(),
    close: async () => {
      if (closed) return;
      closed = true;
      operations.close();
      await Promise.all(served.map((each) => each.close()));
      account.close();
    },
  };
}
