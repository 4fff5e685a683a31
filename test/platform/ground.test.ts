import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { madeUpKubeconfig } from "../program/kubeconfig";
import type { Registration } from "../support/record";
import { type Config, program, runWith, stackFile, withFoundation } from "./program";

describe("what is looked at before the first resource is asked for", function () {
  this.timeout(60_000);
  let home: string;
  let kubeconfig: string;
  before(() => {
    home = mkdtempSync(join(tmpdir(), "ground-"));
    kubeconfig = join(home, "config");
    writeFileSync(kubeconfig, madeUpKubeconfig("kind-made-up"));
  });
  after(() => rmSync(home, { recursive: true }));

  const existing = (over: object): Config => ({
    "mlplatform:foundation": { kind: "existing", kubeconfig, context: "kind-made-up", ...over },
    "mlplatform:mlflow": {},
  });

  /** What the program says, and what it had asked for by then. */
  async function refusal(config: Config): Promise<{ message: string; asked: Registration[] }> {
    let message = "";
    const asked = await runWith(config, {}, async () => {
      try {
        return await program();
      } catch (error) {
        message = (error as Error).message;
        return {};
      }
    });
    return { message, asked };
  }

  it("an existing cluster is built on when its context is there, and no cloud is asked for anything", async () => {
    const all = await runWith(existing({}));
    expect(all.map(({ type }) => type)).to.include("kubernetes:helm.sh/v4:Chart");
    expect(all.filter(({ type }) => /^(pulumi:providers:)?(aws|awsx|eks)\b/.test(type))).to.deep.equal([]);
  });

  it("a missing kubeconfig is refused by path and value, before anything is asked for", async () => {
    const { message, asked } = await refusal(existing({ kubeconfig: join(home, "gone") }));
    expect(message).to.match(/foundation\.kubeconfig\s+value\s+\S+gone\s+allowed\s+a file that exists/);
    expect(asked).to.deep.equal([]);
  });

  it("a missing context is refused with those there are, before anything is asked for", async () => {
    const { message, asked } = await refusal(existing({ context: "kind-gone" }));
    expect(message).to.match(/foundation\.context\s+value\s+kind-gone\s+allowed\s+kind-made-up/);
    expect(asked).to.deep.equal([]);
  });

  it("on AWS nothing but the provider, through which the look is taken, is asked for when the VPC is not there", async () => {
    const { message, asked } = await refusal(
      withFoundation(stackFile("dev"), {
        network: { kind: "adopt", vpcId: "vpc-0000000000000000b", privateSubnetIds: ["subnet-0000000000000000a"] },
      }),
    );
    expect(message).to.contain("foundation.network");
    expect(asked.filter(({ type }) => !type.startsWith("pulumi:providers:"))).to.deep.equal([]);
  });
});
