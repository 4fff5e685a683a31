import { expect } from "chai";
import { type ChartName, charts } from "../../charts/lock";
import { ownChart } from "../../charts/own";
import { cachedChartFile, chartSource } from "../../charts/source";
import { valueFaults } from "../../charts/valueFaults";
import { chartsWithKeys, valueTree } from "../../charts/valueTree";
import type { Registration } from "../support/record";
import { programs, run } from "./program";

const ours = ["mlflow", "model-server"] as const;
const ofOurs = (name: (typeof ours)[number]) => `${name} of this repository`;
const apps = [
  ...["airflow", "jupyterhub", "kube-prometheus-stack", "prometheus-operator-crds"],
  ...ours.map(ofOurs), // One model each.
];
const ofCluster = ["aws-load-balancer-controller", "cluster-autoscaler", "external-dns"];

/** Charts of each program by their names in charts/lock.ts. */
const expected: Record<string, string[]> = {
  dev: [...apps, ...ofCluster],
  prod: [...apps, ...ofCluster, "fluent-bit"],
  "dev with Karpenter": [...apps, "aws-load-balancer-controller", "external-dns", "karpenter", "karpenter-crd"],
  "dev in an adopted VPC": [...apps, ...ofCluster],
  "dev on an adopted cluster": apps,
  "dev with MWAA": [...apps, ...ofCluster].filter((name) => name !== "airflow"),
};

const source = ({ inputs: { chart, version, repositoryOpts } }: Registration) => ({
  chart,
  ...(version === undefined ? {} : { version }),
  ...(repositoryOpts === undefined ? {} : { repositoryOpts }),
});

/** Chart of the lock table that a registration installs, told by where it comes from: releases have names of their own. */
function locked(of: Registration): string {
  const found = JSON.stringify(source(of));
  const own = ours.find((each) => found === JSON.stringify(ownChart(each)));
  if (own !== undefined) return ofOurs(own);
  const name = (Object.keys(charts) as ChartName[]).find((each) => JSON.stringify(chartSource(each)) === found);
  if (name === undefined) throw new Error(`${of.name} installs ${found}, which is not in charts/lock.ts`);
  const cached = of.inputs.chart === cachedChartFile(name);
  expect(cached ? charts[name].version : of.inputs.version, of.name).to.equal(charts[name].version);
  return name;
}

describe("the charts of the program", function () {
  this.timeout(60_000);

  for (const name of Object.keys(programs)) {
    it(`${name}: exactly these, each at the exact version and source of the lock table, or of this repository`, async () => {
      const installed = (await run(name)).filter(({ type }) => type.endsWith(":Chart"));
      expect(installed.map(locked)).to.have.members(expected[name]!);
    });
  }

  for (const name of Object.keys(programs)) {
    it(`${name}: give a chart no value that it does not know by name and type`, async () => {
      for (const made of (await run(name)).filter(({ type }) => type.endsWith(":Chart"))) {
        const own = ours.find((each) => locked(made) === ofOurs(each));
        const chart = own ?? chartsWithKeys.find((each) => each === locked(made));
        if (chart !== undefined) expect(valueFaults(made.inputs.values, valueTree(chart)), chart).to.deep.equal([]);
      }
    });
  }

  it("would not pass at another version, from another source, or by a release's name", async () => {
    const airflow = (await run("dev")).find(
      (each) => each.name === "mlplatform-airflow" && each.type.endsWith(":Chart"),
    )!;
    const { inputs } = airflow;
    const others = [
      { ...inputs, chart: `${inputs.chart}-other` },
      { ...inputs, version: "1.22.1" },
      { ...inputs, repositoryOpts: { repo: "https://charts.fake.invalid" } },
      { ...inputs, chart: undefined, name: "airflow" },
    ];
    for (const other of others) {
      expect(() => locked({ ...airflow, inputs: other })).to.throw("not in charts/lock.ts");
    }
  });
});
