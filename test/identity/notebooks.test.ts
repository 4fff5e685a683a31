import { expect } from "chai";
import { useIdentity } from "../../components/foundation/existing/storeKeys";
import { workInHub } from "../../components/identity/policies/notebooks";
import { workInStudio } from "../../components/identity/policies/studio";
import { policyDocument } from "../../components/lib/statements";
import { account, keyArn } from "../support/foundation";
import { allowed, type Request } from "../support/policyEvaluator";

const bucketArn = "arn:aws:s3:::data";
const store = { bucketArn, keyArn };
const uploads = ["landing/churn/"];
const object = (action: string, key: string): Request => ({ action: `s3:${action}`, resource: `${bucketArn}/${key}` });
const list = (prefix?: string): Request => ({
  action: "s3:ListBucket",
  resource: bucketArn,
  context: prefix === undefined ? {} : { "s3:prefix": prefix },
});

const may: Request[] = [
  ...["data/churn/1.csv", "extracts/churn/r/train.csv", "features/churn/1.parquet", "predictions/churn/1.parquet"].map(
    (key) => object("GetObject", key),
  ),
  object("GetObject", "metadata/churn/runs/1.json"),
  ...["data/", "data/churn/", "metadata/", "scratch/ann/"].map(list),
  ...["GetObject", "PutObject", "DeleteObject", "AbortMultipartUpload"].map((action) =>
    object(action, "scratch/ann/1"),
  ),
  { action: "kms:Decrypt", resource: keyArn },
  { action: "kms:GenerateDataKey", resource: keyArn },
];
const mayBring: Request[] = [
  object("PutObject", "landing/churn/1.csv"),
  object("GetObject", "landing/churn/1.csv"),
  list("landing/churn/"),
];
const mayNot: Request[] = [
  ...["capture/churn/1.jsonl", "samples/churn/1.jsonl", "models/churn/1/model.tar.gz", "outputs/churn/1/e.json"].map(
    (key) => object("GetObject", key),
  ),
  ...["athena/1.csv", "source/notebooks/examples.zip", "labels/churn/1.csv", "incoming/churn/1.csv"].map((key) =>
    object("GetObject", key),
  ),
  ...[
    "data/churn/1.csv",
    "models/churn/1/model.tar.gz",
    "metadata/churn/runs/1.json",
    "source/churn/prepare.py",
  ].flatMap((key) => [object("PutObject", key), object("DeleteObject", key)]),
  object("PutObject", "landing/attrition/1.csv"),
  object("DeleteObject", "landing/churn/1.csv"),
  object("DeleteObjectVersion", "scratch/ann/1"),
  ...["", "capture/", "samples/", "landing/", undefined].map(list),
  { action: "s3:GetObject", resource: "arn:aws:s3:::logs/airflow/1.log" },
  { action: "s3:PutBucketPolicy", resource: bucketArn },
  { action: "kms:CreateGrant", resource: keyArn },
  { action: "sts:AssumeRole", resource: "arn:aws:iam::000000000000:role/admin" },
];
const said = ({ action, resource, context }: Request) =>
  `${action} on ${resource.split(":").at(-1)}${context ? ` for ${JSON.stringify(context["s3:prefix"] ?? "everything")}` : ""}`;

describe("what notebooks of JupyterHub may do with data, decided as IAM decides", () => {
  const statements = workInHub(store, uploads);
  for (const request of [...may, ...mayBring]) {
    it(`may ${said(request)}`, () => expect(allowed(statements, request)).to.equal(true));
  }
  for (const request of mayNot) {
    it(`may not ${said(request)}`, () => expect(allowed(statements, request)).to.equal(false));
  }

  it("brings nothing where the stack names no folder for it", () => {
    const none = workInHub(store, []);
    for (const request of may) expect(allowed(none, request), said(request)).to.equal(true);
    for (const request of [...mayNot, ...mayBring]) expect(allowed(none, request), said(request)).to.equal(false);
  });

  it("is nothing that a data scientist may not do in Studio", () => {
    const none = { pipelines: false, featureGroups: [], trained: [], endpointNames: [], sources: [], podLogs: [] };
    const studio = workInStudio(account, "dataScientist", { stackName: "dev", store, ...none });
    for (const request of may) expect(allowed(studio, request), said(request)).to.equal(true);
  });

  it("names each action, no Sid twice, nothing of a key where there is none, and fits with as many folders as there may be", () => {
    const folders = Array.from({ length: 10 }, (_, at) => `${"landing".padEnd(97, "x")}-${at}/`);
    const all = workInHub({ bucketArn: `arn:aws:s3:::${"b".repeat(63)}`, keyArn }, folders);
    expect(policyDocument(all).length).to.be.below(10_240);
    expect(new Set(all.map(({ Sid }) => Sid)).size).to.equal(all.length);
    for (const { Action, Resource } of all) {
      for (const action of Action) expect(action).to.match(/^[a-z0-9]+:[A-Za-z]+$/);
      expect(Resource).to.not.include("*");
    }
    expect(JSON.stringify(workInHub({ bucketArn }, uploads))).to.not.contain("kms");
  });
});

describe("what the notebooks' key may do on a store in the cluster", () => {
  /** As SeaweedFS compares: an action of a pattern with the action of `bucket/key`, or of the prefix that a listing asks for. */
  const can = (actions: string[], action: string, path: string) =>
    actions.some((each) => each.endsWith("*") && `${action}:${path}`.startsWith(each.slice(0, -1)));
  const words: Record<string, string> = { GetObject: "Read", PutObject: "Write", ListBucket: "List" };
  const key = { accessKeyId: "made-up", secretAccessKey: "made-up" };

  for (const [what, folders] of [
    ["with a folder for uploads", uploads],
    ["without", []],
  ] as const) {
    it(`is what their role may do on AWS, ${what}`, () => {
      const { actions, name } = useIdentity("notebooks", key, folders);
      expect(name).to.equal("jupyterhub-notebooks");
      const statements = workInHub({ bucketArn }, folders);
      const asked = [...may, ...mayBring, ...mayNot].filter(
        ({ action, resource }) => words[action.slice(3)] !== undefined && resource.startsWith(bucketArn),
      );
      expect(asked).to.have.length.above(20);
      for (const request of asked) {
        const path = request.action.endsWith("ListBucket")
          ? `data/${request.context?.["s3:prefix"] ?? ""}`
          : request.resource.slice("arn:aws:s3:::".length);
        expect(can(actions, words[request.action.slice(3)]!, path), said(request)).to.equal(
          allowed(statements, request),
        );
      }
    });
  }
});
