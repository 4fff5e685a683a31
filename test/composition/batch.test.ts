import { expect } from "chai";
import {
  batchFolders,
  installBatch,
  kubernetesBatchArgs,
  sagemakerBatchArgs,
  transformJobPrefix,
} from "../../components/composition/batch";
import { stackName } from "../../components/foundation/awsProvider";
import { ignoreDisruption, undisturbed } from "../../components/lib/undisturbed";
import type { KubernetesBatchSettings, SagemakerBatchSettings } from "../../components/settings/batch";
import { onAws, onExisting } from "../settings/fixtures";
import { appContext, onTraining, told } from "../support/appContext";
import { building, RecordedIdentity } from "../support/foundation";
import { dependencies } from "../support/outline";

const models = (batch: object, more: object = {}) => ({
  mlflow: {},
  models: { churn: { from: "models:/churn@champion", batch, ...more } },
});
const ground = { namespace: "models", after: [], secretNames: ["mlflow-model-servers"], topics: {} };
const live = { sagemaker: { churn: { modelName: "churn-3" } } };
const blockOf = <T>(context: ReturnType<typeof appContext>) => context.settings.models!.churn!.batch as T;
const inPods = (context: ReturnType<typeof appContext>, more: object = {}) =>
  kubernetesBatchArgs(
    context,
    { ...ground, ...more },
    "churn",
    blockOf<KubernetesBatchSettings>(context),
    context.settings.models!.churn!.from,
  );
const registry = { images: { registry: "registry.example.com/ml" } };
const images = {
  foundation: { images: { repositoryUrl: (image: string) => `registry.invalid/${image}`, pushed: () => [] } },
};

describe("what batch scoring gets for a model's block", () => {
  it("in pods: on training nodes, with the schedule as Kubernetes writes it", () => {
    const context = appContext(onExisting(registry, models({ schedule: "cron(0 3 ? * 1 *)" })), images);
    expect(inPods(context, { mlflow: { portNumber: 5000 } })).to.deep.include({
      model: "churn",
      from: "models:/churn@champion",
      placement: onTraining,
      image: `registry.invalid/model-server:${context.settings.foundation.images.tag}`,
      secretNames: ["mlflow-model-servers"],
      mlflowPort: 5000,
      whole: { cron: "0 3 * * 0", folder: "incoming/churn/" },
      maxRejectedPercent: 1,
      timeoutMinutes: 120,
    });
    expect(inPods(context)).to.not.have.property("newObjects");
  });

  it("new objects alone have no schedule, and prefixes end in a slash", () => {
    const context = appContext(onExisting(registry, models({ onNewData: "landing" })), images);
    expect(inPods(context).newObjects).to.deep.equal({ folder: "landing/" });
    expect(inPods(context)).to.not.have.property("whole");
    expect(batchFolders("m", { schedule: "rate(1 day)", input: "a/b" } as never)).to.deep.equal({ whole: "a/b/" });
  });

  it("by batch transform: the owner's topic, a short beginning of names, tags of each job", () => {
    const batch = { with: "sagemaker", schedule: "cron(0 3 L * ? *)", onNewData: "landing/" };
    const receivers = { marketing: { kind: "email", addresses: ["ml@example.com"] } };
    const sections = { ...models(batch, { owner: "marketing", from: "models:/churn/3" }), monitoring: { receivers } };
    const context = appContext(onAws({ tags: { team: "ml" } }, sections));
    const topics = { marketing: { arn: told("topic") } };
    const args = sagemakerBatchArgs(
      context,
      { ...ground, ...live, topics },
      "churn",
      blockOf<SagemakerBatchSettings>(context),
      [],
    );
    expect(args.topicArn).to.equal("topic");
    expect(args.jobPrefix.length).to.be.lessThan(32);
    expect(args.tags).to.include({ team: "ml", "mlplatform/model": "churn" });
    expect(args.whole).to.deep.equal({ schedule: "cron(0 3 L * ? *)", folder: "incoming/churn/" });
    expect(args.newObjects).to.deep.equal({ folder: "landing/" });
  });

  it("gives each model's transform jobs a beginning of their own, as long as there is room the model's name", () => {
    const alike = ["customer-churn-by-region-eu", "customer-churn-by-region-us"].map(transformJobPrefix);
    expect(alike[0]).to.not.equal(alike[1]);
    for (const prefix of alike) {
      expect(prefix).to.match(/^[a-z0-9](-*[a-z0-9])*-$/);
      expect(prefix.length).to.be.at.most(31);
    }
    expect(transformJobPrefix("churn")).to.equal(`${stackName()}-churn-`);
  });

  it("by batch transform without a SageMaker model is an error, not a run that always fails", () => {
    const context = appContext(
      onAws({}, models({ with: "sagemaker", schedule: "rate(1 day)" }, { from: "models:/churn/3" })),
    );
    expect(() =>
      sagemakerBatchArgs(context, { ...ground, sagemaker: {} }, "churn", blockOf<SagemakerBatchSettings>(context), []),
    ).to.throw("no SageMaker model");
  });
});

describe("batch scoring as it is installed", () => {
  const installed = (raw: object, more: object = {}) =>
    building(() => {
      const identity = new RecordedIdentity();
      installBatch("p", appContext(raw, { ...images, identity }), { ...ground, ...more }, {});
    });

  it("makes CronJobs that may write one model's predictions, with no token and no root", async () => {
    const made = await installed(onExisting(registry, models({ schedule: "rate(1 day)", onNewData: "landing/" })));
    const jobs = made.filter(({ type }) => type === "kubernetes:batch/v1:CronJob");
    expect(jobs.map(({ inputs }) => (inputs.metadata as { name: string }).name)).to.have.members([
      "churn-batch",
      "churn-batch-new",
    ]);
    for (const { inputs } of jobs) {
      const spec = inputs.spec as Record<string, unknown>;
      expect(spec).to.include({ timeZone: "Etc/UTC", concurrencyPolicy: "Forbid" });
      const job = (spec.jobTemplate as { spec: Record<string, unknown> }).spec;
      expect(job).to.include({ activeDeadlineSeconds: 7200 });
      const { metadata, spec: pod } = job.template as { metadata: object; spec: Record<string, unknown> };
      expect(metadata).to.deep.include({ annotations: undisturbed });
      expect(job.podFailurePolicy).to.deep.equal({ rules: [ignoreDisruption] });
      expect(pod.restartPolicy).to.equal("Never"); // Else the API server refuses the policy.
      expect(pod).to.deep.include({ automountServiceAccountToken: false, serviceAccountName: "churn-batch" });
      expect(pod.nodeSelector).to.deep.equal(onTraining.nodeSelector);
      const [container] = pod.containers as { args: string[]; securityContext: object }[];
      expect(container!.securityContext).to.include({ readOnlyRootFilesystem: true });
      const fresh = (inputs.metadata as { name: string }).name === "churn-batch-new";
      expect(container!.args.includes("--new-only")).to.equal(fresh);
    }
  });

  it("has the bucket tell of new objects once, however many models wait for them", async () => {
    const batch = { with: "sagemaker", onNewData: "landing/" };
    const raw = onAws(
      {},
      { mlflow: {}, models: { churn: { from: "models:/churn/1", batch }, fraud: { from: "models:/fraud/1", batch } } },
    );
    const two = { sagemaker: { churn: { modelName: "c" }, fraud: { modelName: "f" } } };
    const made = await installed(raw, two);
    expect(made.filter(({ type }) => type === "aws:s3/bucketNotification:BucketNotification")).to.have.length(1);
    expect(made.filter(({ type }) => type === "aws:sfn/stateMachine:StateMachine")).to.have.length(2);
    const asked = made.filter(({ type }) => type === "aws:lambda/invocation:Invocation");
    const [stopping, ...more] = made.filter(({ type }) => type === "aws:lambda/function:Function");
    expect(more).to.deep.equal([]);
    expect(asked.map(({ inputs }) => inputs.functionName)).to.deep.equal([
      stopping!.inputs.name,
      stopping!.inputs.name,
    ]);
    for (const pipe of ["p-batch-churn-new", "p-batch-fraud-new"])
      expect(dependencies(made, `pipes.Pipe ${pipe}`).join(), "runs start once they can be stopped").to.contain(
        "lambda.Invocation",
      );
    const without = await installed(raw);
    expect(without.map(({ type }) => type).join()).to.not.contain("sfn");
  });
});
