import { isSecret } from "@pulumi/pulumi";
import { expect } from "chai";
import {
  AdoptedCluster,
  type AdoptedClusterArgs,
  lookAtCluster,
} from "../../../components/foundation/cluster/adoptedCluster";
import { type Problem, SettingsProblems } from "../../../components/settings/problems";
import { awsCalls, awsOutputs } from "../../support/awsAnswers";
import { building, value } from "../../support/foundation";
import { outline } from "../../support/outline";
import { one, record } from "../../support/record";

const args: AdoptedClusterArgs = { clusterName: "shared", region: "eu-west-1", deleteUnreachable: false };
const make = (over: Partial<AdoptedClusterArgs> = {}) => new AdoptedCluster("eks", { ...args, ...over });
const provider = async (over: Partial<AdoptedClusterArgs> = {}) =>
  one(await record(() => make(over), { outputs: awsOutputs, calls: awsCalls }), "pulumi:providers:kubernetes");

describe("looking at a cluster to adopt", () => {
  const theVpc = "vpc-0000000000000000a";

  async function look(vpcId: string, authenticationMode: string): Promise<readonly Problem[]> {
    let problems: readonly Problem[] = [];
    const answer = { accessConfigs: [{ authenticationMode }], vpcConfig: { vpcId: theVpc } };
    await building(
      () =>
        lookAtCluster({ name: "shared", region: "eu-west-1" }, vpcId, {}).catch((error) => {
          if (!(error instanceof SettingsProblems)) throw error;
          problems = error.problems;
        }),
      { calls: { "aws:eks/getCluster:getCluster": () => answer } },
    );
    return problems;
  }

  for (const mode of ["API", "API_AND_CONFIG_MAP"]) {
    it(`accepts one of the given VPC that knows people by ${mode}`, async () => {
      expect(await look(theVpc, mode)).to.deep.equal([]);
    });
  }

  it("refuses one of another VPC, whose pods could not reach the databases, and names the VPC to write", async () => {
    const [problem, ...more] = await look("vpc-other", "API");
    expect(more).to.deep.equal([]);
    expect(problem).to.include({ path: "foundation.network.vpcId", value: "vpc-other" });
    expect(problem!.remedy).to.contain(theVpc);
  });

  it("refuses one that knows nothing of access entries, with the command that changes it", async () => {
    const [problem] = await look(theVpc, "CONFIG_MAP");
    expect(problem).to.include({ path: "foundation.cluster.name", value: "shared" });
    expect(problem!.remedy).to.match(/^aws eks update-cluster-config --name shared/);
  });

  it("tells everything that is wrong at once", async () => {
    expect(await look("vpc-other", "CONFIG_MAP")).to.have.length(2);
  });
});

describe("an adopted cluster", () => {
  it("makes nothing but a provider", async () => {
    expect(outline(await building(make))).to.deep.equal(["AdoptedCluster eks"]);
  });

  it("is reached through a provider bound to it, whose kubeconfig is secret and holds a command, no credential", async () => {
    const { inputs, secretInputs } = await provider();
    const { kubeconfig, ...rest } = inputs;
    expect(rest).to.deep.equal({
      clusterIdentifier: "arn:aws:eks:eu-west-1:000000000000:cluster/shared",
      enableServerSideApply: "true",
      enableConfigMapMutable: "true",
      enableSecretMutable: "true",
      upsertExistingObjects: "true",
      deleteUnreachable: "false",
    });
    expect(secretInputs).to.deep.equal(["kubeconfig"]);
    const config = JSON.parse(kubeconfig as string);
    expect(config.clusters).to.deep.equal([
      {
        name: "shared",
        cluster: { server: "https://cluster.fake.invalid", "certificate-authority-data": "ZmFrZQ==" },
      },
    ]);
    expect(config["current-context"]).to.equal("shared");
    expect(config.contexts).to.deep.equal([{ name: "shared", context: { cluster: "shared", user: "shared" } }]);
    expect(config.users).to.deep.equal([
      {
        name: "shared",
        user: {
          exec: {
            apiVersion: "client.authentication.k8s.io/v1beta1",
            command: "aws",
            args: ["--region", "eu-west-1", "eks", "get-token", "--cluster-name", "shared", "--output", "json"],
            interactiveMode: "Never",
          },
        },
      },
    ]);
  });

  it("signs in as the assumed role where there is one", async () => {
    const { inputs } = await provider({ assumeRoleArn: "arn:aws:iam::000000000000:role/deploy" });
    const [user] = JSON.parse(inputs.kubeconfig as string).users;
    expect(user.user.exec.args.slice(-2)).to.deep.equal(["--role-arn", "arn:aws:iam::000000000000:role/deploy"]);
  });

  it("tells the same facts as a cluster made here", async () => {
    let cluster!: AdoptedCluster;
    await building(() => (cluster = make()));
    expect(await value(cluster.clusterName)).to.equal("shared");
    expect(await value(cluster.endpoint)).to.equal("https://cluster.fake.invalid");
    expect(await value(cluster.securityGroupId)).to.equal("sg-fake");
    expect(await isSecret(cluster.kubeconfig)).to.equal(true);
  });
});
