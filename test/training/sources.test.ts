import { expect } from "chai";
import type { DataSource } from "../../components/contracts/dataSource";
import type { LoopSpec } from "../../components/contracts/trainingLoop";
import { airflowDefinition } from "../../components/training/airflow/definition";
import { trainingDefinition } from "../../components/training/stepFunctions/definition";
import type { TrainingMachineFacts } from "../../components/training/stepFunctions/terms";
import { airflowGround, airflowLoop } from "../support/airflowLoop";
import { machineFacts } from "../support/trainingFacts";

const sources: DataSource[] = [
  { name: "lake", bucket: "company-lake", folder: "sales/orders/" },
  { name: "old-archive", bucket: "company-archive" },
];
const container = { with: "container", image: "i:1", cpu: "1", memoryMiB: 4096, timeoutMinutes: 30 } as const;
const glue = { with: "glue", script: "a.py", workers: 2, timeoutMinutes: 30 } as const;
const variables = [
  ["SOURCE_LAKE", "s3://company-lake/sales/orders/"],
  ["SOURCE_OLD_ARCHIVE", "s3://company-archive/"],
];

function prepareStep(spec: Partial<LoopSpec>, made: Partial<TrainingMachineFacts>) {
  const { States } = JSON.parse(trainingDefinition(machineFacts(spec, made)));
  return States.Prepare.Parameters;
}

describe("what prepares a model's data finds sources", () => {
  const task = { clusterArn: "cluster", definitionArn: "definition" };

  it("on Fargate by variables", () => {
    const { Overrides } = prepareStep({ prepare: container, sources }, { task });
    const told = Overrides.ContainerOverrides[0].Environment.map(({ Name, Value }: Record<string, string>) => [
      Name,
      Value,
    ]);
    expect(told.filter(([name]: string[]) => name!.startsWith("SOURCE_"))).to.deep.equal(variables);
  });

  it("in Glue by arguments", () => {
    const { Arguments } = prepareStep({ prepare: glue, sources }, { glueJobName: "prepare" });
    expect(Arguments).to.include({
      "--source_lake": "s3://company-lake/sales/orders/",
      "--source_old_archive": "s3://company-archive/",
    });
    const without = prepareStep({ prepare: glue }, { glueJobName: "prepare" });
    expect(Object.keys(without.Arguments)).to.deep.equal(["--input", "--output.$"]);
  });

  it("in a pod by variables, which no other container of the loop has", () => {
    const { steps } = JSON.parse(airflowDefinition(airflowLoop({ prepare: container, sources }), airflowGround()));
    const told = steps.map(({ id, pod }: { id: string; pod?: object }) => [
      id,
      [...JSON.stringify(pod ?? {}).matchAll(/"name":"(SOURCE_\w+)","value":"([^"]+)"/g)].map(([, ...pair]) => pair),
    ]);
    expect(Object.fromEntries(told).prepare).to.deep.equal(variables);
    expect(told.filter(([, found]: [string, unknown[]]) => found.length > 0)).to.have.length(1);
  });
});
