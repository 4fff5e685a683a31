import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import { bucketsScript } from "../../../components/foundation/existing/createdStores";
import { storeIdentity, useIdentity } from "../../../components/foundation/existing/storeKeys";
import { freePort } from "../../support/freePort";
import { skip } from "../../support/skip";

describe("the script that makes buckets, on a real SeaweedFS", function () {
  this.timeout(120_000);
  let home: string;
  let server: ChildProcess | undefined;
  let master: string;
  let s3: string;
  const tasks = { name: "tasks", secret: ["made", "up", "tasks"].join("-") };
  const people = { name: "people", secret: ["made", "up", "people"].join("-") };
  const expiry = { name: "expiry", secret: ["made", "up", "expiry"].join("-") };
  const copier = { name: "copier", secret: ["made", "up", "copier"].join("-") };
  const keys = ["artifacts", "data"].map((name) => ({ name, secret: ["made", "up", name].join("-") }));

  before(async function () {
    try {
      execFileSync("weed", ["version"], { stdio: "ignore" });
    } catch {
      skip(this, "no `weed` on PATH; put SeaweedFS 4.44 there (github.com/seaweedfs/seaweedfs/releases)");
    }
    home = mkdtempSync(join(tmpdir(), "weed-"));
    const identities = keys.map(({ name, secret }) =>
      storeIdentity(name, { accessKeyId: name, secretAccessKey: secret }),
    );
    const narrow = useIdentity("tasks", { accessKeyId: tasks.name, secretAccessKey: tasks.secret });
    const notebooks = useIdentity("notebooks", { accessKeyId: people.name, secretAccessKey: people.secret }, [
      "landing/churn/",
    ]);
    const expiring = useIdentity("expiry", { accessKeyId: expiry.name, secretAccessKey: expiry.secret });
    const copying = useIdentity("copies", { accessKeyId: copier.name, secretAccessKey: copier.secret });
    writeFileSync(
      join(home, "s3.json"),
      JSON.stringify({ identities: [...identities, narrow, notebooks, expiring, copying] }),
    );
    // SeaweedFS listens for gRPC 10000 above.
    const listening = () => freePort(10_000);
    const [masterPort, volumePort, filerPort, s3Port] = [
      await listening(),
      await listening(),
      await listening(),
      await listening(),
    ];
    master = `127.0.0.1:${masterPort}`;
    s3 = `http://127.0.0.1:${s3Port}`;
    server = spawn(
      "weed",
      [
        ...["server", `-dir=${home}`, "-ip=127.0.0.1", `-master.port=${masterPort}`, `-volume.port=${volumePort}`],
        ...["-volume.max=10", "-master.volumeSizeLimitMB=64", "-filer", `-filer.port=${filerPort}`],
        ...["-s3", `-s3.port=${s3Port}`, `-s3.config=${join(home, "s3.json")}`],
      ],
      { cwd: home, stdio: "ignore" },
    );
    for (let attempt = 0; attempt < 60; attempt++) {
      if (
        await fetch(s3).then(
          () => true,
          () => false,
        )
      )
        return;
      await sleep(500);
    }
    throw new Error(`SeaweedFS did not answer at ${s3}`);
  });
  after(() => {
    server?.kill("SIGKILL");
    if (home) rmSync(home, { recursive: true, force: true });
  });

  const make = (buckets: string, at = master) =>
    spawnSync("/bin/sh", ["-euc", bucketsScript], {
      encoding: "utf8",
      env: { PATH: process.env.PATH, MASTER: at, BUCKETS: buckets, HOME: home },
      timeout: 60_000,
    });
  /** HTTP status of a signed request. */
  const asked = (key: (typeof keys)[number], method: string, path: string) =>
    execFileSync(
      "curl",
      [
        ...["-s", "-o", "/dev/null", "-w", "%{http_code}", "-X", method],
        ...(method === "PUT" ? ["-T", "-"] : []),
        ...["--aws-sigv4", "aws:amz:us-east-1:s3", "-u", `${key.name}:${key.secret}`, `${s3}/${path}`],
      ],
      { input: "" },
    ).toString();

  it("makes them, and is content when they are there", () => {
    for (const buckets of ["artifacts data", "artifacts data logs"]) {
      const { status, stderr } = make(buckets);
      expect(status, stderr).to.equal(0);
    }
  });

  it("leaves what is in a bucket when it runs again", () => {
    expect(asked(keys[0]!, "PUT", "artifacts/mlflow/kept")).to.equal("200");
    expect(make("artifacts").status).to.equal(0);
    expect(asked(keys[0]!, "GET", "artifacts/mlflow/kept")).to.equal("200");
  });

  it("lets each key into its own bucket only, and into no bucket it would make itself", () => {
    const [artifacts, data] = keys as [(typeof keys)[number], (typeof keys)[number]];
    expect(asked(data, "GET", "artifacts/mlflow/kept")).to.equal("403");
    expect(asked(data, "PUT", "artifacts/x")).to.equal("403");
    expect(asked(artifacts, "GET", "data?list-type=2")).to.equal("403");
    expect(asked(artifacts, "PUT", "another")).to.equal("403");
  });

  it("lets tasks score what comes in, and see nothing of what models are trained on", () => {
    const data = keys[1]!;
    for (const path of ["data/incoming/churn/rows.csv", "data/data/churn/rows.csv"]) {
      expect(asked(data, "PUT", path)).to.equal("200");
    }
    const can: [string, string][] = [
      ["GET", "data/incoming/churn/rows.csv"],
      ["GET", "data?list-type=2&prefix=incoming%2Fchurn%2F"],
      ["PUT", "data/predictions/churn/part"],
    ];
    const cannot: [string, string][] = [
      ["PUT", "data/incoming/churn/rows.csv"],
      ["GET", "data/data/churn/rows.csv"],
      ["GET", "data?list-type=2"],
      ["GET", "data?list-type=2&prefix=data%2F"],
      ["GET", "artifacts/mlflow/kept"],
    ];
    for (const [method, path] of can) expect(asked(tasks, method, path), `${method} ${path}`).to.equal("200");
    for (const [method, path] of cannot) expect(asked(tasks, method, path), `${method} ${path}`).to.equal("403");
  });

  it("lets notebooks read what models are trained on, write what is theirs, and see nothing of what customers asked", () => {
    const data = keys[1]!;
    for (const path of ["data/data/churn/rows.csv", "data/samples/churn/1.jsonl"]) {
      expect(asked(data, "PUT", path)).to.equal("200");
    }
    const can: [string, string][] = [
      ["GET", "data/data/churn/rows.csv"],
      ["GET", "data?list-type=2&prefix=data%2Fchurn%2F"],
      ["PUT", "data/scratch/ann/1"],
      ["GET", "data/scratch/ann/1"],
      ["PUT", "data/landing/churn/1.csv"],
    ];
    const cannot: [string, string][] = [
      ["PUT", "data/data/churn/rows.csv"],
      ["GET", "data/samples/churn/1.jsonl"],
      ["GET", "data?list-type=2"],
      ["GET", "data?list-type=2&prefix=samples%2F"],
      ["PUT", "data/landing/attrition/1.csv"],
      ["GET", "artifacts/mlflow/kept"],
    ];
    for (const [method, path] of can) expect(asked(people, method, path), `${method} ${path}`).to.equal("200");
    for (const [method, path] of cannot) expect(asked(people, method, path), `${method} ${path}`).to.equal("403");
  });

  it("lets what deletes old extracts list and delete them, and neither read them nor touch models", () => {
    const data = keys[1]!;
    const kept = ["data/data/churn/rows.csv", "data/models/churn/1/model.tar.gz"];
    for (const path of ["data/extracts/churn/1/a.csv", "data/outputs/churn/1/gate.json", ...kept]) {
      expect(asked(data, "PUT", path)).to.equal("200");
    }
    const can: [string, string, string][] = [
      ["GET", "data?list-type=2&prefix=extracts%2F", "200"],
      ["DELETE", "data/extracts/churn/1/a.csv", "204"],
      ["DELETE", "data/outputs/churn/1/gate.json", "204"],
    ];
    const cannot: [string, string][] = [
      ["GET", "data/extracts/churn/1/a.csv"],
      ["GET", "data?list-type=2"],
      ["GET", "data?list-type=2&prefix=models%2F"],
      ...kept.map((path): [string, string] => ["DELETE", path]),
      ["DELETE", "artifacts/mlflow/kept"],
    ];
    for (const [method, path, status] of can) expect(asked(expiry, method, path), `${method} ${path}`).to.equal(status);
    for (const [method, path] of cannot) expect(asked(expiry, method, path), `${method} ${path}`).to.equal("403");
  });

  it("lets what copies buckets list and read all of them, and write nothing", () => {
    expect(asked(keys[1]!, "PUT", "data/data/churn/copied.csv")).to.equal("200");
    const can: [string, string][] = [
      ["GET", "data?list-type=2"],
      ["GET", "artifacts?list-type=2"],
      ["GET", "data/data/churn/copied.csv"],
    ];
    const cannot: [string, string][] = [
      ["PUT", "data/data/churn/copied.csv"],
      ["DELETE", "data/data/churn/copied.csv"],
      ["GET", "logs?list-type=2"],
    ];
    for (const [method, path] of can) expect(asked(copier, method, path), `${method} ${path}`).to.equal("200");
    for (const [method, path] of cannot) expect(asked(copier, method, path), `${method} ${path}`).to.equal("403");
  });

  it("fails when a bucket cannot be made", () => {
    const { status, stderr } = make("No_Bucket_Name");
    expect(status).to.equal(1);
    expect(stderr).to.contain("bucket No_Bucket_Name could not be made");
  });
});
