import { expect } from "chai";
import { settingsSchema } from "../../components/settings/schemaTree";
import { dataIn } from "../../report/risk/singlePoints";
import { readStack, releasedSettings, releasedStacks, releaseVersions } from "../../upgrade/releases";
import { settingPaths } from "../../upgrade/settingPaths";
import { TestStack } from "../program/runs";

/** What no program may make anew, beside what holds data itself: what opens it, and what it goes with. */
const opensData = /^(random:|tls:|kubernetes:core\/v1:(Namespace|Secret)$)/;

/** Runs it, and tells what it replaces or deletes of what holds data, opens it, or is protected. */
async function lost(stack: TestStack, command: "up" | "preview", overrides: string[] = []): Promise<string[]> {
  const found = new Set<string>();
  await stack.succeed(command, {
    overrides,
    onEvent: ({ resourcePreEvent }) => {
      const step = resourcePreEvent?.metadata;
      if (!/^(delete|replace)$/.test(step?.op ?? "")) return;
      const { type, urn, op } = step!;
      if (dataIn(type) !== undefined || opensData.test(type) || step!.old?.protect === true)
        found.add(`${op} ${type} ${urn.split("::").at(-1)}`);
    },
  });
  return [...found].sort();
}

describe("this program over what releases made, on the simulated cloud", function () {
  this.timeout(300_000);

  it("has a release to be tried on", () => {
    expect(releaseVersions()).to.include("0.1.0");
  });

  for (const version of releaseVersions()) {
    it(`knows every setting of ${version}, and every choice of one`, () => {
      const known = new Set(settingPaths(settingsSchema()));
      expect(releasedSettings(version).filter((path) => !known.has(path))).to.deep.equal([]);
    });

    for (const name of releasedStacks) {
      describe(`${name} of ${version}`, () => {
        const stack = new TestStack(name);
        before(() => stack.asReleased(readStack(version, name)));
        after(() => stack.remove());

        // What AWS takes of an update dev shows, by the same foundation: of prod, the largest, its plan is enough.
        const command = name === "prod" ? "preview" : "up";
        it(`${command} by its own stack file replaces and deletes nothing that holds data`, async () => {
          expect(await lost(stack, command)).to.deep.equal([]);
        });

        if (name === "dev")
          it("shows no change in the preview right after", async () => {
            const { changes } = await stack.succeed("preview");
            expect(changes).to.include({ create: 0, update: 0, replace: 0, delete: 0 });
          });
      });
    }
  }

  it("would tell of homes and keys that are deleted", async () => {
    const stack = new TestStack("local");
    stack.asReleased(readStack(releaseVersions().at(-1)!, "local"));
    const found = await lost(stack, "preview", ["jupyterhub=null"]);
    stack.remove();
    expect(found).to.include("delete kubernetes:core/v1:Namespace mlplatform-jupyterhub");
    expect(found.join()).to.contain("delete random:index/randomBytes:RandomBytes mlplatform-jupyterhub-secrets");
  });
});
