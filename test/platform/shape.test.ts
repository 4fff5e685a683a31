import { expect } from "chai";
import { namesMadeRemotely } from "../support/madeRemotely";
import { reference, shortName } from "../support/outline";
import type { Registration } from "../support/record";
import { parentOf, programs, run } from "./program";

const identity = ({ type, name, parent }: Registration) => `${type} ${name} in ${parent}`;
const rootTypes = /^(mlplatform:index:Platform|pulumi:providers:.*)$/;

/** Package whose provider a remote component needs to make its children. */
const neededBy: Record<string, string> = { awsx: "aws", eks: "aws", kubernetes: "kubernetes" };

/** Provider that a remote component finds for a package, as the engine does: its own, else its nearest ancestor's. */
function inherited(all: Registration[], from: Registration, pkg: string): string | undefined {
  for (let each: Registration | undefined = from; each; each = parentOf(all, each)) {
    if (each.providers[pkg] !== undefined) return each.providers[pkg];
  }
  return undefined;
}

describe("the whole program, as far as mocks show it (not what AWS, Helm or Kubernetes would say)", function () {
  this.timeout(60_000);
  for (const name of Object.keys(programs)) {
    describe(name, () => {
      let all: Registration[];

      before(async () => {
        all = await run(name);
      });

      it("asks for the same resources in a preview as in an update", async () => {
        const preview = await run(name, true);
        expect(all.length).to.be.above(50);
        expect(preview.map(identity).sort()).to.deep.equal(all.map(identity).sort());
      });

      it("gives every AWS and Kubernetes resource a provider of ours", () => {
        const ours = new Set(all.filter(({ type }) => type.startsWith("pulumi:providers:")).map((each) => each.name));
        for (const each of all.filter(({ custom, type }) => custom && /^(aws|kubernetes):/.test(type))) {
          const [, , types, provider] = each.provider.split("::");
          expect(each.provider, `provider of ${shortName(each)}`).to.not.equal("");
          expect(types).to.match(new RegExp(`pulumi:providers:${each.type.split(":")[0]}$`));
          expect(ours).to.include(provider);
        }
      });

      it("hands remote components the providers for what they make", () => {
        const remote = all.filter((each) => each.remote);
        for (const each of remote) {
          const pkg = neededBy[each.type.split(":")[0]!]!;
          expect(pkg, `add ${each.type} to neededBy`).to.not.equal(undefined);
          expect(inherited(all, each, pkg), `${pkg} for ${shortName(each)}`).to.contain(`pulumi:providers:${pkg}`);
        }
      });

      it("puts everything below the platform, and only that and providers at the top", () => {
        for (const each of all.filter(({ parent }) => parent === undefined)) expect(each.type).to.match(rootTypes);
        for (const each of all) expect(() => parentOf(all, each)).to.not.throw();
        expect(all.filter(({ type }) => type === "mlplatform:index:Platform")).to.have.length(1);
      });

      it("names each thing once, after the component it belongs to, and never after a value that is not known", () => {
        const names = all.map(({ type, name }) => `${type} ${name}`);
        expect(names.filter((each, index) => names.indexOf(each) !== index)).to.deep.equal([]);
        for (const each of all) {
          expect(each.name).to.not.match(/undefined|\[object|Output|NaN/);
          const parent = parentOf(all, each);
          if (parent) expect(`${each.name}-`, `name of ${shortName(each)}`).to.match(new RegExp(`^${parent.name}[-.]`));
        }
      });

      it("waits only for what it registers", () => {
        const known = new Set(all.map(shortName));
        for (const each of all) {
          const own = each.dependencies.filter((urn) => !namesMadeRemotely(urn));
          for (const urn of own) expect(known).to.include(reference(urn));
        }
      });
    });
  }
});
