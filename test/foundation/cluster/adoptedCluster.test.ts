import { isSecret } from "@pulumi/pulumi";
import { expect } from "chai";
import { AdoptedCluster, type AdoptedClusterArgs } from "../../../components/foundation/cluster/adoptedCluster";
import { awsCalls, awsOutputs } from "../../support/awsAnswers";
import { building, value } from "../../support/foundation";
import { outline } from "../../support/outline";
import { one, record } from "../../support/record";

const args: AdoptedClusterArgs = { clusterName: "shared", region: "eu-west-1", deleteUnreachable: false };
const make = (over: Partial<AdoptedClusterArgs> = {}) => new AdoptedCluster("eks", { ...args, ...over });
const provider = async (over: Partial<AdoptedClusterArgs> = {}) =>
  one(await record(() => make(over), { outputs: awsOutputs, calls: awsCalls }), "pulumi:providers:kubernetes");

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
