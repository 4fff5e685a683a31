import { expect } from "chai";
import "../../simulator/cloud/aws/catalogue";
import { qualityNamespace } from "../../components/identity/policies/drift";
import { qualityAlarms } from "../../components/observability/alarms/quality";
import { parseSettings } from "../../components/settings/parse";
import { type Cost, costOf, unpricedTypes } from "../../report/cost/cost";
import { whyFree } from "../../report/cost/free";
import { priceQuery } from "../../report/cost/priceQueries";
import type { Price, PriceList } from "../../report/cost/prices";
import { readPrices } from "../../report/cost/prices";
import { rules } from "../../report/cost/rules";
import { costSection } from "../../report/cost/section";
import { servedTwoWays } from "../../report/cost/servedTwoWays";
import { PlanIndex } from "../../report/planIndex";
import { describedTypes } from "../../simulator/cloud/aws/describe";
import type { PlannedResource } from "../../simulator/plan";
import { planned, planOf } from "./plans";

const price = (usd: number, unit = "hour", more: Partial<Price> = {}): Price => ({
  ...{ usd, unit, source: "https://example.com/prices", read: "2026-11-30" },
  ...more,
});
const prices: PriceList = {
  region: "eu-west-1",
  currency: "USD",
  prices: {
    "ec2/m7i.large": price(0.1, "hour", { vcpus: 2, memoryGiB: 8 }),
    "ebs/gp3": price(0.08, "GB-month"),
    "elb/application": price(0.02),
    "vpc/public-ipv4": price(0.005),
    "s3/standard": price(0.023, "GB-month"),
    "sagemaker/hosting/ml.m5.large": price(0.2),
  },
};

const group = (maxSize: number, minSize = 1, more: Record<string, unknown> = {}) =>
  planned("aws:eks/nodeGroup:NodeGroup", "nodes-apps", {
    instanceTypes: ["m7i.large"],
    labels: { "mlplatform/purpose": "apps" },
    scalingConfig: { minSize, maxSize, desiredSize: minSize },
    ...more,
  });
const template = planned("aws:ec2/launchTemplate:LaunchTemplate", "nodes-apps", {
  blockDeviceMappings: [{ ebs: { volumeType: "gp3" } }, { ebs: { volumeSize: 50, volumeType: "gp3" } }],
});
const nodeClass = planned("kubernetes:karpenter.k8s.aws/v1:EC2NodeClass", "pool-class", {
  metadata: { name: "apps" },
  spec: { blockDeviceMappings: [{ ebs: { volumeSize: "4Gi" } }, { ebs: { volumeSize: "50Gi" } }] },
});
const pool = (nodes: string, capacity = "on-demand") =>
  planned("kubernetes:karpenter.sh/v1:NodePool", "pool", {
    metadata: { name: "apps" },
    spec: {
      template: {
        metadata: { labels: { "mlplatform/purpose": "apps" } },
        spec: {
          nodeClassRef: { name: "apps" },
          requirements: [
            { key: "node.kubernetes.io/instance-type", operator: "In", values: ["m9x.large", "m7i.large"] },
            { key: "karpenter.sh/capacity-type", operator: "In", values: [capacity] },
          ],
        },
      },
      limits: { nodes },
    },
  });
const cost = (...resources: PlannedResource[]): Cost => costOf(new PlanIndex(planOf(...resources)), prices, ["churn"]);
const line = ({ lines }: Cost, name: string, what?: string) =>
  lines.find((each) => each.name === name && each.what === what)!;

describe("The cost of a stack", () => {
  it("has a rule or a reason for every type that the simulated account knows", () => {
    expect(describedTypes()).to.have.length.greaterThan(80);
    expect(unpricedTypes(describedTypes())).to.deep.equal([]);
  });

  it("names a type that nobody has looked at", () => {
    expect(unpricedTypes(["aws:s3/bucket:Bucket", "aws:redshift/cluster:Cluster"])).to.deep.equal([
      "aws:redshift/cluster:Cluster",
    ]);
  });

  it("has no type both billed and free", () => {
    const both = Object.keys(rules).filter((type) => whyFree(type) !== undefined && !type.startsWith("kubernetes:"));
    expect(both).to.deep.equal([]);
  });

  it("counts machines and disks of a node group from its least to its most", () => {
    const { idleUsd, mostUsd, lines } = cost(group(4), template);
    expect(lines.map(({ what, idle, most }) => [what, idle, most])).to.deep.equal([
      ["machines", 1, 4],
      ["disks", 50, 200],
    ]);
    expect([idleUsd, mostUsd]).to.deep.equal([73 + 4, 4 * 73 + 16]);
  });

  it("doubles the line of a node group that is doubled", () => {
    const [once, twice] = [cost(group(4, 2), template), cost(group(8, 4), template)];
    for (const what of ["machines", "disks"]) {
      expect(line(twice, "nodes-apps", what).mostUsd).to.equal(2 * line(once, "nodes-apps", what).mostUsd!);
      expect(line(twice, "nodes-apps", what).idleUsd).to.equal(2 * line(once, "nodes-apps", what).idleUsd!);
    }
  });

  it("counts what Karpenter may start at the limits, with disks, and nothing of it idle", () => {
    const { idleUsd, mostUsd, lines } = cost(pool("4"), nodeClass);
    expect(lines.map(({ price: key, idle, most }) => [key, idle, most])).to.deep.equal([
      ["ec2/m7i.large", 0, 4],
      ["ebs/gp3", 0, 216],
    ]);
    expect([idleUsd, mostUsd]).to.deep.equal([0, 4 * 73 + 17.28]);
    expect(line(cost(pool("8"), nodeClass), "pool", "machines").mostUsd).to.equal(8 * 73);
    expect(line(cost(pool("1", "spot"), nodeClass), "pool", "machines").note)
      .to.match(/m9x\.large has no known price/)
      .and.to.match(/spot: at most/);
  });

  it("counts further workers of Amazon's Airflow at the limits, and none of the size that has one", () => {
    const environment = (inputs: object) => cost(planned("aws:mwaa/environment:Environment", "airflow", { ...inputs }));
    const scaled = environment({ environmentClass: "mw1.medium", minWorkers: 1, maxWorkers: 5 });
    expect(scaled.lines.map(({ price: key, idle, most }) => [key, idle, most])).to.deep.equal([
      ["mwaa/mw1.medium", 1, 1],
      ["mwaa/worker/mw1.medium", 0, 4],
    ]);
    expect(scaled.byUse.map(({ price: key }) => key)).to.deep.equal(["mwaa/database-storage"]);
    const smallest = environment({ environmentClass: "mw1.micro", minWorkers: 1, maxWorkers: 1 });
    expect(smallest.lines.map(({ price: key }) => key)).to.deep.equal(["mwaa/mw1.micro"]);
  });

  it("counts the volume of a notebook instance beside the instance", () => {
    const type = "aws:sagemaker/notebookInstance:NotebookInstance";
    const found = cost(planned(type, "bench", { instanceType: "ml.t3.medium", volumeSize: 40 }));
    expect(found.lines.map(({ price: key, most }) => [key, most])).to.have.deep.members([
      ["sagemaker/notebook/ml.t3.medium", 1],
      ["sagemaker/notebook-storage", 40],
    ]);
  });

  it("gives the command that asks for what is missing, in the region of the stack, and says what it cannot ask for", () => {
    const list = { region: "us-west-2", currency: "USD", prices: {} } as const;
    const found = costOf(new PlanIndex(planOf(group(1), template, planned("aws:sns/topic:Topic", "team"))), list, []);
    const text = JSON.stringify(costSection(found, []));
    expect(text).to.contain(
      "`npm run prices -- --region us-west-2 ebs/gp3 ec2/m7i.large`. The others are on AWS's pages",
    );
    const known = JSON.stringify(costSection(cost(group(1), template), []));
    expect(known).to.not.contain("npm run prices");
  });

  it("says of spot that it is at most the price on demand, and which type is counted where the first has no price", () => {
    const { note, price: key } = line(
      cost(group(2, 0, { capacityType: "SPOT", instanceTypes: ["m9x.large", "m7i.large"] })),
      "nodes-apps",
      "machines",
    );
    expect(key).to.equal("ec2/m7i.large");
    expect(note)
      .to.match(/m9x\.large has no known price/)
      .and.to.match(/spot: at most/);
  });

  it("leaves a line without a known price out of the sums, and names the price", () => {
    const found = cost(group(1, 1, { instanceTypes: ["m9x.large"] }), planned("aws:kms/key:Key", "data"));
    expect(found.unknownPrices).to.deep.equal(["ec2/m9x.large", "kms/key"]);
    expect(found.mostUsd).to.equal(0);
    expect(line(found, "data")).to.not.have.property("mostUsd");
  });

  it("shows what has no price above what costs most, in words, and says what each price that is missing is for", () => {
    const plan = [
      ...[group(1, 1, { instanceTypes: ["m9x.large"] }), template],
      ...[planned("aws:kms/key:Key", "data"), planned("aws:sns/topic:Topic", "team")],
      planned("aws:mwaa/environment:Environment", "airflow", { environmentClass: "mw1.medium", maxWorkers: 5 }),
    ];
    const { blocks } = costSection(cost(...plan), []);
    const rows = (caption: string) =>
      blocks.flatMap((block) => (block.kind === "table" && block.caption === caption ? block.rows : []));
    const places = rows("Every line").map((cells) => cells.slice(-2).join());
    const unknown = places.filter((each) => each === "price not known,price not known");
    expect(unknown.length).to.be.greaterThan(3);
    expect(places.slice(0, unknown.length)).to.deep.equal(unknown);
    expect(places.length).to.be.greaterThan(unknown.length);
    expect(rows("Prices not known")).to.deep.include.members([
      ["kms/key", "data"],
      ["mwaa/worker/mw1.medium", "airflow: more workers"],
      ["sns/notification", "team (billed by use)"],
    ]);
  });

  it("lists what is billed by use once, in no sum", () => {
    const found = cost(planned("aws:s3/bucket:Bucket", "artifacts"), planned("aws:s3/bucket:Bucket", "logs"));
    expect(found.lines).to.deep.equal([]);
    expect(found.byUse).to.deep.equal([
      { price: "s3/standard", what: "Bucket", names: ["artifacts", "logs"], usd: 0.023, unit: "GB-month" },
    ]);
  });

  it("bills one load balancer for all ingresses of a group, and its addresses only where it faces the internet", () => {
    const ingress = (name: string, scheme: string) => {
      const annotations = {
        "alb.ingress.kubernetes.io/group.name": "dev",
        "alb.ingress.kubernetes.io/scheme": scheme,
      };
      return planned("kubernetes:networking.k8s.io/v1:Ingress", name, { metadata: { annotations } });
    };
    const zones = ["a", "b"].map((zone) =>
      planned("aws:ec2/subnet:Subnet", zone, { availabilityZone: `eu-west-1${zone}` }),
    );
    const inside = cost(ingress("airflow", "internal"), ingress("mlflow", "internal"), ...zones);
    expect(inside.lines.map(({ price: key }) => key)).to.deep.equal(["elb/application"]);
    const outside = cost(ingress("airflow", "internet-facing"), ...zones);
    expect(line(outside, "airflow", "its addresses").most).to.equal(2);
    expect(cost(planned("kubernetes:networking.k8s.io/v1:Ingress", "traefik")).lines).to.deep.equal([]);
  });

  it("reads volumes in the values of a chart, once, whether it is rendered or not", () => {
    const claim = { storageClassName: "gp3", resources: { requests: { storage: "20Gi" } } };
    const chart = planned("kubernetes:helm.sh/v4:Chart", "monitoring", {
      values: { prometheus: { spec: { volumeClaimTemplate: { spec: claim } } }, other: { storageClassName: "efs" } },
    });
    const rendered = planned("kubernetes:core/v1:PersistentVolumeClaim", "monitoring:grafana", { spec: claim });
    rendered.parent = chart.urn;
    expect(cost(chart, rendered).lines.map(({ most }) => most)).to.deep.equal([20]);
  });

  it("lists the machines of jobs by what they are for, each once", () => {
    const job = (call: string, InstanceType: string) => ({
      Type: "Task",
      Resource: `arn:aws:states:::sagemaker:${call}.sync`,
      Parameters: { Nested: { InstanceType } },
    });
    const definition = JSON.stringify({
      States: {
        Check: job("createProcessingJob", "ml.m5.large"),
        Train: job("createTrainingJob", "ml.m5.xlarge"),
        Again: job("createTrainingJob", "ml.m5.xlarge"),
        Score: job("createTransformJob", "ml.c5.xlarge"),
        Ask: {
          Type: "Task",
          Resource: "arn:aws:states:::lambda:invoke",
          Parameters: { InstanceType: "ml.p4d.24xlarge" },
        },
      },
    });
    const pipeline = JSON.stringify({
      Steps: [{ Type: "Tuning", Arguments: { TrainingJobDefinition: { InstanceType: "ml.c5.xlarge" } } }],
    });
    const checks = planned("aws:sagemaker/dataQualityJobDefinition:DataQualityJobDefinition", "churn", {
      jobResources: { clusterConfig: { instanceType: "ml.m5.large" } },
    });
    const { byUse } = cost(
      planned("aws:sfn/stateMachine:StateMachine", "churn", { definition }),
      planned("aws:sagemaker/pipeline:Pipeline", "plain", { pipelineDefinition: pipeline }),
      checks,
    );
    expect(byUse.map(({ price }) => price).filter((price) => price.startsWith("sagemaker/"))).to.deep.equal([
      "sagemaker/processing/ml.m5.large",
      "sagemaker/training/ml.c5.xlarge",
      "sagemaker/training/ml.m5.xlarge",
      "sagemaker/transform/ml.c5.xlarge",
    ]);
  });

  it("lists the series that are kept of judged models and of endpoints, and of no other alarm", () => {
    const alarms = (model: string) =>
      qualityAlarms({ model, namespace: qualityNamespace, everyHours: 24, windows: 3 }).map(
        ({ key, namespace, metricNames: [metricName] }) =>
          planned("aws:cloudwatch/metricAlarm:MetricAlarm", `quality-${model}-${key}`, { namespace, metricName }),
      );
    const endpoint = planned("aws:sagemaker/endpointConfiguration:EndpointConfiguration", "endpoint-churn");
    const other = planned("aws:cloudwatch/metricAlarm:MetricAlarm", "database-storage", { namespace: "AWS/RDS" });
    expect(cost(other).byUse).to.deep.equal([]);
    const { byUse, lines } = cost(...alarms("churn"), ...alarms("fraud"), endpoint, other);
    expect(lines).to.have.length(5);
    expect(byUse).to.deep.equal([
      {
        price: "cloudwatch/custom-metric",
        what: "series of models in CloudWatch",
        names: ["quality-churn-quality-stale", "quality-fraud-quality-stale", "endpoint-churn"],
      },
    ]);
    expect(priceQuery("cloudwatch/custom-metric")).to.include({ service: "AmazonCloudWatch", unit: "month" });
  });

  it("counts nodes and the database for the hours in which they are on, and disks of the database for all", () => {
    const schedule = (what: string, scheduleExpression: string) =>
      planned("aws:scheduler/schedule:Schedule", `mlplatform-off-hours-${what}`, { scheduleExpression });
    const group = (name: string) =>
      planned("aws:eks/nodeGroup:NodeGroup", `mlplatform-nodes-${name}`, {
        instanceTypes: ["t3.large"],
        scalingConfig: { minSize: 2, maxSize: 4 },
      });
    const database = planned("aws:rds/instance:Instance", "mlplatform-database", {
      ...{ instanceClass: "db.t4g.small", engine: "postgres", allocatedStorage: 20 },
    });
    // 14 hours on 6 days: half of the week.
    const { lines } = cost(
      ...[group("apps"), group("system"), database],
      schedule("nodes-apps-start", "cron(15 7 ? * MON,TUE,WED,THU,FRI,SAT *)"),
      schedule("nodes-apps-stop", "cron(15 21 ? * MON,TUE,WED,THU,FRI,SAT *)"),
      schedule("database-start", "cron(0 7 ? * MON,TUE,WED,THU,FRI,SAT *)"),
      schedule("database-stop", "cron(0 21 ? * MON,TUE,WED,THU,FRI,SAT *)"),
    );
    const found = lines
      .filter(({ what }) => what !== "disks")
      .map(({ name, what, idle, most, note }) => [name, what, idle, most, note]);
    expect(found).to.have.deep.members([
      ["mlplatform-nodes-apps", "machines", 1, 2, "off outside of work hours"],
      ["mlplatform-nodes-system", "machines", 2, 4, undefined],
      ["mlplatform-database", undefined, 0.5, 0.5, "off outside of work hours"],
      ["mlplatform-database", "storage", 20, 20, undefined],
    ]);
  });

  it("counts an endpoint that ends by itself for its hours, and no longer than the month", () => {
    const configuration = (name: string, tags: object) =>
      planned("aws:sagemaker/endpointConfiguration:EndpointConfiguration", name, {
        productionVariants: [{ instanceType: "ml.m5.large", initialInstanceCount: 2 }],
        ...tags,
      });
    const { lines } = cost(
      configuration("stays", {}),
      configuration("ends", { tags: { "mlplatform/ttl-hours": "73" } }),
      configuration("late", { tags: { "mlplatform/ttl-hours": "2000" } }),
    );
    expect(lines.map(({ name, idle, most, note }) => [name, idle, most, note])).to.have.deep.members([
      ["stays", 2, 2, undefined],
      ["ends", 0.2, 0.2, "ends 73 hours after it was made"],
      ["late", 2, 2, "ends 2000 hours after it was made"],
    ]);
  });

  it("gives a model what is there for it alone", () => {
    const alarm = planned("aws:cloudwatch/metricAlarm:MetricAlarm", "mlplatform-endpoint-churn-errors");
    const other = planned("aws:cloudwatch/metricAlarm:MetricAlarm", "mlplatform-endpoint-churned-errors");
    expect(cost(alarm, other).lines.map(({ model }) => model)).to.deep.equal(["churn", undefined]);
  });
});

describe("A model served two ways", () => {
  const foundation = { kind: "aws", region: "eu-west-1" };
  const served = (serve: object, list = prices) => {
    const models = { churn: { from: "models:/churn/3", serve } };
    const settings = parseSettings({ foundation, mlflow: {}, models });
    return servedTwoWays(new PlanIndex(planOf(group(4), template)), settings.models!, list)[0]!;
  };

  it("counts pods on nodes that Karpenter starts like those of a group", () => {
    const models = parseSettings({
      ...{ foundation: { kind: "aws", region: "eu-west-1" }, mlflow: {} },
      models: { churn: { from: "models:/churn@champion", serve: { flask: { cpu: "1", memoryMiB: 2048 } } } },
    }).models!;
    const [found] = servedTwoWays(new PlanIndex(planOf(pool("4"), nodeClass)), models, prices);
    expect(found!.flask.what).to.contain("each 50 % of m7i.large");
  });

  it("counts pods by the share of a node that they take, and endpoints by instances", () => {
    // 1 of 2 CPUs and 2 of 8 GiB: half a machine at 73 a month.
    const both = served({
      flask: { minReplicas: 2, maxReplicas: 4, cpu: "1", memoryMiB: 2048 },
      sagemaker: { minInstances: 1, maxInstances: 3 },
    });
    expect(both.flask).to.include({ inUse: true, idleUsd: 73, mostUsd: 146 });
    expect(both.sagemaker).to.include({ inUse: true, idleUsd: 146, mostUsd: 438 });
  });

  it("counts pods on nodes for everything, where there are no others, and says where there is no cluster at all", () => {
    const system = group(4, 1, { labels: { "mlplatform/purpose": "system" } });
    const on = (...plan: PlannedResource[]) => {
      const models = { churn: { from: "models:/churn/3", serve: { flask: { cpu: "1", memoryMiB: 2048 } } } };
      const settings = parseSettings({ foundation, mlflow: {}, models });
      return servedTwoWays(new PlanIndex(planOf(...plan)), settings.models!, prices)[0]!.flask.what;
    };
    expect(on(system, template)).to.contain("each 50 % of m7i.large");
    expect(on()).to.equal("takes a cluster, which this stack has not");
    expect(on(planned("pulumi:providers:kubernetes", "adopted"))).to.equal("on nodes that are not of this stack");
  });

  it("shows the other way with its defaults", () => {
    expect(served({ flask: {} }).sagemaker).to.include({ inUse: false, what: "1 to 2 instances of ml.m5.large" });
    expect(served({ sagemaker: {} }).flask).to.include({ inUse: false });
  });

  it("invents nothing for a price that is not known", () => {
    const { sagemaker } = served({ flask: {} }, { ...prices, prices: {} });
    expect(sagemaker).to.include({ unknownPrice: "sagemaker/hosting/ml.m5.large" });
    expect(sagemaker).to.not.have.property("idleUsd");
  });
});

describe("The prices that are kept", () => {
  const kept = Object.entries(readPrices("eu-west-1").prices);

  it("have each an amount, a unit, a source and a day", () => {
    for (const [key, { usd, unit, source, read, asOf }] of kept) {
      expect(usd, key).to.be.greaterThan(0);
      expect(unit, key).to.not.equal("");
      expect(source, key).to.match(/^https:\/\//);
      for (const day of [read, asOf ?? read]) expect(day, key).to.match(/^\d{4}-\d\d-\d\d$/);
    }
  });

  it("say of EC2 what a machine has", () => {
    for (const [key, { vcpus, memoryGiB }] of kept.filter(([each]) => each.startsWith("ec2/"))) {
      expect(vcpus, key).to.be.greaterThan(0);
      expect(memoryGiB, key).to.be.greaterThan(0);
    }
  });

  it("are none for a region that nobody has asked about", () => {
    expect(readPrices("eu-north-1").prices).to.deep.equal({});
  });
});
