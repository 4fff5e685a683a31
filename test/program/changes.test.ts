import { expect } from "chai";
import type { RunResult } from "../../simulator/runOptions";
import { TestStack } from "./runs";

interface Change {
  tags: Record<string, string>;
  nodeGroups: Record<string, object>;
}

const group = (purpose: string, maxNodes: number, instanceTypes: string[], more: object = {}) => ({
  purpose,
  instanceTypes,
  minNodes: purpose === "system" ? 2 : 0,
  maxNodes,
  ...more,
});
const system = group("system", 3, ["m7i.large"]);

const config = ({ tags, nodeGroups }: Change, scaling: string) => ({
  foundation: {
    kind: "aws",
    region: "eu-west-1",
    dataProtection: false,
    tags,
    cluster: { sharedStorage: true, scaling: { kind: scaling }, nodeGroups },
  },
  access: {
    domain: "ml.example.com",
    zoneId: "Z0123456789EXAMPLE",
    groups: { ml: "admin" },
    signIn: { provider: "github", organization: "example-company", clientId: "ml", clientSecretName: "ml/sign-in" },
  },
  airflow: { dags: { kind: "git", repository: "https://github.com/example-company/dags.git" } },
  mlflow: {},
  jupyterhub: {},
  monitoring: {},
});

/** Changes one after the other, each on top of those before it. */
const first: Change = { tags: { team: "ml" }, nodeGroups: { system, training: group("training", 2, ["m7i.large"]) } };
const tags = { team: "platform", "cost-center": "42" };
const changes: [title: string, after: Change][] = [
  ["a tag changed and one added", { ...first, tags }],
  ["a node group of another size", { tags, nodeGroups: { system, training: group("training", 5, ["m7i.large"]) } }],
  ["a node group of another type", { tags, nodeGroups: { system, training: group("training", 5, ["m7i.xlarge"]) } }],
  [
    "a node group added, with GPUs for notebooks",
    {
      tags,
      nodeGroups: {
        system,
        training: group("training", 5, ["m7i.xlarge"]),
        gpu: group("notebooks", 1, ["g5.xlarge"], { gpu: true }),
      },
    },
  ],
];

/**
 * What may change in place: Karpenter's objects, those that tell applications and dashboards which nodes there are, and the pods that read them at
 * their start. The last are there only where the charts' packages are.
 */
const mayChange = new RegExp(
  ` kubernetes:(${[
    "karpenter\\S* \\S+",
    "core/v1:ConfigMap mlplatform-(airflow-(environment|tasks-(workers|pods))|monitoring-dashboards-capacity)",
    "core/v1:(Secret|ConfigMap) mlplatform-jupyterhub:jupyterhub/\\S+",
    "apps/v1:Deployment mlplatform-jupyterhub:jupyterhub/hub",
    "apps/v1:Deployment mlplatform-airflow:airflow/airflow-(api-server|scheduler|dag-processor|triggerer)",
  ].join("|")})$`,
);

function named({ operations }: RunResult, kinds: readonly string[], type: RegExp): string[] {
  return operations
    .filter((each) => kinds.includes(each.kind) && type.test(each.type))
    .map((each) => `${each.kind} ${each.type} ${each.name}`);
}

describe("a change of the foundation, on the simulated cloud", function () {
  this.timeout(240_000);
  for (const scaling of ["nodeGroups", "karpenter"]) {
    describe(`where nodes come from ${scaling}`, () => {
      const stack = new TestStack(`changes-${scaling.toLowerCase()}`, config(first, scaling));
      before(() => stack.succeed("up"));
      after(() => stack.remove());

      for (const [title, change] of changes) {
        it(`${title}: replaces and deletes nothing in the cluster, nor the cluster`, async () => {
          stack.configure(config(change, scaling));
          const result = await stack.succeed("up");
          expect(result.changes.create + result.changes.update + result.changes.replace).to.be.above(0);
          const ofCluster = /^(kubernetes:|aws:eks\/cluster:|aws:ec2\/(vpc|subnet):|aws:rds\/|aws:efs\/|aws:s3\/)/;
          expect(named(result, ["delete", "replace"], ofCluster)).to.deep.equal([]);
          const updated = named(result, ["update"], /^kubernetes:/);
          expect(updated.filter((each) => !mayChange.test(each))).to.deep.equal([]);
        });
      }

      it("and after all of them a preview shows no change", async () => {
        expect((await stack.succeed("preview")).changes).to.include({ create: 0, update: 0, replace: 0, delete: 0 });
      });
    });
  }
});
