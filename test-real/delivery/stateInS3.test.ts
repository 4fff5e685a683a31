import { mkdtempSync, rmSync } from "node:fs";
import { createServer, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CreateBucketCommand, S3Client } from "@aws-sdk/client-s3";
import { LocalWorkspace, Stack } from "@pulumi/pulumi/automation";
import { expect } from "chai";
import { backendUrl, bootstrapNames, type MadeRole, secretsProvider } from "../../bootstrap/names";
import { rightsOf } from "../../bootstrap/rights";
import { BootstrapState } from "../../bootstrap/state";
import { findEngine } from "../../simulator/engine";
import { EngineCommand } from "../../simulator/engineCommand";
import { silentProgress } from "../../simulator/progress";
import { StackHome } from "../../simulator/stackHome";
import { type Moto, motoMissing, startMoto } from "../../test/support/moto";
import { allowed } from "../../test/support/policyEvaluator";
import { skip } from "../../test/support/skip";

const account = { accountId: "123456789012", region: "eu-west-1", partition: "aws" };
const names = bootstrapNames("mlplatform", "prod", account.accountId);
const key = (id: string) => `arn:aws:kms:eu-west-1:000000000000:key/${id}`;
const state = { bucketArn: `arn:aws:s3:::${names.stateBucket}`, keyArn: key("state"), secretsKeyArn: key("secrets") };
const rights = (role: MadeRole) =>
  rightsOf(role, {
    names: { account, project: "mlplatform", stack: names.stack },
    ...{ roles: names.roles, state, named: { storedSecrets: [], buckets: [], offers: [] } },
  });

/** What IAM is asked for a request of Pulumi's: to S3 by path, to KMS by header. */
function asked(method: string, url: string, target: string | undefined): { action: string; resource: string } {
  if (target !== undefined) return { action: `kms:${target.split(".")[1]}`, resource: state.secretsKeyArn };
  const { pathname, searchParams } = new URL(url, "http://s3");
  const [, bucket, ...rest] = pathname.split("/");
  const resource = `arn:aws:s3:::${bucket}`;
  const object = decodeURIComponent(rest.join("/"));
  if (object === "" && searchParams.has("delete"))
    return { action: "s3:DeleteObject", resource: `${resource}/.pulumi/x` };
  if (object === "") return { action: "s3:ListBucket", resource };
  const verbs: Record<string, string> = { GET: "Get", HEAD: "Get", PUT: "Put", DELETE: "Delete" };
  return { action: `s3:${verbs[method]}Object`, resource: `${resource}/${object}` };
}

describe("the state of a stack in S3, on moto", function () {
  this.timeout(600_000);
  const folder = mkdtempSync(join(tmpdir(), "mlplatform-state-"));
  const inherited = { ...process.env };
  let moto: Moto;
  let recorder: Server;
  let engine: EngineCommand;
  let calls: ReturnType<typeof asked>[] = [];

  before(async function () {
    const missing = motoMissing();
    if (missing !== undefined) skip(this, missing);
    moto = await startMoto();
    engine = new EngineCommand(await findEngine(silentProgress));
    recorder = createServer((incoming, answer) => {
      const target = incoming.headers["x-amz-target"];
      calls.push(asked(incoming.method!, incoming.url!, target?.toString()));
      const { method, headers } = incoming;
      const onward = request(moto.url + incoming.url, { method: method!, headers }, (response) => {
        answer.writeHead(response.statusCode!, response.headers);
        response.pipe(answer);
      });
      incoming.pipe(onward);
    });
    await new Promise<void>((ready) => recorder.listen(0, "127.0.0.1", ready));
    const { port } = recorder.address() as AddressInfo;
    Object.assign(process.env, moto.environment, { AWS_ENDPOINT_URL: `http://127.0.0.1:${port}` });
  });
  after(() => {
    recorder?.close();
    moto?.stop();
    for (const name of Object.keys(process.env)) if (!(name in inherited)) delete process.env[name];
    Object.assign(process.env, inherited);
    rmSync(folder, { recursive: true });
  });

  const backend = `${backendUrl(names, account.region)}&use_path_style=true`;
  const program = async () => ({ made: "nothing" });
  const opened = () => {
    const home = new StackHome(
      { dir: folder, name: "mlplatform-bootstrap", settings: {} },
      "prod",
      join(folder, "out"),
    );
    home.prepare({ file: "", values: {}, secretPaths: [] });
    return new BootstrapState({ home, engine, program, backend });
  };

  it("begins in files while there is no bucket, and is read from the bucket once it was moved there", async () => {
    const first = opened();
    const stack = await first.open();
    await stack.up();
    const client = new S3Client({ forcePathStyle: true });
    await client.send(
      new CreateBucketCommand({
        Bucket: names.stateBucket,
        CreateBucketConfiguration: { LocationConstraint: "eu-west-1" },
      }),
    );
    expect(await first.settle(stack)).to.equal(true);
    const again = opened();
    const { changeSummary } = await (await again.open()).preview();
    expect(changeSummary).to.deep.equal({ same: 1 });
    expect(await again.settle(stack), "moved once").to.equal(false);
  });

  it("takes no right that the job's role has not: neither an update, nor a preview, nor a look for drift", async () => {
    const kms = async (target: string, body: object): Promise<{ KeyMetadata?: { KeyId: string } }> => {
      const headers = {
        "X-Amz-Target": `TrentService.${target}`,
        "Content-Type": "application/x-amz-json-1.1",
        Authorization:
          "AWS4-HMAC-SHA256 Credential=simulated/20260101/eu-west-1/kms/aws4_request, SignedHeaders=host, Signature=0",
      };
      const answer = await fetch(moto.url, { method: "POST", headers, body: JSON.stringify(body) });
      return (await answer.json().catch(() => ({}))) as { KeyMetadata?: { KeyId: string } };
    };
    const { KeyMetadata } = await kms("CreateKey", {});
    await kms("CreateAlias", { AliasName: names.secretsKey, TargetKeyId: KeyMetadata!.KeyId });
    const workspace = await LocalWorkspace.create({
      ...{ pulumiCommand: engine.asPulumiCommand(), program },
      projectSettings: { name: "mlplatform", runtime: "nodejs" },
      secretsProvider: secretsProvider(names, account.region),
      envVars: { PULUMI_BACKEND_URL: backend, PULUMI_SKIP_UPDATE_CHECK: "true" },
    });
    const stack = await Stack.create("prod", workspace);
    await stack.setConfig("mlplatform:kept", { value: "made up", secret: true });
    const jobs: [MadeRole, () => Promise<unknown>, string[]][] = [
      ["deploy", () => stack.up(), ["kms:Decrypt", "s3:DeleteObject", "s3:GetObject", "s3:ListBucket", "s3:PutObject"]],
      ["preview", () => stack.preview(), ["kms:Decrypt", "s3:GetObject", "s3:ListBucket"]],
      ["drift", () => stack.previewRefresh(), ["kms:Decrypt", "s3:GetObject", "s3:ListBucket"]],
    ];
    for (const [role, job, actions] of jobs) {
      calls = [];
      await job();
      expect([...new Set(calls.map(({ action }) => action))].sort(), role).to.deep.equal(actions);
      for (const call of calls) expect(allowed(rights(role), call), `${role} ${JSON.stringify(call)}`).to.equal(true);
    }
  });
});
