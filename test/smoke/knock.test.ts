import { execFile } from "node:child_process";
import { createServer } from "node:net";
import { promisify } from "node:util";
import { expect } from "chai";
import { knock } from "../../smoke/network";
import { freePort } from "../support/freePort";
import { findPython } from "../support/pythonEnvironment";
import { skip } from "../support/skip";

describe("A stranger's pod that knocks", function () {
  this.timeout(30_000);
  let python: string;
  before(function () {
    const found = findPython();
    if (found === undefined) return skip(this, "no Python here; install one");
    python = found;
  });

  const knocked = async (known: string[], shut: string[], patienceSeconds: number) => {
    const told = [JSON.stringify(known), JSON.stringify(shut), String(patienceSeconds)];
    const { stdout } = await promisify(execFile)(python, ["-c", knock, ...told]);
    return JSON.parse(stdout) as Record<string, string>;
  };

  it("tries what any pod reaches until the network knows the pod, and only then what it must not reach", async () => {
    const ports = [await freePort(), await freePort(), await freePort()];
    const [early, late, shut] = ports.map((port) => `127.0.0.1:${port}`) as [string, string, string];
    let isOpen = false;
    const knocks: boolean[] = [];
    const servers = ports.map((_, at) =>
      createServer((socket) => {
        if (at === 2) knocks.push(isOpen);
        socket.destroy();
      }),
    );
    servers[0]!.listen(ports[0], "127.0.0.1");
    servers[2]!.listen(ports[2], "127.0.0.1");
    setTimeout(() => {
      isOpen = true;
      servers[1]!.listen(ports[1], "127.0.0.1");
    }, 1500);
    expect(await knocked([early, late], [shut], 20)).to.deep.equal({ [early]: "open", [late]: "open", [shut]: "open" });
    expect(knocks).to.deep.equal([true]);
    for (const server of servers) server.close();
  });

  it("says why what any pod reaches does not answer, once its patience is over", async () => {
    const address = `127.0.0.1:${await freePort()}`;
    const found = await knocked([address, "nowhere.invalid:80"], [], 1);
    expect(found[address]).to.match(/refused/);
    expect(found["nowhere.invalid:80"]).to.match(/^its name is not known/);
  });
});
