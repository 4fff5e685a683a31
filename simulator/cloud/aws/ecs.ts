/** Elastic Container Service: tasks on Fargate. */
import { describeTypes, like, oneOf, Refusal } from "./describe";
import * as type from "./tokens";

const cluster = "aws:ecs/cluster:Cluster";
/** CPU units, and the MiB of memory that go with them, from and to. */
const sizes: Record<string, [from: number, to: number]> = {
  "256": [512, 2048],
  "512": [1024, 4096],
  "1024": [2048, 8192],
  "2048": [4096, 16384],
  "4096": [8192, 30720],
  "8192": [16384, 61440],
  "16384": [32768, 122880],
};

describeTypes(
  {
    // https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CreateCluster.html
    type: cluster,
    id: (x) => `arn:aws:ecs:${x.region}:${x.account.number}:cluster/${x.inputs.name}`,
    arn: "ecs:{region}:{account}:cluster/{name}",
    name: { longest: 255, allowed: /^[\w-]+$/, allowedMeans: "letters, digits, - and _" },
    computed: { settings: () => [{ name: "containerInsights", value: "disabled" }] },
  },
  {
    // https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RegisterTaskDefinition.html
    type: "aws:ecs/taskDefinition:TaskDefinition",
    id: (x) => x.inputs.family,
    arn: (x) => `arn:aws:ecs:${x.region}:${x.account.number}:task-definition/${x.inputs.family}:1`,
    // Each change is another revision.
    forces: ["containerDefinitions", "cpu", "memory", "executionRoleArn", "taskRoleArn", "networkMode", "family"],
    refs: { executionRoleArn: type.roleReference, taskRoleArn: type.roleReference },
    limits: [
      like("family", /^[\w-]{1,255}$/, "letters, digits, - and _"),
      oneOf("networkMode", "awsvpc", "bridge", "host", "none"),
      { path: "memory", wrong: (value, { cpu }) => sizeFault(String(cpu), Number(value)) },
    ],
    defaults: { skipDestroy: false, trackLatest: false },
    computed: {
      revision: () => 1,
      arnWithoutRevision: (x) => `arn:aws:ecs:${x.region}:${x.account.number}:task-definition/${x.inputs.family}`,
      enableFaultInjection: () => false,
    },
    verify: (x) => {
      for (const path of ["executionRoleArn", "taskRoleArn"]) {
        const trust = x.referred(path)?.outputs.assumeRolePolicy;
        if (typeof trust === "string" && !trust.includes("ecs-tasks.amazonaws.com")) {
          throw new Refusal(
            "ClientException",
            `${path}: the role's trust policy does not name ecs-tasks.amazonaws.com`,
          );
        }
      }
    },
  },
);

/** https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-cpu-memory-error.html */
function sizeFault(cpu: string, memoryMiB: number): string | undefined {
  const [from, to] = sizes[cpu] ?? [0, 0];
  return memoryMiB >= from && memoryMiB <= to
    ? undefined
    : `is ${memoryMiB} MiB, which Fargate does not have with ${cpu}`;
}
