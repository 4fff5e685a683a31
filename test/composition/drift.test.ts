import * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import { driftMonitorArgs, installDrift, watchedModels } from "../../components/composition/drift";
import type { AppContext } from "../../components/composition/surroundings";
import { stackName } from "../../components/foundation/awsProvider";
import type { PolicyStatement } from "../../components/lib/statements";
import { onAws, onExisting } from "../settings/fixtures";
import { appContext, compatibleStore, onApps } from "../support/appContext";
import { building, RecordedIdentity, value } from "../support/foundation";
import { outline } from "../support/outline";

const space = { namespace: "models" as const, secrets: { servers: "registry-reader" }, ready: [] };
const mlflow = { namespace: "mlflow", portNumber: 5000 } as never;
const serve = { flask: {} };
const churn = { from: "models:/churn@champion", serve, drift: {} };
const argsOf = (context: AppContext) => driftMonitorArgs(context, { space, mlflow }, watchedModels(context.settings));
const statementsOf = (context: AppContext) => value(argsOf(context).statements as pulumi.Output<PolicyStatement[]>);
const at = (output: pulumi.Input<string>) => value(pulumi.output(output));

describe("what the drift monitor gets for a stack's settings", () => {
  it("is exactly this for a model whose block says drift and no more", async () => {
    const context = appContext(onAws({}, { mlflow: {}, models: { churn } }));
    const { samplesUri, reportsUri, statements, image, ...rest } = argsOf(context);
    expect(rest).to.deep.equal({
      models: [{ name: "churn", from: "models:/churn@champion", maxPsi: 0.2, everyHours: 24 }],
      space,
      placement: onApps,
      region: "eu-west-1",
      mlflow: { namespace: "mlflow", portNumber: 5000 },
      identity: context.identity,
    });
    expect(image).to.match(/^registry\.example\.com\/drift:\d/);
    expect([await at(samplesUri), await at(reportsUri)]).to.deep.equal(["URI of data/samples", "URI of data/drift"]);
    expect(statements).to.not.equal(undefined);
  });

  it("follows the block of each model, and leaves out those that do not ask", () => {
    const models = {
      churn: { ...churn, drift: { maxPsi: 0.4, everyHours: 6, columns: { id: "ignore" } } },
      fraud: { from: "models:/fraud/3" },
    };
    expect(watchedModels(appContext(onAws({}, { mlflow: {}, models })).settings)).to.deep.equal([
      { name: "churn", from: "models:/churn@champion", maxPsi: 0.4, everyHours: 6, columns: { id: "ignore" } },
    ]);
  });

  it("has keys and a port of its store, and nothing of a cloud, where none is", () => {
    const stores = {
      artifacts: compatibleStore("artifacts"),
      data: compatibleStore("data"),
      logs: compatibleStore("logs"),
    };
    const context = appContext(
      onExisting({ images: { registry: "registry.example.com/ml" } }, { mlflow: {}, models: { churn } }),
      { foundation: { stores } },
    );
    expect(argsOf(context)).to.include({ storePort: 8333 });
    expect(argsOf(context)).to.not.have.any.keys("statements", "region");
  });

  it("reads a model that lies in a bucket too, for its baseline is there; no statement's name comes twice", async () => {
    const models = {
      churn,
      a: { from: "s3://company/models/a", serve, drift: {} },
      b: { from: "s3://company/models/b", serve, drift: {} },
    };
    const found = await statementsOf(appContext(onAws({}, { mlflow: {}, models })));
    expect(found.flatMap(({ Resource }) => Resource)).to.include("arn:aws:s3:::company/models/a/*");
    const sids = found.map(({ Sid }) => Sid);
    expect(new Set(sids).size).to.equal(sids.length);
    const alone = await statementsOf(appContext(onAws({}, { mlflow: {}, models: { churn } })));
    expect(alone.flatMap(({ Resource }) => Resource).join()).to.not.contain("company");
  });

  it("may tell of drift, and nothing else, only where drift starts a training on AWS", async () => {
    const training = { image: "training", onDrift: true };
    const models = (more: object) => ({ mlflow: {}, models: { churn: { ...churn, ...more } } });
    const told = appContext(onAws({}, models({ training })));
    expect(argsOf(told).events).to.deep.equal({ bus: "default", stack: stackName() });
    expect((await statementsOf(told)).find(({ Sid }) => Sid === "TellDrift")).to.deep.equal({
      Sid: "TellDrift",
      Effect: "Allow",
      Action: ["events:PutEvents"],
      Resource: ["arn:aws:events:eu-west-1:000000000000:event-bus/default"],
      Condition: { StringEquals: { "events:source": "mlplatform.drift" } },
    });
    for (const quiet of [models({}), models({ training: { ...training, onDrift: false } })]) {
      const context = appContext(onAws({}, quiet));
      expect(argsOf(context)).to.not.have.any.keys("events");
      expect((await statementsOf(context)).map(({ Action }) => Action).join()).to.not.contain("events");
    }
    const images = { registry: "registry.example.com/ml" };
    const airflow = { ...training, onDrift: false, engine: "airflow" };
    const elsewhere = appContext(onExisting({ images }, { ...models({ training: airflow }), airflow: {} }));
    expect(argsOf(elsewhere)).to.not.have.any.keys("events", "statements");
  });

  it("reads what looks have found of labelled answers, and keeps it in CloudWatch, only where they judge any", async () => {
    const training = { image: "training", gate: { metric: "roc_auc", atLeast: 0.7 }, onDecay: { threshold: 0.7 } };
    const judged = { ...churn, training, monitor: { everyHours: 6, modelQuality: { metric: "roc_auc" } } };
    const context = appContext(onAws({}, { mlflow: {}, models: { judged, churn } }));
    const { models, cloudWatch, looksUri } = argsOf(context);
    expect(models[0]!.quality).to.deep.equal({
      ...{ everyHours: 6, maxDropPercent: 10, metric: "roc_auc" },
      decay: { threshold: 0.7, windows: 3 },
    });
    expect(models[1]).to.not.have.any.keys("quality");
    expect(cloudWatch).to.deep.equal({ namespace: "mlplatform/quality", stack: stackName() });
    expect(await at(looksUri!)).to.equal("URI of data/quality");
    const found = await statementsOf(context);
    const of = (sid: string) => found.find(({ Sid }) => Sid === sid)!;
    const folder = "ARN of data/quality/judged/answers/*";
    expect(of("ReadLooks").Resource).to.deep.equal([`${folder}/monitor.json`]);
    expect(of("ListLooks").Condition).to.deep.equal({ StringLike: { "s3:prefix": ["quality/judged/answers/*"] } });
    expect(of("KeepQuality")).to.deep.include({
      Action: ["cloudwatch:PutMetricData"],
      Condition: { StringEquals: { "cloudwatch:namespace": "mlplatform/quality" } },
    });
    const { monitor: _, training: __, ...quiet } = judged;
    const without = appContext(onAws({}, { mlflow: {}, models: { quiet } }));
    expect(argsOf(without)).to.not.have.any.keys("cloudWatch", "looksUri");
    expect((await statementsOf(without)).map(({ Action }) => Action).join()).to.not.contain("cloudwatch");
  });

  it("is not there at all where no model asks", async () => {
    const identity = new RecordedIdentity();
    const models = (drift: object) => ({ churn: { from: "models:/churn@champion", serve, ...drift } });
    const made = (given: object) =>
      building(() => {
        const context = appContext(onAws({}, { mlflow: {}, models: given }), { identity });
        installDrift("models", context, { space, mlflow }, {});
      });
    expect(outline(await made(models({})))).to.deep.equal([]);
    expect(identity.grants).to.deep.equal({});
    expect(outline(await made(models({ drift: {} })))[0]).to.equal("DriftMonitor models-drift-monitor");
    expect(identity.grants).to.have.all.keys("models-drift-monitor");
  });
});
