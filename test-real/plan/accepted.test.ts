import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { expect } from "chai";
import { projectDir } from "../../simulator/project";
import { type Config, runWith } from "../../test/platform/program";
import { awsOutputs } from "../../test/support/awsAnswers";
import { everythingOn } from "../../test/support/everythingOn";
import { madeRemotely } from "../../test/support/madeRemotely";
import { motoMissing } from "../../test/support/moto";
import { pythonEnvironment } from "../../test/support/pythonEnvironment";
import { unwrapped } from "../../test/support/record";
import { skip } from "../../test/support/skip";

type Outputs = Record<string, unknown>;
/** What `network` of account.py made. */
interface Network {
  vpcId: string;
  publicSubnetIds: string[];
  privateSubnetIds: string[];
  isolatedSubnetIds: string[];
  routeTableIds: string[];
  natGatewayIds: string[];
  internetGatewayId: string;
  securityGroupId: string;
}
/** What became of one resource: nothing where no call is known for its type. */
interface Made {
  outputs?: Outputs;
  untold?: string[];
  inMoto?: boolean;
  refused?: string;
}

/** Rows of the table of what no call or no service of moto stands for. */
const listed = [
  ...readFileSync(join(projectDir, "docs/tested.md"), "utf8").matchAll(/^\| `(aws:\S+)` \| (model|nothing) \|/gm),
];

/** An account of moto's own, which is asked one thing at a time. */
function startAccount(python: string) {
  const account = spawn(python, [join(__dirname, "account.py")], { stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface({ input: account.stdout })[Symbol.asyncIterator]();
  let last: Promise<unknown> = Promise.resolve();
  const ask = <T>(...line: unknown[]): Promise<T> => {
    const answer = last.then(async () => {
      account.stdin.write(`${JSON.stringify(line)}\n`);
      return JSON.parse((await lines.next()).value as string) as T;
    });
    last = answer;
    return answer;
  };
  return { ask, stop: () => void account.kill() };
}

describe("a stack with everything on, in AWS's own words", function () {
  this.timeout(1_800_000);
  const refused: string[] = [];
  const untold = new Set<string>();
  const seen = new Map<string, string>();
  let made = 0;
  let python: string;

  before(async function () {
    const missing = motoMissing();
    if (missing !== undefined) return skip(this, missing);
    ({ python } = await pythonEnvironment("moto", 240));
    for (const [stack, config] of Object.entries(everythingOn)) await make(stack, config);
  });

  /** Runs the program with an account of moto's own, whose ids and ARNs lead from one resource to the next. */
  async function make(stack: string, config: Config): Promise<void> {
    const { ask, stop } = startAccount(python);
    try {
      const network = await ask<Network>("network");
      const outputs = async (type: string, name: string, inputs: Outputs): Promise<Outputs | undefined> => {
        if (type === "awsx:ec2:Vpc") return vpcOutputs(network);
        if (type === "eks:index:Cluster") {
          const { serviceRole, name: cluster } = unwrapped(inputs) as { serviceRole?: { arn: string }; name?: string };
          const roleArn = serviceRole?.arn ?? "arn:aws:iam::000000000000:role/cluster";
          const eksCluster = await ask<Outputs>(
            "cluster",
            cluster ?? "mlplatform-dev",
            network.privateSubnetIds,
            roleArn,
          );
          return {
            ...awsOutputs(type, name),
            eksCluster: { ...eksCluster, vpcConfig: { clusterSecurityGroupId: network.securityGroupId } },
          };
        }
        if (!type.startsWith("aws:")) return awsOutputs(type, name);
        const short = type.replace(/^aws:/, "").replace(/:\w+$/, "");
        const result = await ask<Made>("make", short, name, unwrapped(inputs));
        note(stack, `aws:${short}`, name, result);
        return { ...awsOutputs(type, name), ...result.outputs };
      };
      await runWith(config, { outputs });
    } finally {
      stop();
    }
  }

  function note(
    stack: string,
    type: string,
    name: string,
    { refused: why, untold: left, inMoto, outputs }: Made,
  ): void {
    made += inMoto ? 1 : 0;
    for (const each of left ?? []) untold.add(`${type} ${each}`);
    if (why !== undefined) refused.push(`${stack}: ${type} ${name}: ${why}`);
    else if (outputs === undefined) seen.set(type, "nothing");
    else if (!inMoto) seen.set(type, "model");
  }

  it("is taken by the models of AWS's SDK and by moto's account, resource by resource", () => {
    expect(refused.join("\n")).to.equal("");
    expect(made).to.be.above(700);
    console.log(`      made in moto: ${made}`);
  });

  it("tells AWS each input of each resource that a call is known for", () => {
    expect([...untold].sort()).to.deep.equal([]);
  });

  it("is refused where it asks for what AWS would not take, and told of an input that no call has", async () => {
    const { ask, stop } = startAccount(python);
    const asked = async (type: string, name: string, inputs: Outputs) => ask<Made>("make", type, name, inputs);
    const role = { assumeRolePolicy: '{"Version":"2012-10-17","Statement":[]}' };
    try {
      expect((await asked("iam/role", "r".repeat(60), role)).refused).to.contain(".RoleName: 68 is not within 1 to 64");
      const group = await asked("rds/subnetGroup", "s", { subnetIds: ["subnet-1"] });
      expect(group.refused).to.contain('Missing required parameter in input: "DBSubnetGroupDescription"');
      expect((await asked("sqs/queuePolicy", "q", { queueUrl: "https://none", policy: "{}" })).refused).to.contain(
        "NonExistentQueue",
      );
      expect((await asked("kms/key", "k", { descripton: "x" })).untold).to.deep.equal(["descripton"]);
    } finally {
      stop();
    }
  });

  it("leaves out the types of the table in docs/tested.md alone", () => {
    expect(Object.fromEntries([...seen].sort())).to.deep.equal(
      Object.fromEntries(listed.map(([, type, how]) => [type!, how!]).sort()),
    );
  });
});

function vpcOutputs(network: Network): Outputs {
  const each = (of: string, ids: string[]) => ids.map((id) => madeRemotely(`aws:ec2/${of}`, id));
  return {
    ...network,
    internetGateway: madeRemotely("aws:ec2/internetGateway:InternetGateway", network.internetGatewayId),
    natGateways: each("natGateway:NatGateway", network.natGatewayIds),
    routeTables: each("routeTable:RouteTable", network.routeTableIds),
    routeTableAssociations: each("routeTableAssociation:RouteTableAssociation", network.routeTableIds),
    routes: each("route:Route", network.routeTableIds),
  };
}
