import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { parse } from "yaml";
import { type Cost, costOf, regionOf } from "../../report/cost/cost";
import { readPrices } from "../../report/cost/prices";
import { PlanIndex } from "../../report/planIndex";
import { madeUpKubeconfig } from "../program/kubeconfig";
import { TestStack } from "../program/runs";

const file = (stack: string) => join(__dirname, `${stack}.json`);

/** What a golden bill keeps: sums and lines, without what the price file says anyway. */
function bill({ idleUsd, mostUsd, lines }: Cost) {
  const kept = lines.map(({ name, what, price, idle, most, idleUsd: from, mostUsd: to }) =>
    [
      what === undefined ? name : `${name}: ${what}`,
      price,
      `${idle} to ${most}`,
      `${from ?? "?"} to ${to ?? "?"}`,
    ].join(" | "),
  );
  return { idleUsd, mostUsd, lines: kept };
}

/** Computed by hand from the price file and the stack file, in the order of the stack file. */
const byHand: Record<string, { idle: number[]; most: number[] }> = {
  dev: {
    // EKS; system, apps and training: machines, then disks of 50 GiB; NAT gateway and its address; load balancer;
    // database, its storage; volumes of Prometheus, Grafana and Alertmanager; homes; 3 keys; 4 secrets.
    idle: [73, 66.58, 78.11, 0, 4.4, 4.4, 0, 35.04, 3.65, 18.4, 25.55, 2.54, 1.76, 0.44, 0.18, 0, 3, 1.6],
    most: [73, 199.73, 312.44, 312.44, 13.2, 17.6, 8.8, 35.04, 3.65, 18.4, 25.55, 12.7, 1.76, 0.44, 0.18, 8.8, 3, 1.6],
  },
  prod: {
    // EKS; system, apps, serving, training, notebooks-gpu and serving-gpu (the price of g5.xlarge); disks of the eight groups; 3 gateways,
    // 3 addresses, 12 endpoints in 3 zones; load balancer; volumes; homes; 3 keys; 4 secrets. The database, the endpoint, r7i.xlarge,
    // g6.2xlarge and alarms have no known price.
    idle: [73, 246.05, 492.09, 419.43, 13.2, 13.2, 13.2, 105.12, 10.95, 289.08, 18.4, 17.6, 0.44, 0.18, 3, 1.6],
    most: [
      ...[73, 492.09, 1476.28, 1677.72, 6561.24, 3279.16, 3279.16],
      ...[26.4, 39.6, 52.8, 176, 176, 52.8, 105.6, 52.8],
      ...[105.12, 10.95, 289.08, 18.4, 17.6, 0.44, 0.18, 176, 3, 1.6],
    ],
  },
  local: { idle: [], most: [] },
  // A key. Requests, storage and jobs are billed by use; alarms have no known price.
  lean: { idle: [1], most: [1] },
};

/** Stacks whose file is an example. */
const examples: Record<string, Record<string, unknown>> = {
  lean: parse(readFileSync(join(__dirname, "..", "..", "docs", "examples", "lean.yaml"), "utf8")),
};

const total = (amounts: number[]) => Math.round(amounts.reduce((sum, each) => sum + each, 0) * 100) / 100;

describe("The bill of each stack file, on the simulated cloud", function () {
  this.timeout(600_000);
  const folder = mkdtempSync(join(tmpdir(), "mlplatform-bills-"));
  after(() => rmSync(folder, { recursive: true }));

  for (const [stack, { idle, most }] of Object.entries(byHand)) {
    it(`is for ${stack} as computed by hand, and line by line as kept`, async () => {
      const kubeconfig = join(folder, "kubeconfig.yaml");
      writeFileSync(kubeconfig, madeUpKubeconfig("kind-mlplatform"));
      const run = new TestStack(stack, examples[stack]);
      try {
        const overrides = stack === "local" ? [`foundation.kubeconfig=${kubeconfig}`] : [];
        await run.succeed("preview", { overrides });
        const index = new PlanIndex(run.plan());
        const found = costOf(index, readPrices(regionOf(index) ?? "none"), ["churn"]);
        expect([found.idleUsd, found.mostUsd]).to.deep.equal([total(idle), total(most)]);
        if (process.env.UPDATE_GOLDEN) writeFileSync(file(stack), `${JSON.stringify(bill(found), null, 2)}\n`);
        expect(bill(found)).to.deep.equal(JSON.parse(readFileSync(file(stack), "utf8")));
      } finally {
        run.remove();
      }
    });
  }
});
