import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { markName, Supervisor } from "../../demo/supervisor";

describe("What programs of the demo leave running", function () {
  this.timeout(30_000);
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "strays-"));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it("is asked to end, and killed where it does not", async () => {
    const stubborn = "trap '' TERM; echo up; while :; do sleep 0.2; done";
    const env = { PATH: process.env.PATH ?? "", [markName]: folder };
    const child = spawn("sh", ["-c", stubborn], { env, stdio: ["ignore", "pipe", "ignore"] });
    const ended = once(child, "exit");
    await once(child.stdout, "data");
    const supervisor = new Supervisor(folder, 0.5);
    expect(supervisor.marked()).to.include(child.pid);
    await supervisor.endAll();
    expect((await ended)[1]).to.equal("SIGKILL");
    expect(supervisor.marked()).to.deep.equal([]);
  });

  it("is named where not even SIGKILL ends it, after the others have ended, and is found again", async () => {
    const place = mkdtempSync(join(folder, "stuck-"));
    let stuck = 0;
    class Stuck extends Supervisor {
      protected override groupLives(pid: number): boolean {
        return pid === stuck || super.groupLives(pid);
      }
    }
    const supervisor = new Stuck(place, 0.3);
    const program = (name: string) => ({
      ...{ name, title: name, command: ["sleep", "60"], env: {}, folder: place, ports: [] },
      ...{ ready: async () => true, readySeconds: 5 },
    });
    for (const name of ["first", "last"]) await supervisor.ensure(program(name));
    const file = join(place, "run", "last.json");
    stuck = JSON.parse(readFileSync(file, "utf8")).pid;
    const error = await supervisor.endAll().then(
      () => undefined,
      (reason: Error) => reason,
    );
    expect(error?.message).to.contain(`last, process ${stuck}, does not end, not even by SIGKILL`);
    expect(supervisor.running()).to.deep.equal([]);
    expect(existsSync(file)).to.equal(true);
    expect(existsSync(join(place, "run", "first.json"))).to.equal(false);
  });

  it("is told by its numbers where nothing ends it, and not waited for any longer", async () => {
    // More than any system counts to: no signal reaches it.
    const unreachable = 2 ** 22 + 1;
    class Stuck extends Supervisor {
      override marked(): number[] {
        return [unreachable];
      }
    }
    const error = await new Stuck(folder, 0.2).endAll().then(
      () => undefined,
      (reason: Error) => reason,
    );
    expect(error?.message).to.contain(`processes ${unreachable} do not end`);
  });
});
