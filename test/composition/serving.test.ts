import { expect } from "chai";
import { environmentsConfig } from "../../components/composition/environments";
import {
  modelServerArgs,
  pinnedReleaseArgs,
  releaseControllerArgs,
  releasedModels,
  spaceArgs,
} from "../../components/composition/modelServer";
import type { AppContext } from "../../components/composition/surroundings";
import { readModel } from "../../components/identity/policies/serving";
import { onAws, onExisting } from "../settings/fixtures";
import { appContext, compatibleStore, onApps, onGpus, told } from "../support/appContext";
import { value } from "../support/foundation";
import { record } from "../support/record";

const space = { namespace: "models" as const, secrets: {}, ready: [] };
const champion = { from: "models:/churn@champion", serve: { flask: {} } };
const tag = "1.2.0";
const onCloud = (model: object = champion, sections: object = {}) =>
  onAws({ images: { tag } }, { mlflow: {}, models: { churn: model }, ...sections });
const mlflow = {
  namespace: "mlflow" as const,
  portNumber: 5000 as const,
  uri: "http://mlflow.mlflow.svc:5000" as const,
  ready: [],
  credentials: (client: string) => ({
    MLFLOW_TRACKING_USERNAME: told(client),
    MLFLOW_TRACKING_PASSWORD: told(`password of ${client}`),
  }),
};
const argsOf = (context: AppContext) =>
  modelServerArgs(context, space, "churn", context.settings.models!.churn!, mlflow);

describe("what a model in the cluster gets for its block", () => {
  it("is exactly this for the least that a block says", () => {
    const context = appContext(onCloud(champion, { environments: { build: false } }));
    expect(argsOf(context)).to.deep.equal({
      model: "churn",
      space,
      image: { repository: "registry.example.com/model-server", tag },
      minReplicas: 2,
      maxReplicas: 10,
      cpu: "500m",
      memoryMiB: 1024,
      gpus: 0,
      targetCpuPercent: 70,
      timeoutMillis: 10000,
      placement: onApps, // No nodes are set aside for serving.
      clientNamespaces: [],
      mlflow: { namespace: "mlflow", portNumber: 5000 },
      identity: context.identity,
      environment: { AWS_REGION: "eu-west-1" },
      environments: false,
      usesStore: false,
    });
  });

  it("follows the block", () => {
    const flask = {
      ...{ minReplicas: 3, maxReplicas: 6, cpu: "2", memoryMiB: 4096 },
      ...{ targetCpuPercent: 50, timeoutMillis: 700 },
    };
    expect(argsOf(appContext(onCloud({ ...champion, serve: { flask } })))).to.deep.include(flask);
  });

  it("lets in those who are there to ask: notebooks, and Airflow's workers where they run in the cluster", () => {
    const clients = (sections: object) => argsOf(appContext(onCloud(champion, sections))).clientNamespaces;
    expect(clients({ airflow: {}, jupyterhub: {} })).to.deep.equal(["airflow-tasks", "airflow-pods", "jupyterhub"]);
    const mwaa = { executor: { kind: "mwaa" }, dags: { kind: "bucket" } };
    expect(clients({ airflow: mwaa })).to.deep.equal([]);
  });

  it("lets in the namespaces that its block names, each once, also where there is neither", () => {
    const asked = { ...champion, serve: { flask: { clientNamespaces: ["shop", "airflow-pods"] } } };
    const clients = (sections: object) => argsOf(appContext(onCloud(asked, sections))).clientNamespaces;
    expect(clients({})).to.deep.equal(["shop", "airflow-pods"]);
    expect(clients({ airflow: {} })).to.deep.equal(["airflow-tasks", "airflow-pods", "shop"]);
  });

  it("is an address wherever there is access, and a watch where something monitors", () => {
    const access = { domain: "ml.example.com", zoneId: "Z0123456789EXAMPLE" };
    const context = appContext(onCloud(champion, { access }), { monitors: [] });
    expect(argsOf(context)).to.deep.include({
      address: { host: "models.ml.example.com", url: "https://models.ml.example.com", ingress: context.ingress },
      monitors: [],
      monitoringNamespace: "monitoring",
    });
  });

  it("is nodes with GPUs for a model that needs them", () => {
    const models = { churn: { ...champion, serve: { flask: { gpus: 1 } } } };
    const context = appContext(onExisting({ images: { registry: "registry.example.com" } }, { mlflow: {}, models }));
    const nodeClasses = context.cluster.nodeClasses.map((each) =>
      each.gpu ? { ...each, purpose: "serving" as const } : each,
    );
    const args = argsOf({ ...context, cluster: { ...context.cluster, nodeClasses } });
    expect(args).to.deep.include({ gpus: 1, placement: onGpus });
  });

  it("is a place for samples and the right to add to it where drift is looked for; a model from a bucket may be read", async () => {
    let statements: unknown;
    await record(async () => {
      const args = argsOf(
        appContext(onCloud({ from: "s3://bucket/models/churn", serve: { flask: {} }, drift: { samplePercent: 5 } })),
      );
      expect(args.usesStore).to.equal(true);
      expect(args.samples?.percent).to.equal(5);
      expect(await value(args.samples!.uri as never)).to.equal("URI of data/samples");
      statements = await value(args.statements as never);
    });
    expect(
      (statements as { Sid: string; Resource: string[] }[]).map(({ Sid, Resource }) => [Sid, Resource]),
    ).to.deep.equal([
      ["AddSamples", ["ARN of data/samples/churn/*"]],
      ["ListModel", ["arn:aws:s3:::bucket"]],
      ["ReadModel", ["arn:aws:s3:::bucket/models/churn", "arn:aws:s3:::bucket/models/churn/*"]],
      ["EnvironmentsList", ["ARN of artifacts"]],
      ["EnvironmentsRead", ["ARN of artifacts/environments/*"]],
    ]);
  });

  it("is a group of features to look up where the model declares it, and the right to that; without, neither", async () => {
    const features = { entity: "customer_id", columns: { tenure: "Integral" } };
    const declared = (more: object) => {
      const training = { image: "training", features: { ...features, ...more } };
      return onCloud({ ...champion, training }, { training: { featureStore: "onlineAndOffline" } });
    };
    let statements: unknown;
    await record(async () => {
      const args = argsOf(appContext(declared({ lookup: true })));
      expect(JSON.parse(args.environment!.MODEL_SERVER_FEATURES!)).to.deep.equal({
        ...{ name: "mlplatform-test-churn", table: "features_churn", eventTime: "event_time", ...features },
      });
      statements = await value(args.statements as never);
    });
    const group = "arn:aws:sagemaker:eu-west-1:000000000000:feature-group/mlplatform-test-churn";
    expect(statements).to.deep.include({
      ...{ Sid: "FeaturesLookUp", Effect: "Allow", Action: ["sagemaker:BatchGetRecord"], Resource: [group] },
    });
    const none = argsOf(appContext(declared({})));
    expect(none.environment).to.deep.equal({ AWS_REGION: "eu-west-1" });
  });

  it("is packages of its own to read, unless somebody brought an image: then it is that image, and no grant", () => {
    const built = argsOf(appContext(onCloud()));
    expect(built.environments).to.equal(true);
    expect(built.statements).to.not.equal(undefined);
    const digest = `sha256:${"a".repeat(64)}`;
    for (const [image, parts] of [
      [
        "registry.example.com:5000/ml/server:1.4.0",
        { repository: "registry.example.com:5000/ml/server", tag: "1.4.0" },
      ],
      [`registry.example.com/server@${digest}`, { repository: "registry.example.com/server", tag: "", digest }],
      [`registry.example.com/server:2@${digest}`, { repository: "registry.example.com/server", tag: "2", digest }],
    ] as const) {
      const context = appContext(onCloud({ ...champion, serve: { flask: { image } } }));
      const own = argsOf(context);
      expect(own.image).to.deep.equal(parts);
      expect(own.environments).to.equal(false);
      expect(own.statements).to.equal(undefined);
      expect(environmentsConfig(context)).to.deep.equal({});
      expect(releasedModels(context.settings, {})[0]).to.include({ environments: false });
    }
  });

  it("has keys of the store for packages alone, or the store's own where somebody gave one for all", () => {
    const config = onExisting(
      { images: { registry: "registry.example.com" } },
      { mlflow: {}, models: { churn: champion } },
    );
    const keysFor = (narrower?: object, environments: object = {}) => {
      const given = appContext({ ...config, environments });
      const { compatible, ...rest } = compatibleStore("artifacts");
      const artifacts = { ...rest, compatible: { ...compatible!, ...(narrower ? { narrower } : {}) } };
      const { stores } = given.foundation;
      const context = appContext({ ...config, environments }, { foundation: { stores: { ...stores, artifacts } } });
      return { compatible: artifacts.compatible, environments: spaceArgs(context, mlflow).environments };
    };
    const key = (of: string) => ({ accessKeyId: told(of), secretAccessKey: told(`secret of ${of}`) });
    const narrow = { environments: key("builder"), environmentsReading: key("server") };
    expect(keysFor(narrow).environments).to.deep.include({
      reading: narrow.environmentsReading,
      writing: narrow.environments,
    });
    const { compatible, environments } = keysFor();
    expect(environments).to.deep.include({ reading: compatible, writing: compatible });
    expect(keysFor(narrow, { build: false }).environments).to.equal(undefined);
  });

  it("is no grant and the store's port where the store is not Amazon's", () => {
    const config = onExisting(
      { images: { registry: "registry.example.com" } },
      { mlflow: {}, models: { churn: { ...champion, drift: {} } } },
    );
    const { stores } = appContext(config).foundation;
    const data = compatibleStore("data");
    const context = appContext(config, { foundation: { stores: { ...stores, data } } });
    const args = argsOf(context);
    expect(args).to.include({ storePort: 8333, usesStore: true });
    expect(args).to.not.have.any.keys("statements", "environment");
    expect(spaceArgs(context, mlflow).store).to.equal(data.compatible);
  });

  it("is, on a cluster that exists, the reading user of the database with features, where the model looks some up", () => {
    const training = { engine: "airflow", image: "training", prepare: { with: "container" } };
    const declared = (more: object) =>
      appContext(
        onExisting(
          { images: { registry: "registry.example.com" } },
          {
            ...{ mlflow: {}, airflow: {}, training: { featureDatabase } },
            models: { churn: { ...champion, training: { ...training, features: { ...group, ...more } } } },
          },
        ),
      );
    const featureDatabase = { writerSecretName: "writer", readerSecretName: "reader", portNumber: 5433 };
    const group = { entity: "customer_id", columns: { tenure: "Integral" } };
    const looking = declared({ lookup: true });
    const args = argsOf(looking);
    expect(args.features).to.deep.equal({ secretName: "models-features", portNumber: 5433 });
    expect(JSON.parse(args.environment!.MODEL_SERVER_FEATURES!)).to.deep.include(group);
    expect(args).to.not.have.property("statements");
    expect(spaceArgs(looking, mlflow).features).to.equal("url of reader");
    const publishing = declared({ loop: "publish" });
    expect(argsOf(publishing)).to.not.have.any.keys("features", "environment");
    expect(spaceArgs(publishing, mlflow)).to.not.have.property("features");
  });
});

describe("what everything about models shares", () => {
  it("is each its own client of MLflow, and nothing of it where there is none", () => {
    const context = appContext(onCloud());
    expect(spaceArgs(context, mlflow)).to.deep.equal({
      ready: context.cluster.ready,
      mlflow: {
        uri: "http://mlflow.mlflow.svc:5000",
        servers: mlflow.credentials("model-servers"),
        releases: mlflow.credentials("releases"),
      },
      maxPods: 100,
    });
    expect(spaceArgs(context, undefined)).to.deep.equal({ ready: context.cluster.ready, maxPods: 100 });
  });

  it("is room for more pods than all models may have, live, on trial and while both roll out", () => {
    const from = "models:/any@champion";
    const block = (maxReplicas: number) => ({ from, serve: { flask: { maxReplicas, minReplicas: 1 } } });
    const models = { churn: block(500), clv: block(2), lone: { from } };
    expect(spaceArgs(appContext(onAws({}, { mlflow: {}, models })), mlflow).maxPods).to.equal(
      50 + 3 * 20 + 3 * (500 + 2),
    );
  });
});

describe("what releases are told", () => {
  it("is what blocks say of canaries and promises, by the exact image", async () => {
    const block = { ...champion, canary: { percent: 5, bakeMinutes: 20 }, objectives: { p99Millis: 200 } };
    const context = appContext(onCloud(block));
    let args: ReturnType<typeof releaseControllerArgs> | undefined;
    await record(async () => {
      args = releaseControllerArgs(context, space, releasedModels(context.settings, {}), { ready: [] }, mlflow);
    });
    expect(args).to.deep.include({
      stack: "mlplatform-test",
      region: "eu-west-1",
      image: `registry.example.com/release:${tag}`,
      environments: { cronJob: "models.environments", image: `registry.example.com/model-server:${tag}` },
      models: [
        {
          name: "churn",
          from: "models:/churn@champion",
          release: "continuous",
          canary: { percent: 5, bakeMinutes: 20 },
          objectives: { p99Millis: 200, errorRatePercent: 1 },
          environments: true,
          kubernetes: true,
        },
      ],
      placement: onApps,
      reach: { apiServerPorts: [443, 6443], mlflow: { namespace: "mlflow", portNumber: 5000 } },
    });
  });

  it("is for a version that the stack names how it is judged, so that its wait is made anew where that changes", () => {
    const context = appContext(onCloud({ from: "models:/churn/3", serve: { flask: {} }, canary: { bakeMinutes: 7 } }));
    expect(pinnedReleaseArgs(context, "churn", context.settings.models!.churn!, [])).to.deep.equal({
      model: "churn",
      from: "models:/churn/3",
      canary: { percent: 10, bakeMinutes: 7 },
      objectives: { p99Millis: 500, errorRatePercent: 1 },
      image: `registry.example.com/release:${tag}`,
      placement: onApps,
      apiServerPorts: [443, 6443],
      buildMinutes: 30,
      after: [],
    });
  });
});

describe("the right to read a model from a bucket", () => {
  it("does not reach what only begins like it", () => {
    const [list, read] = readModel("s3://bucket/models/churn/", "aws", []);
    expect(list!.Condition).to.deep.equal({ StringLike: { "s3:prefix": ["models/churn/*"] } });
    expect(read!.Resource).to.deep.equal(["arn:aws:s3:::bucket/models/churn", "arn:aws:s3:::bucket/models/churn/*"]);
  });

  it("is none of a whole bucket", () => {
    for (const uri of ["s3://bucket", "s3://bucket/", "models:/churn/3"]) {
      expect(() => readModel(uri, "aws", []), uri).to.throw("s3://bucket/path");
    }
  });
});
