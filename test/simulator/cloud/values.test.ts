import * as aws from "@pulumi/aws";
import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { expect } from "chai";
import { Bench, engineOrSkip } from "./engine";

const signature = "4dabf18193072939515e22adb298388d";

describe("values on the simulated cloud", function () {
  this.timeout(60_000);
  let bench: Bench;
  beforeEach(async function () {
    bench = new Bench(await engineOrSkip(this));
  });
  afterEach(() => bench?.remove());

  it("stay secret: made-up passwords, and outputs of secret inputs", async () => {
    const program = async () => {
      const password = new random.RandomPassword("password", { length: 24 });
      const secret = new aws.secretsmanager.Secret("login");
      const version = new aws.secretsmanager.SecretVersion("login", {
        secretId: secret.id,
        secretString: password.result,
      });
      const provider = new k8s.Provider("cluster", { context: "somewhere" });
      const inCluster = new k8s.core.v1.Secret(
        "login",
        { metadata: { namespace: "default" }, stringData: { password: password.result } },
        { provider },
      );
      return {
        password: password.result,
        text: version.secretString,
        data: inCluster.stringData,
        arn: version.arn,
        whose: secret.arn,
      };
    };
    const ran = await bench.up(program);
    expect(ran.outputs.arn, "a version has no ARN but its secret's").to.deep.equal(ran.outputs.whose);
    expect(ran.outputs.arn).to.deep.equal({ value: ran.outputs.arn!.value, secret: false });
    expect(ran.outputs.arn!.value).to.match(/^arn:aws:secretsmanager:/);
    const plain = String(ran.outputs.password!.value);
    expect(plain).to.have.length(24);
    for (const output of ["password", "text", "data"]) expect(ran.outputs[output]!.secret, output).to.equal(true);
    expect(bench.stateText(), "the engine's own record").to.not.contain(plain);
    expect((await bench.refresh(program)).changes).to.deep.include({ same: 6 });
    const login = (await bench.resources()).find(({ type }) => type === "kubernetes:core/v1:Secret");
    expect(login!.inputs!.stringData, "after a refresh").to.satisfy((value: object) =>
      JSON.stringify(value).includes(signature),
    );
  });

  it("are unknown in a preview where only the cloud decides them, and known where the program does", async () => {
    const seen: Record<string, boolean> = {};
    const look = async (name: string, output: pulumi.Output<unknown>) => {
      seen[name] = await (output as pulumi.Output<unknown> & { isKnown: Promise<boolean> }).isKnown;
    };
    await bench.preview(async () => {
      const vpc = new aws.ec2.Vpc("net", { cidrBlock: "10.0.0.0/16" });
      const bucket = new aws.s3.Bucket("data", { bucket: "simulated-data" });
      await Promise.all([
        look("vpc id", vpc.id),
        look("vpc arn", vpc.arn),
        look("vpc range", vpc.cidrBlock),
        look("bucket name", bucket.bucket),
        look("bucket arn", bucket.arn),
        look("bucket region", bucket.region),
      ]);
    });
    expect(seen).to.deep.equal({
      "vpc id": false,
      "vpc arn": false,
      "vpc range": true,
      "bucket name": true,
      "bucket arn": false,
      "bucket region": true,
    });
  });

  it("say that they are made up", async () => {
    const { outputs } = await bench.up(async () => {
      const queue = new aws.sqs.Queue("jobs");
      return { arn: queue.arn, url: queue.url, who: aws.getCallerIdentityOutput().accountId };
    });
    expect(outputs.who!.value).to.equal("000000000000");
    expect(outputs.arn!.value).to.match(/^arn:aws:sqs:eu-central-1:000000000000:jobs-/);
    expect(outputs.url!.value).to.contain(".simulated.invalid/");
  });

  it("are the same in two accounts that had the same done to them", async () => {
    const program = async () => ({ id: new aws.ec2.Vpc("net", { cidrBlock: "10.0.0.0/16" }).id });
    const other = new Bench(bench.engine);
    const [one, two] = [await bench.up(program), await other.up(program)];
    other.remove();
    expect(one.outputs.id).to.deep.equal(two.outputs.id);
  });
});
