import { expect } from "chai";
import {
  lookAtOffers,
  offerModels,
  offerTo,
  openFor,
  pulledBy,
  takeModels,
} from "../../components/identity/policies/promotion";
import type { PolicyStatement, RepositoryPolicyStatement } from "../../components/lib/statements";
import { allowed, allowedAcross, type Request } from "../support/policyEvaluator";

const dev = "111111111111";
const prod = "222222222222";
const stranger = "333333333333";
const account = { accountId: dev, region: "eu-west-1", partition: "aws" };
const bucketArn = "arn:aws:s3:::mlplatform-data-1a2b3c4";
const keyArn = `arn:aws:kms:eu-west-1:${dev}:key/data`;
const consumers = [{ accountId: prod, models: ["churn"] }];
const producer = { region: "eu-west-1", bucket: "mlplatform-data-1a2b3c4", keyArn, models: ["churn"] };
const bucketPolicy = offerTo(account, bucketArn, consumers);
const keyPolicy = openFor(account, "mlplatform-data", consumers);

const object = (key: string) => `${bucketArn}/${key}`;
const get = (key: string): Request => ({ action: "s3:GetObject", resource: object(key) });
const list = (prefix: string): Request => ({
  action: "s3:ListBucket",
  resource: bucketArn,
  context: { "s3:prefix": prefix },
});
const decrypt = (context: Record<string, string> = {}, action = "kms:Decrypt"): Request => ({
  ...{ action, resource: keyArn },
  context: {
    "kms:ViaService": "s3.eu-west-1.amazonaws.com",
    "kms:EncryptionContext:aws:s3:arn": bucketArn,
    ...context,
  },
});
const said = ({ action, resource, context }: Request) => `${action} on ${resource} ${JSON.stringify(context ?? {})}`;
/** Whoever may do everything at home: what is left is what the other side says. */
const everything: PolicyStatement[] = [{ Sid: "All", Effect: "Allow", Action: ["*"], Resource: ["*"] }];

const across = (
  policy: readonly RepositoryPolicyStatement[],
  request: Request,
  statements: readonly PolicyStatement[] = takeModels(account, [producer]),
  from = prod,
) => allowedAcross({ from, statements, to: dev, policy }, request);

const version = "promotions/churn/3-1796082129814";
const readable = [get("promotions/churn/current.json"), get(`${version}/offer.json`), get(`${version}/files/MLmodel`)];
const found = list("promotions/churn/current.json");

describe("what another account may have of a stack's bucket and key", () => {
  it("is what is offered to it, where its own role may ask for it", async () => {
    for (const request of [...readable, found])
      expect(await across(bucketPolicy, request), said(request)).to.equal(true);
    expect(await across(keyPolicy, decrypt())).to.equal(true);
  });

  it("is nothing else, whatever its own roles may", async () => {
    const others: Request[] = [
      get("promotions/attrition/current.json"),
      get("promotions/churn2/current.json"),
      get("data/churn/rows.csv"),
      get("decisions/churn/3-1/asked.json"),
      list("promotions/"),
      list("promotions/attrition/current.json"),
      { action: "s3:ListBucket", resource: bucketArn },
      { action: "s3:PutObject", resource: object("promotions/churn/current.json") },
      { action: "s3:DeleteObject", resource: object("promotions/churn/current.json") },
      { action: "s3:GetObjectVersion", resource: object("promotions/churn/current.json") },
    ];
    for (const request of others)
      expect(await across(bucketPolicy, request, everything), said(request)).to.equal(false);
    const openings = [
      decrypt({ "kms:ViaService": "rds.eu-west-1.amazonaws.com" }),
      decrypt({ "kms:EncryptionContext:aws:s3:arn": "arn:aws:s3:::mlplatform-artifacts-5" }),
      decrypt({}, "kms:GenerateDataKey"),
      { action: "kms:PutKeyPolicy", resource: keyArn },
      { action: "kms:Decrypt", resource: keyArn },
    ];
    for (const request of openings) expect(await across(keyPolicy, request, everything), said(request)).to.equal(false);
  });

  it("is nothing for any other account, and nothing where one side does not say so", async () => {
    for (const request of [...readable, found]) {
      expect(await across(bucketPolicy, request, everything, stranger), said(request)).to.equal(false);
      expect(await across([], request), `${said(request)} without a policy of the bucket`).to.equal(false);
      expect(
        await across(bucketPolicy, request, lookAtOffers(account, [{ ...producer, models: ["attrition"] }])),
      ).to.equal(false);
    }
    expect(await across(keyPolicy, decrypt(), everything, stranger)).to.equal(false);
    expect(await across([], decrypt())).to.equal(false);
  });

  it("is the model's own image, to pull", async () => {
    const repository = `arn:aws:ecr:eu-west-1:${dev}:repository/mlplatform/dev/churn-serving`;
    const policy = pulledBy(account, [prod]);
    const asks = (action: string, from = prod) => across(policy, { action, resource: repository }, everything, from);
    for (const action of ["BatchCheckLayerAvailability", "BatchGetImage", "GetDownloadUrlForLayer"]) {
      expect(await asks(`ecr:${action}`), action).to.equal(true);
      expect(await asks(`ecr:${action}`, stranger), action).to.equal(false);
    }
    for (const action of ["PutImage", "InitiateLayerUpload", "BatchDeleteImage", "SetRepositoryPolicy"]) {
      expect(await asks(`ecr:${action}`), action).to.equal(false);
    }
    for (const statement of policy)
      expect(statement, "Amazon ECR refuses a resource there").not.to.have.property("Resource");
  });
});

describe("the pod between stacks", () => {
  const takes = (request: Request) => allowed(takeModels(account, [producer]), request);
  const offers = (request: Request) => allowed(offerModels({ bucketArn, keyArn }, ["churn"]), request);

  it("takes models that the stack names, from the bucket that it names", () => {
    for (const request of [...readable, found, decrypt()]) expect(takes(request), said(request)).to.equal(true);
    const others: Request[] = [
      get("promotions/attrition/current.json"),
      { action: "s3:GetObject", resource: "arn:aws:s3:::mlplatform-data-1a2b3c4-2/promotions/churn/current.json" },
      { action: "s3:PutObject", resource: object("promotions/churn/current.json") },
      list(""),
      decrypt({ "kms:ViaService": "secretsmanager.eu-west-1.amazonaws.com" }),
      { action: "kms:Decrypt", resource: keyArn },
    ];
    for (const request of others) expect(takes(request), said(request)).to.equal(false);
  });

  it("offers models that the stack names, and reads back what it said alone", () => {
    const may: Request[] = [
      { action: "s3:PutObject", resource: object(`${version}/files/MLmodel`) },
      { action: "s3:PutObject", resource: object("promotions/churn/current.json") },
      get("promotions/churn/current.json"),
      found,
    ];
    for (const request of may) expect(offers(request), said(request)).to.equal(true);
    const mayNot: Request[] = [
      { action: "s3:PutObject", resource: object("promotions/attrition/current.json") },
      { action: "s3:PutObject", resource: object("data/churn/rows.csv") },
      { action: "s3:DeleteObject", resource: object("promotions/churn/current.json") },
      get(`${version}/files/MLmodel`),
      list("promotions/"),
    ];
    for (const request of mayNot) expect(offers(request), said(request)).to.equal(false);
  });
});

describe("who previews a stack that takes models", () => {
  const looks = (request: Request) => allowed(lookAtOffers(account, [producer]), request);

  it("sees what is approved, and reads no version", () => {
    for (const request of [get("promotions/churn/current.json"), found, decrypt()])
      expect(looks(request), said(request)).to.equal(true);
    for (const request of [get(`${version}/files/MLmodel`), get("promotions/attrition/current.json"), list("")])
      expect(looks(request), said(request)).to.equal(false);
  });
});
