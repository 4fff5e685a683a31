import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
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
});
