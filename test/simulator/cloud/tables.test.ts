import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { expect } from "chai";
import { Account } from "../../../simulator/cloud/account";
import { contains, format, overlaps, rangeOf } from "../../../simulator/cloud/aws/cidr";
import "../../../simulator/cloud/aws/catalogue";
import { describedTypes, descriptionOf } from "../../../simulator/cloud/aws/describe";
import { fillName, wrongName } from "../../../simulator/cloud/aws/names";
import { wrongTags } from "../../../simulator/cloud/aws/tags";
import { belowAnyOf, differencesBetween } from "../../../simulator/cloud/differences";
import { normalized, ordered, resourceName } from "../../../simulator/cloud/expansions/manifests";
import { layOut } from "../../../simulator/cloud/expansions/subnetLayout";
import { kindOf } from "../../../simulator/cloud/kubernetes/kinds";
import { wrongObject } from "../../../simulator/cloud/kubernetes/limits";
import { factsOf } from "../../../simulator/cloud/sdk";
import { at, unknown } from "../../../simulator/cloud/values";

const first = (pattern: string) => pattern.split(/[.[]/)[0]!;

describe("the table of AWS types", () => {
  it("describes each type with properties that its SDK has", () => {
    const wrong = describedTypes().flatMap((type) => {
      const facts = factsOf("@pulumi/aws", type);
      if (facts === undefined) return [`the SDK has no ${type}`];
      const { forces, refs, limits, required, defaults, computed } = descriptionOf(type)!;
      const taken = [
        forces ?? [],
        Object.keys(refs ?? {}),
        (limits ?? []).map(({ path: of }) => of),
        required ?? [],
        Object.keys(defaults ?? {}),
      ].flat();
      const told = Object.keys(computed ?? {}).filter((property) => !facts.computed.includes(first(property)));
      return [...taken, ...told]
        .filter((property) => !facts.inputs.has(first(property)))
        .map((property) => `${type} has no ${property}`);
    });
    expect(wrong).to.deep.equal([]);
  });

  it("refers to nothing that it does not describe", () => {
    for (const type of describedTypes()) {
      for (const reference of Object.values(descriptionOf(type)!.refs ?? {})) {
        for (const target of typeof reference === "string" ? [reference] : reference.to) {
          expect(descriptionOf(target), `${type} refers to ${target}`).to.not.equal(undefined);
        }
      }
    }
  });

  const cases: [string, string, unknown, string | undefined][] = [
    ["aws:cloudwatch/logGroup:LogGroup", "retentionInDays", 30, undefined],
    ["aws:sfn/stateMachine:StateMachine", "definition", "{", "is not JSON"],
    ["aws:sfn/stateMachine:StateMachine", "definition", '{"StartAt":"A","States":{}}', "which is no state"],
    [
      "aws:sfn/stateMachine:StateMachine",
      "definition",
      '{"StartAt":"A","States":{"A":{"Type":"Task","Catch":[{"Next":"B"}]}}}',
      "from A to B",
    ],
    ["aws:scheduler/schedule:Schedule", "scheduleExpression", "cron(0 3 * * *)", "six fields"],
    ["aws:scheduler/schedule:Schedule", "scheduleExpression", "cron(0 3 L * ? *)", undefined],
    ["aws:cloudwatch/logGroup:LogGroup", "retentionInDays", 31, "allowed are"],
    ["aws:secretsmanager/secret:Secret", "recoveryWindowInDays", 0, undefined],
    ["aws:secretsmanager/secret:Secret", "recoveryWindowInDays", 6, "0, or 7 to 30 days"],
    ["aws:kms/key:Key", "deletionWindowInDays", 31, "7 to 30 days"],
    ["aws:lambda/function:Function", "memorySize", 64, "128 to 10240"],
    ["aws:lambda/function:Function", "timeout", 901, "1 to 900"],
    ["aws:lambda/function:Function", "environment", { variables: { TEXT: "x".repeat(4096) } }, "at most 4096"],
    ["aws:ec2/vpc:Vpc", "cidrBlock", "10.0.0.0/15", "/16 to /28"],
    ["aws:ec2/subnet:Subnet", "cidrBlock", "10.0.0.0/29", "/16 to /28"],
    ["aws:ec2/securityGroup:SecurityGroup", "description", "für alle", "allowed are"],
    ["aws:cloudwatch/eventRule:EventRule", "eventPattern", "x".repeat(2049), "at most 2048"],
    ["aws:eks/addon:Addon", "addonName", "vpc-cny", "allowed are"],
    ["aws:eks/nodeGroup:NodeGroup", "instanceTypes", ["m5.large", "m55.large"], "no such instance type"],
    ["aws:eks/nodeGroup:NodeGroup", "scalingConfig", { minSize: 2, desiredSize: 1, maxSize: 3 }, "must not decrease"],
    ["aws:rds/instance:Instance", "dbName", "1st", "a letter first"],
    ["aws:sqs/queue:Queue", "messageRetentionSeconds", 59, "60 to 1209600"],
    ["aws:iam/role:Role", "assumeRolePolicy", "{}", "holds no Statement"],
    ...(["", "churn", "arn:aws:s3:::data/*", "*"] as const).map(
      (Resource): [string, string, unknown, string | undefined] => [
        "aws:iam/rolePolicy:RolePolicy",
        "policy",
        JSON.stringify({ Statement: [{ Effect: "Allow", Action: "s3:GetObject", Resource: [Resource] }] }),
        /^(arn|\*)/.test(Resource) ? undefined : `Statement[0].Resource is "${Resource}"; allowed are ARNs and *`,
      ],
    ),
    [
      "aws:iam/rolePolicy:RolePolicy",
      "policy",
      JSON.stringify({ Statement: [{ Effect: "Allow", Action: "a:b", Resource: `arn:${"r".repeat(10240)}` }] }),
      "at most 10240",
    ],
    [
      "aws:iam/policy:Policy",
      "policy",
      JSON.stringify({ Statement: [{ Effect: "Allow", Action: "a:b", Resource: `arn:${"r".repeat(6144)}` }] }),
      "at most 6144",
    ],
  ];
  for (const [type, property, value, wrong] of cases) {
    const shown = JSON.stringify(value);
    it(`${wrong === undefined ? "allows" : "refuses"} ${property} ${shown.length > 60 ? `${shown.slice(0, 57)}…` : shown} of ${type.split(":").at(-1)}`, () => {
      const inputs = { [property]: value };
      const found = (descriptionOf(type)!.limits ?? [])
        .flatMap((limit) => at(inputs, limit.path).map((each) => limit.wrong(each.value, inputs)))
        .filter((text) => text !== undefined);
      if (wrong === undefined) expect(found).to.deep.equal([]);
      else expect(found.join()).to.contain(wrong);
    });
  }

  const names: [string, string, boolean][] = [
    ["aws:s3/bucket:Bucket", "models-of-today", true],
    ["aws:s3/bucket:Bucket", "Models", false],
    ["aws:s3/bucket:Bucket", "10.0.0.1", false],
    ["aws:s3/bucket:Bucket", "a", false],
    ["aws:iam/role:Role", "r".repeat(64), true],
    ["aws:iam/role:Role", "r".repeat(65), false],
    ["aws:eks/cluster:Cluster", "c".repeat(100), true],
    ["aws:eks/cluster:Cluster", "-c", false],
    ["aws:rds/instance:Instance", "a--b", false],
    ["aws:ecr/repository:Repository", "team/model-server", true],
    ["aws:ecr/repository:Repository", "Team", false],
    ["aws:ec2/securityGroup:SecurityGroup", "sg-mine", false],
    ["aws:kms/alias:Alias", "alias/aws/mine", false],
  ];
  for (const [type, name, allowed] of names) {
    it(`${allowed ? "allows" : "refuses"} the name ${name.length > 20 ? `of ${name.length} characters` : name} for a ${type.split(":").at(-1)}`, () => {
      const rule = descriptionOf(type)!.name!;
      expect(wrongName(rule, { [rule.property ?? "name"]: name })).to.have.length(allowed ? 0 : 1);
    });
  }
});

describe("names that the simulated cloud makes up", () => {
  const seed = new Uint8Array([1, 2, 3]);
  it("end in seven digits, follow from the seed, and are kept", () => {
    const made: Record<string, unknown> = {};
    expect(fillName({ longest: 64 }, "Worker", {}, made, seed)).to.deep.equal([]);
    expect(made.name).to.match(/^Worker-[0-9a-f]{7}$/);
    const again: Record<string, unknown> = {};
    fillName({ longest: 64 }, "Worker", made, again, new Uint8Array([9]));
    expect(again).to.deep.equal(made);
  });
  it("are refused when the logical name leaves no room, as the real provider does", () => {
    const [failure] = fillName({ longest: 20 }, "a-very-long-name", {}, {}, seed);
    expect(failure!.reason).to.contain("is longer than maximum length 20");
  });
  it("are not made where a name or a prefix is given", () => {
    const given = { bucketPrefix: "data" };
    fillName({ property: "bucket", longest: 63 }, "b", {}, given, seed);
    expect(given).to.deep.equal({ bucketPrefix: "data" });
  });
});

describe("tags", () => {
  it("are limited to fifty, in length, and in letters", () => {
    expect(wrongTags(Object.fromEntries(Array.from({ length: 51 }, (_, index) => [`k${index}`, "v"])))).to.have.length(
      1,
    );
    expect(wrongTags({ ["k".repeat(129)]: "v" })).to.have.length(1);
    expect(wrongTags({ k: "v".repeat(257) })).to.have.length(1);
    expect(wrongTags({ "aws:k": "v" })).to.have.length(1);
    expect(wrongTags({ k: "a;b" })).to.have.length(1);
    expect(wrongTags({ "kubernetes.io/role/elb": "1", Überschrift: "a b" })).to.deep.equal([]);
  });
});

describe("ranges of addresses", () => {
  it("are read, compared and written", () => {
    const range = (cidr: string) => rangeOf(cidr)!;
    expect(rangeOf("10.0.0.0")).to.equal(undefined);
    expect(rangeOf("10.0.0.256/8")).to.equal(undefined);
    expect(contains(range("10.0.0.0/16"), range("10.0.255.0/24"))).to.equal(true);
    expect(contains(range("10.0.0.0/16"), range("10.1.0.0/24"))).to.equal(false);
    expect(overlaps(range("10.0.0.0/24"), range("10.0.0.128/25"))).to.equal(true);
    expect(overlaps(range("10.0.0.0/25"), range("10.0.0.128/25"))).to.equal(false);
    expect(format(range("200.1.2.3/20").first, 20)).to.equal("200.1.0.0/20");
  });
  const base = { vpcName: "n", cidrBlock: "10.0.0.0/16", zones: ["a", "b", "c"], nameTags: "Legacy" };
  it("are shared out among subnets as awsx does", () => {
    const auto = layOut({ ...base, strategy: "Auto" }).subnets.map(({ name, cidrBlock }) => `${name} ${cidrBlock}`);
    expect(auto.slice(0, 3)).to.deep.equal([
      "n-private-1 10.0.0.0/19",
      "n-public-1 10.0.32.0/20",
      "n-private-2 10.0.64.0/19",
    ]);
    const legacy = layOut({ ...base, strategy: "Legacy" }).subnets.map(({ name, cidrBlock }) => `${name} ${cidrBlock}`);
    expect(legacy).to.include.members(["n-private-2 10.0.64.0/19", "n-public-1 10.0.32.0/20"]);
  });
  it("are refused when subnets need more than there is", () => {
    const specs = [
      { type: "Private", cidrMask: 17 },
      { type: "Public", cidrMask: 17 },
    ];
    expect(() => layOut({ ...base, strategy: "Auto", specs })).to.throw("Subnets are too large for VPC");
    expect(() =>
      layOut({ ...base, strategy: "Auto", specs: [{ type: "Private", cidrBlocks: ["10.0.0.0/24"] }] }),
    ).to.throw("1 cidrBlocks for 3 zones");
  });
});

describe("differences", () => {
  const forces = belowAnyOf(["vpcConfig.subnetIds", "rules[].name"]);
  it("are found down to the leaves and know what forces a replacement", () => {
    const olds = { vpcConfig: { subnetIds: ["a"], open: true }, tags: { a: "1" }, list: ["x", "y"] };
    const news = { vpcConfig: { subnetIds: ["b"], open: false }, tags: { a: "1", "b/c": "2" }, list: ["y", "x"] };
    expect(differencesBetween(olds, news, forces)).to.deep.equal([
      { path: "vpcConfig.subnetIds", kind: "update", replaces: true },
      { path: "vpcConfig.open", kind: "update", replaces: false },
      { path: 'tags["b/c"]', kind: "add", replaces: false },
    ]);
  });
  it("do not count null, order in sets, or the way JSON is written", () => {
    expect(differencesBetween({ a: null, p: '{"x":1,"y":2}' }, { p: '{ "y": 2, "x": 1 }' }, forces)).to.deep.equal([]);
  });
  it("do not force for a property that only begins alike", () => {
    expect(forces("vpcConfig.subnetIdsOther")).to.equal(false);
    expect(forces("rules[3].name")).to.equal(true);
  });
});

describe("objects of a chart", () => {
  const object = (kind: string, name: string, more: object = {}) => ({
    apiVersion: "v1",
    kind,
    metadata: { name, ...more },
  });
  it("get the release's namespace unless they live in none", () => {
    const names = normalized(
      [object("ConfigMap", "a"), object("Namespace", "b"), object("ConfigMap", "c", { namespace: "d" })],
      "r",
    ).map(resourceName);
    expect(names).to.deep.equal(["r/a", "b", "d/c"]);
  });
  it("come after what their annotation names, and say so when they wait for each other", () => {
    const needing = (name: string) => ({
      namespace: "r",
      annotations: { "config.kubernetes.io/depends-on": `/namespaces/r/ConfigMap/${name}` },
    });
    expect(
      ordered([object("ConfigMap", "a", needing("b")), object("ConfigMap", "b", { namespace: "r" })]).map(
        ({ object: { metadata } }) => metadata.name,
      ),
    ).to.deep.equal(["b", "a"]);
    expect(() => ordered([object("ConfigMap", "a", needing("b")), object("ConfigMap", "b", needing("a"))])).to.throw(
      "wait for each other",
    );
  });
});

describe("what an API server refuses", () => {
  const wrong = (object: Record<string, unknown>) =>
    wrongObject(kindOf(object), object)
      .map(({ property, reason }) => `${property} ${reason}`)
      .join();
  const map = (more: object, metadata: object = {}) => ({
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "m", ...metadata },
    ...more,
  });
  const refused: [string, Record<string, unknown>, string][] = [
    ["a ConfigMap over 1 MiB", map({ data: { text: "x".repeat(1024 * 1024 + 1) } }), "at most 1048576 (1 MiB)"],
    ["a number in a ConfigMap", map({ data: { count: 3 } }), 'data["count"] is 3; a text is needed'],
    ["a label value with spaces", map({}, { labels: { owner: "not a label" } }), "is no label value"],
    ["a label key without a name", map({}, { labels: { "example.com/": "x" } }), "no qualified name"],
    ["an annotation that is a number", map({}, { annotations: { port: 80 } }), "a text is needed"],
    [
      "a Secret that is not base64",
      { apiVersion: "v1", kind: "Secret", metadata: { name: "s" }, data: { a: "not base64!" } },
      "is not base64",
    ],
    [
      "a namespace on what lives in none",
      { apiVersion: "v1", kind: "Namespace", metadata: { name: "a", namespace: "b" } },
      "lives in no namespace",
    ],
    [
      "a CronJob with a long name",
      { apiVersion: "batch/v1", kind: "CronJob", metadata: { name: "c".repeat(53) } },
      "at most 52",
    ],
    [
      "a selector its own pods do not match",
      {
        apiVersion: "apps/v1",
        kind: "Deployment",
        metadata: { name: "d" },
        spec: { selector: { matchLabels: { app: "a" } }, template: { metadata: { labels: { app: "b" } } } },
      },
      "asks for app=a",
    ],
  ];
  for (const [what, object, text] of refused) it(what, () => expect(wrong(object)).to.contain(text));
  it("but not values that are unknown yet", () => {
    expect(wrong(map({ data: { text: unknown } }, { name: unknown, labels: { owner: unknown } }))).to.equal("");
  });
});

describe("the account's state file", () => {
  const thing = (id: string) => ({
    type: "t",
    name: id,
    urn: `urn:${id}`,
    id,
    scope: "s",
    handles: [id],
    claims: [],
    uses: [],
    inputs: {},
    outputs: {},
    generation: 1,
  });
  const fresh = () => path.join(fs.mkdtempSync(path.join(os.tmpdir(), "account-")), "account.json");
  it("keeps what was done even if the account was never closed, and forgets a torn last line", () => {
    const file = fresh();
    const account = new Account(file);
    account.put(thing("a"), thing("b"));
    account.remove(Account.key("t", "s", "a"));
    fs.appendFileSync(`${file}.journal`, '[{"put":"t|s|c","rec');
    const again = new Account(file);
    expect(again.list().map(({ id }) => id)).to.deep.equal(["b"]);
    expect(again.nextGeneration("urn:a")).to.equal(2);
    again.close();
    expect(fs.existsSync(`${file}.journal`)).to.equal(false);
  });
  it("is not overwritten when it is something else", () => {
    const file = fresh();
    fs.writeFileSync(file, '{"version":3}');
    expect(() => new Account(file)).to.throw("is not the state of a simulated account");
    expect(fs.readFileSync(file, "utf8")).to.equal('{"version":3}');
  });
});
