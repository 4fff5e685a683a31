import * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import { jupyterhubArgs } from "../../components/composition/jupyterhub";
import type { AppContext } from "../../components/composition/surroundings";
import type { CompatibleStore } from "../../components/contracts/foundation";
import { onAws, onExisting } from "../settings/fixtures";
import { appContext, compatibleStore, nodeClasses, onApps, told } from "../support/appContext";
import { value } from "../support/foundation";

const argsOf = (context: AppContext, tools: Parameters<typeof jupyterhubArgs>[2] = {}) =>
  jupyterhubArgs(context, context.settings.jupyterhub!, tools);
const git = (over: object = {}) => ({ dags: { kind: "git", repository: "https://git.fake.invalid/dags", ...over } });

describe("what JupyterHub gets for a stack's settings", () => {
  it("is exactly this for a section that is empty", () => {
    const context = appContext(onAws({}, { jupyterhub: {} }));
    const { permissions, ...args } = argsOf(context);
    expect(permissions?.identity).to.equal(context.identity);
    expect(args).to.deep.equal({
      ready: [],
      placement: onApps,
      storageClass: "made-up-disk",
      keepData: true,
      values: {},
      database: context.foundation.databases.jupyterhub,
      nodeClasses,
      profiles: {},
      homeGiB: 10,
      cullIdleMinutes: 60,
      egressCidrs: ["0.0.0.0/0"],
      maxServers: 100,
      serverQuota: { cpu: "200", memoryGiB: 800, gpus: 8 },
      environment: { AWS_DEFAULT_REGION: "eu-west-1" },
      secretEnvironment: { MODEL_DATA_URI: "URI of data" },
      objectStoreCidrs: "blocks of S3",
    });
  });

  it("follows the section", () => {
    const jupyterhub = {
      image: "registry.example.com/notebook:1.0.0",
      profiles: { big: { title: "Big", cpu: "8", memoryMiB: 65536, gpus: 0, maxAgeHours: 8 } },
      ...{ homeGiB: 50, cullIdleMinutes: 15, egressCidrs: ["10.0.0.0/8"], maxServers: 5 },
      serverQuota: { cpu: "20", memoryGiB: 80, gpus: 0 },
      values: { hub: { labels: { team: "ml" } } },
    };
    expect(argsOf(appContext(onAws({}, { jupyterhub })))).to.deep.include(jupyterhub);
  });

  it("clones the repository of the DAGs, unless that is off or there is none", () => {
    const dags = (airflow: object | undefined, jupyterhub: object = {}) =>
      argsOf(appContext(onAws({}, { jupyterhub, ...(airflow ? { airflow } : {}) }))).dags;
    const open = { repository: "https://git.fake.invalid/dags", branch: "main" };
    expect(dags(git())).to.deep.equal(open);
    expect(dags(git({ secretName: "key" }))).to.deep.equal({ ...open, secretName: "dags-git" });
    expect(dags(git(), { cloneDags: false })).to.equal(undefined);
    expect(dags({})).to.equal(undefined);
    expect(dags(undefined)).to.equal(undefined);
  });

  it("shows notebooks MLflow, with one password for all or what makes them their owners, and Airflow", () => {
    const credentials = (client: string) => ({
      MLFLOW_TRACKING_USERNAME: told(client),
      MLFLOW_TRACKING_PASSWORD: told(`password of ${client}`),
    });
    const mlflow = {
      namespace: "mlflow" as const,
      portNumber: 5000 as const,
      uri: "http://mlflow.fake.invalid" as const,
    };
    const tools = { mlflow: { ...mlflow, credentials }, airflow: { namespace: "airflow" } };
    const args = argsOf(appContext(onAws({}, { jupyterhub: {} })), tools as Parameters<typeof jupyterhubArgs>[2]);
    expect(args.mlflow).to.deep.equal({
      namespace: "mlflow",
      portNumber: 5000,
      url: "http://mlflow.fake.invalid",
      credential: { userName: "jupyterhub", password: "password of jupyterhub" },
    });
    const people = { mlflow: { ...mlflow, tokenSeed: "a seed" } } as unknown as Parameters<typeof jupyterhubArgs>[2];
    expect(argsOf(appContext(onAws({}, { jupyterhub: {} })), people).mlflow).to.deep.equal({
      namespace: "mlflow",
      portNumber: 5000,
      url: "http://mlflow.fake.invalid",
      tokenSeed: "a seed",
    });
    expect(args.airflow).to.deep.equal({
      namespace: "airflow",
      portNumber: 8080,
      url: "http://airflow-api-server.airflow.svc:8080",
    });
  });

  it("lets notebooks through to models, where there are any in the cluster", () => {
    const models = (serve: object) => ({ churn: { from: "models:/churn@champion", serve } });
    const args = (serve: object) =>
      argsOf(appContext(onAws({}, { mlflow: {}, jupyterhub: {}, models: models(serve) })), {});
    expect(args({ flask: {} }).models).to.deep.equal({ namespace: "models", portNumber: 8080 });
    expect(args({ sagemaker: {} })).to.not.have.property("models");
  });

  it("lets notebooks into the data bucket on AWS, and to the folders that the stack names", async () => {
    const asked = async (jupyterhub: object) => {
      const models = {
        churn: { from: "models:/churn@champion", training: { image: "t", onNewData: "landing/churn" } },
      };
      const data = {
        bucketName: pulumi.output("made-up"),
        bucketArn: pulumi.output("arn:aws:s3:::made-up"),
        uri: pulumi.output("s3://made-up"),
      };
      const raw = onAws({ images: { repositories: ["t"] } }, { mlflow: {}, jupyterhub, models });
      const context = appContext(raw);
      context.foundation.stores.data = data;
      const statements = await value(pulumi.output(argsOf(context).permissions!.statements));
      return statements.filter(({ Action }) => Action.includes("s3:PutObject")).flatMap(({ Resource }) => Resource);
    };
    expect(await asked({})).to.deep.equal(["arn:aws:s3:::made-up/scratch/*"]);
    expect(await asked({ uploads: ["landing/churn"] })).to.deep.equal([
      "arn:aws:s3:::made-up/scratch/*",
      "arn:aws:s3:::made-up/landing/churn/*",
    ]);
  });

  describe("of a store that is not Amazon's", () => {
    const existing = (over: Partial<CompatibleStore>) => {
      const context = appContext(onExisting({}, { jupyterhub: {} }));
      const data = compatibleStore("data");
      context.foundation.stores.data = { ...data, compatible: { ...data.compatible!, ...over } };
      return argsOf(context);
    };
    const key = { accessKeyId: told("people"), secretAccessKey: told("key of people") };

    it("gives notebooks the address, a key of their own, and the way to its pods", () => {
      expect(existing({ namespace: "mlplatform", narrower: { notebooks: key } })).to.deep.include({
        environment: { AWS_DEFAULT_REGION: "us-east-1" },
        secretEnvironment: {
          MODEL_DATA_URI: "URI of data",
          AWS_ENDPOINT_URL_S3: "endpoint",
          AWS_ACCESS_KEY_ID: "people",
          AWS_SECRET_ACCESS_KEY: "key of people",
        },
        objectStore: { namespace: "mlplatform", portNumber: 8333 },
      });
    });

    it("never gives them the platform's own key, nor anything of a cloud", () => {
      const args = existing({});
      expect(args.secretEnvironment).to.deep.equal({ MODEL_DATA_URI: "URI of data", AWS_ENDPOINT_URL_S3: "endpoint" });
      expect(args).to.not.have.any.keys("permissions", "objectStore", "objectStoreCidrs");
    });
  });
});
