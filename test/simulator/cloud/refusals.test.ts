import * as aws from "@pulumi/aws";
import { expect } from "chai";
import { Bench, engineOrSkip } from "./engine";

/** An id of the right form that nothing has. */
const nowhere = "vpc-sim00000000000bad";

describe("the simulated account refuses", function () {
  this.timeout(60_000);
  let bench: Bench;
  before(async function () {
    bench = new Bench(await engineOrSkip(this));
  });
  afterEach(async () => {
    await bench?.destroy();
  });
  after(() => bench?.remove());

  async function refused(program: () => Promise<void>, ...texts: string[]): Promise<void> {
    const ran = await bench.up(program);
    expect(ran.succeeded, ran.text).to.equal(false);
    for (const text of texts) expect(ran.text, ran.text).to.contain(text);
  }

  it("an id that does not exist, naming property, value and type", () =>
    refused(
      async () => {
        new aws.ec2.Subnet("lost", { vpcId: nowhere, cidrBlock: "10.0.0.0/24" });
      },
      "InvalidVpc.NotFound",
      `vpcId is "${nowhere}"`,
    ));

  it("an id of its own kind in a property no description speaks of", () =>
    refused(
      async () => {
        new aws.cloudwatch.LogGroup("tagged", { tags: { owner: "sg-sim00000000000bad" } });
      },
      "InvalidID.NotFound",
      "tags.owner",
    ));

  it("to tell a topic of its own that is gone, and none that somebody else made", async () => {
    const telling = (name: string) => async () => {
      new aws.cloudwatch.MetricAlarm("full", {
        comparisonOperator: "GreaterThanThreshold",
        evaluationPeriods: 1,
        metricName: "FreeStorageSpace",
        namespace: "AWS/RDS",
        period: 60,
        statistic: "Average",
        threshold: 1,
        alarmActions: [`arn:aws:sns:eu-central-1:000000000000:${name}`],
      });
    };
    await refused(telling("on-call-0a1b2c3"), "InvalidTopic.NotFound", "alarmActions[0]");
    const ran = await bench.up(telling("on-call"));
    expect(ran.succeeded, ran.text).to.equal(true);
  });

  it("to delete what others still use, naming the users", async () => {
    let vpcId = "";
    const both = async () => {
      new aws.ec2.Vpc("net", { cidrBlock: "10.0.0.0/16" });
      if (vpcId !== "") new aws.ec2.Subnet("kept", { vpcId, cidrBlock: "10.0.1.0/24" });
    };
    await bench.up(both);
    vpcId = await bench.idOf("aws:ec2/vpc:Vpc", "net");
    expect((await bench.up(both)).succeeded).to.equal(true);
    await refused(
      async () => {
        new aws.ec2.Subnet("kept", { vpcId, cidrBlock: "10.0.1.0/24" });
      },
      "DependencyViolation",
      "still used by aws:ec2/subnet:Subnet",
      '"kept"',
    );
  });

  it("a physical name that is taken", () =>
    refused(
      async () => {
        const first = new aws.s3.Bucket("one", { bucket: "simulated-models" });
        new aws.s3.Bucket("two", { bucket: "simulated-models" }, { dependsOn: first });
      },
      "AlreadyExists",
      'taken by "one"',
    ));

  it("subnets that overlap or lie outside their VPC", async () => {
    const subnets =
      (...cidrs: string[]) =>
      async () => {
        const vpc = new aws.ec2.Vpc("net", { cidrBlock: "10.0.0.0/16" });
        let before: aws.ec2.Subnet | undefined;
        for (const cidrBlock of cidrs) {
          before = new aws.ec2.Subnet(
            `s-${cidrBlock}`,
            { vpcId: vpc.id, cidrBlock },
            before ? { dependsOn: before } : {},
          );
        }
      };
    await refused(subnets("10.1.0.0/24"), "InvalidSubnet.Range", "10.0.0.0/16");
    await refused(subnets("10.0.0.0/24", "10.0.0.128/25"), "InvalidSubnet.Conflict", "overlaps 10.0.0.0/24");
  });

  it("a subnet group in one zone, and a cluster in one zone", async () => {
    await refused(async () => {
      const vpc = new aws.ec2.Vpc("net", { cidrBlock: "10.0.0.0/16" });
      const subnet = new aws.ec2.Subnet("only", { vpcId: vpc.id, cidrBlock: "10.0.0.0/24" });
      new aws.rds.SubnetGroup("narrow", { subnetIds: [subnet.id] });
    }, "DBSubnetGroupDoesNotCoverEnoughAZs");
    await refused(async () => {
      const trust = JSON.stringify({ Statement: [{ Effect: "Allow", Action: "sts:AssumeRole" }] });
      const role = new aws.iam.Role("cluster", { assumeRolePolicy: trust });
      const vpc = new aws.ec2.Vpc("net", { cidrBlock: "10.0.0.0/16" });
      const subnet = new aws.ec2.Subnet("only", { vpcId: vpc.id, cidrBlock: "10.0.0.0/24" });
      new aws.eks.Cluster("narrow", { roleArn: role.arn, vpcConfig: { subnetIds: [subnet.id] } });
    }, "at least two different zones");
  });

  it("a role whose tags differ in the case of their keys alone, the provider's among them", async () => {
    const tagged = (key: string) => async () => {
      const provider = new aws.Provider("aws", { region: "eu-west-1", defaultTags: { tags: { team: "ml" } } });
      const assumeRolePolicy = aws.iam.assumeRolePolicyForPrincipal({ Service: "lambda.amazonaws.com" });
      new aws.iam.Role("tagged", { assumeRolePolicy, tags: { [key]: "ml" } }, { provider });
    };
    await refused(tagged("Team"), "tag keys of IAM are case insensitive");
    const ran = await bench.up(tagged("team"));
    expect(ran.succeeded, ran.text).to.equal(true);
  });

  it("an object of S3 with more than ten tags, the provider's among them", async () => {
    const tags = Object.fromEntries(Array.from({ length: 10 }, (_, at) => [`tag-${at}`, "x"]));
    const stored = (overrideProvider?: aws.types.input.s3.BucketObjectv2OverrideProvider) => async () => {
      const provider = new aws.Provider("aws", { region: "eu-west-1", defaultTags: { tags } });
      const { bucket } = new aws.s3.Bucket("data", {}, { provider });
      const own = { tags: { own: "x" }, ...(overrideProvider ? { overrideProvider } : {}) };
      new aws.s3.BucketObjectv2("file", { bucket, key: "file", content: "x", ...own }, { provider });
    };
    await refused(stored(), "holds 11 tags; at most 10 are allowed");
    const ran = await bench.up(stored({ defaultTags: { tags: {} } }));
    expect(ran.succeeded, ran.text).to.equal(true);
  });

  it("Studio with people's names in its sessions, where the trust of their roles leaves that out", async () => {
    const studio = (domainActions: string[], userActions: string[]) => async () => {
      const role = (name: string, Action: string[]) =>
        new aws.iam.Role(name, {
          assumeRolePolicy: JSON.stringify({
            Statement: [{ Effect: "Allow", Principal: { Service: "sagemaker.amazonaws.com" }, Action }],
          }),
        }).arn;
      const vpc = new aws.ec2.Vpc("net", { cidrBlock: "10.0.0.0/16" });
      const subnet = new aws.ec2.Subnet("only", { vpcId: vpc.id, cidrBlock: "10.0.0.0/24" });
      const domain = new aws.sagemaker.Domain("studio", {
        domainName: "studio",
        authMode: "IAM",
        vpcId: vpc.id,
        subnetIds: [subnet.id],
        defaultUserSettings: { executionRole: role("all", domainActions) },
        domainSettings: { executionRoleIdentityConfig: "USER_PROFILE_NAME" },
      });
      new aws.sagemaker.UserProfile("ann", {
        domainId: domain.id,
        userProfileName: "ann",
        userSettings: { executionRole: role("hers", userActions) },
      });
    };
    const named = ["sts:AssumeRole", "sts:SetSourceIdentity"];
    const missing = "executionRole: its trust policy does not let sagemaker.amazonaws.com do sts:SetSourceIdentity";
    await refused(studio(["sts:AssumeRole"], named), `defaultUserSettings.${missing}`);
    await refused(studio(named, ["sts:AssumeRole"]), `userSettings.${missing}`);
    const ran = await bench.up(studio(named, named));
    expect(ran.succeeded, ran.text).to.equal(true);
  });

  it("an access entry for who created the cluster", async () => {
    const cluster = (principalArn: string) => async () => {
      const trust = JSON.stringify({ Statement: [{ Effect: "Allow", Action: "sts:AssumeRole" }] });
      const role = new aws.iam.Role("cluster", { assumeRolePolicy: trust });
      const vpc = new aws.ec2.Vpc("net", { cidrBlock: "10.0.0.0/16" });
      const subnetIds = ["a", "b"].map(
        (zone, at) =>
          new aws.ec2.Subnet(zone, {
            vpcId: vpc.id,
            cidrBlock: `10.0.${at}.0/24`,
            availabilityZone: `eu-central-1${zone}`,
          }).id,
      );
      const made = new aws.eks.Cluster("shared", {
        roleArn: role.arn,
        vpcConfig: { subnetIds },
        accessConfig: { authenticationMode: "API", bootstrapClusterCreatorAdminPermissions: true },
      });
      new aws.eks.AccessEntry("entry", { clusterName: made.name, principalArn });
    };
    await refused(cluster("arn:aws:iam::000000000000:user/simulated"), "already in use on this cluster");
    const ran = await bench.up(cluster("arn:aws:iam::000000000000:user/ann"));
    expect(ran.succeeded, ran.text).to.equal(true);
  });

  it("the 31st rule with a wildcard, and takes any number with prefixes", async () => {
    const rules = (count: number, matcher: object) => async () => {
      for (let at = 0; at < count; at++) {
        const eventPattern = JSON.stringify({ detail: { object: { key: [matcher] } } });
        new aws.cloudwatch.EventRule(`rule-${at}`, { eventPattern });
      }
    };
    await refused(rules(31, { wildcard: "data/*.csv" }), "30 rules have wildcards; at most 30 may");
    const ran = await bench.up(rules(31, { prefix: "data/" }));
    expect(ran.succeeded, ran.text).to.equal(true);
  });

  it("values over a known limit, in the preview already, with path and what is allowed", async () => {
    const ran = await bench.preview(async () => {
      const trust = JSON.stringify({ Statement: [{ Effect: "Allow", Action: "sts:AssumeRole" }] });
      new aws.iam.Role("long", { name: "r".repeat(65), assumeRolePolicy: trust });
    });
    expect(ran.succeeded).to.equal(false);
    expect(ran.text).to.contain("is 65 characters long; 1 to 64 are allowed");
  });

  it("a type it does not know, by name and with the place to describe it", () =>
    refused(
      async () => {
        new aws.gamelift.Build("game", {
          operatingSystem: "WINDOWS_2012",
          storageLocation: { bucket: "b", key: "k", roleArn: "r" },
        });
      },
      "does not know aws:gamelift/build:Build",
      "simulator/cloud/aws/gamelift.ts",
    ));

  it("to delete a database that is guarded against it", async () => {
    const program = (deletionProtection: boolean) => async () => {
      new aws.rds.Instance("records", {
        engine: "postgres",
        instanceClass: "db.t4g.medium",
        allocatedStorage: 20,
        username: "platform",
        password: ["made", "up", "password"].join("-"),
        skipFinalSnapshot: true,
        deletionProtection,
      });
    };
    expect((await bench.up(program(true))).succeeded).to.equal(true);
    const ran = await bench.destroy();
    expect(ran.text).to.contain("deletionProtection; switch it off first");
    expect((await bench.up(program(false))).changes).to.deep.include({ update: 1 });
  });
});
