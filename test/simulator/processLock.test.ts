import { type ChildProcess, fork, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect } from "chai";
import { tryLock } from "../../simulator/processLock";

describe("a lock between processes", () => {
  let file: string;
  beforeEach(() => {
    file = join(mkdtempSync(join(tmpdir(), "lock-")), "deep", "run.lock");
  });
  afterEach(() => rmSync(file, { force: true }));

  const obtained = () => {
    const attempt = tryLock(file);
    if (!("release" in attempt)) throw new Error("not obtained");
    return attempt;
  };

  it("is held by one at a time, and free once released", () => {
    const { release, staleFrom } = obtained();
    expect(staleFrom).to.equal(undefined);
    expect(tryLock(file)).to.deep.equal({ heldBy: process.pid, host: hostname() });
    release();
    expect(existsSync(file)).to.equal(false);
    obtained();
  });

  it("is taken over from a process that has ended, which is named", async () => {
    const child = spawn(process.execPath, ["-e", ""]);
    await once(child, "exit");
    obtained();
    const holder = JSON.parse(readFileSync(file, "utf8"));
    writeFileSync(file, JSON.stringify({ ...holder, pid: child.pid }));
    expect(obtained().staleFrom).to.equal(child.pid);
  });

  it("is not mistaken for that of a later process with the same id", function () {
    obtained();
    const holder = JSON.parse(readFileSync(file, "utf8"));
    if (holder.startTicks === undefined) return this.skip();
    writeFileSync(file, JSON.stringify({ ...holder, startTicks: "1" }));
    expect(obtained().staleFrom).to.equal(process.pid);
  });

  it("of another machine is left alone", () => {
    obtained();
    const holder = JSON.parse(readFileSync(file, "utf8"));
    writeFileSync(file, JSON.stringify({ ...holder, pid: 1, host: "elsewhere" }));
    expect(tryLock(file)).to.deep.equal({ heldBy: 1, host: "elsewhere" });
  });

  it("that was cut off while being written is taken over", () => {
    obtained();
    writeFileSync(file, "");
    expect(obtained().staleFrom).to.equal(0);
  });

  it("goes to one of several processes that ask at once, whether it was free or its holder has ended", async function () {
    this.timeout(120_000);
    const contenders = Array.from({ length: 4 }, () => fork(join(__dirname, "../support/lockContender.ts")));
    const answer = (from: ChildProcess) => once(from, "message").then(([said]) => said as string);
    try {
      await Promise.all(contenders.map(answer));
      for (let round = 0; round < 100; round += 1) {
        const wanted = join(mkdtempSync(join(tmpdir(), "lock-")), "run.lock");
        const ended = { pid: 2 ** 22 + 1, host: hostname(), startTicks: "1" };
        if (round % 2 === 1) writeFileSync(wanted, JSON.stringify(ended));
        const answers = Promise.all(contenders.map(answer));
        const at = Date.now() + 20;
        for (const each of contenders) each.send({ file: wanted, at });
        expect((await answers).sort()).to.deep.equal(["held", "held", "held", "obtained"]);
        expect(readdirSync(dirname(wanted))).to.deep.equal(["run.lock"]);
        rmSync(dirname(wanted), { recursive: true });
      }
    } finally {
      for (const each of contenders) each.kill();
    }
  });
});
