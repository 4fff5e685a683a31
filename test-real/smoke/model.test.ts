import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import { answerOf, modelFiles, question } from "../../smoke/modelFiles";
import { freePort } from "../../test/support/freePort";
import { pythonOrSkip } from "../../test/support/pythonOrSkip";

const workloads = join(__dirname, "../../workloads");

describe("The model that checks release, on the model server", function () {
  this.timeout(600_000);
  const folder = mkdtempSync(join(tmpdir(), "smoke-model-"));
  let server: ChildProcess | undefined;
  let url = "";

  before(async function () {
    const python = await pythonOrSkip(this, "model-server", 420);
    for (const [name, content] of Object.entries(modelFiles(7))) {
      mkdirSync(dirname(join(folder, "model", name)), { recursive: true });
      writeFileSync(join(folder, "model", name), content);
    }
    const [port, metricsPort] = [await freePort(), await freePort()];
    url = `http://127.0.0.1:${port}`;
    server = spawn(python.python, ["-m", "model_server"], {
      env: {
        ...{ PATH: process.env.PATH, PYTHONDONTWRITEBYTECODE: "1" },
        PYTHONPATH: [join(workloads, "model-server/src"), join(workloads, "mlplatform/src")].join(":"),
        MODEL_SERVER_SOURCE: join(folder, "model"),
        MODEL_SERVER_SCRATCH: join(folder, "scratch"),
        MODEL_SERVER_HOST: "127.0.0.1",
        MODEL_SERVER_PORT: String(port),
        MODEL_SERVER_METRICS_PORT: String(metricsPort),
        MODEL_SERVER_WORKERS: "1",
        TMPDIR: folder,
      },
      stdio: "ignore",
    });
    const ready = () =>
      fetch(`${url}/health/ready`)
        .then(({ ok }) => ok)
        .catch(() => false);
    for (const end = Date.now() + 120_000; !(await ready()); await sleep(250)) {
      if (server.exitCode !== null || Date.now() > end) throw new Error("the model server is not ready");
    }
  });

  after(async () => {
    if (server?.exitCode === null) {
      const ended = new Promise((resolve) => server!.once("exit", resolve));
      server.kill();
      await ended;
    }
    rmSync(folder, { recursive: true, force: true });
  });

  it("loads without packages of its own, and answers what the check expects", async () => {
    const headers = { "content-type": "application/json" };
    const answer = await fetch(`${url}/invocations`, { method: "POST", headers, body: JSON.stringify(question) });
    expect(await answer.json()).to.deep.equal({ predictions: [{ y: answerOf(7) }] });
  });
});
