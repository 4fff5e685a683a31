import { RunError } from "@pulumi/pulumi";
import { expect } from "chai";
import fc from "fast-check";
import { parseSettings } from "../../components/settings/parse";
import { SettingsProblems } from "../../components/settings/problems";
import { settings } from "../../components/settings/settings";
import { mutations, spoiledConfigs, validConfigs, validFoundationConfigs } from "../support/arbitraries";
import { problemsOf } from "./fixtures";

/** Settings, or a message that names path and remedy for each problem: nothing else may come out. */
function answers(raw: unknown): void {
  try {
    const parsed = parseSettings(raw);
    expect(settings.shape.foundation.safeParse(parsed.foundation).success).to.equal(true);
  } catch (error) {
    if (!(error instanceof SettingsProblems)) throw error;
    expect(RunError.isInstance(error)).to.equal(true);
    expect(error.problems).not.to.have.length(0);
    for (const { path, value, allowed, remedy } of error.problems) {
      expect([path, value, allowed, remedy].every((text) => text !== "")).to.equal(true);
      expect(`${allowed} ${remedy}`).not.to.match(/undefined|NaN|\[object|Invalid input/);
    }
  }
}

/** Config keys among arbitrary ones, so that some of the structure is right. */
const keys = fc.oneof(
  fc.constantFrom(
    ...Object.keys(settings.shape),
    "kind",
    "aws",
    "network",
    "cluster",
    "nodeGroups",
    "serve",
    "from",
    "__proto__",
  ),
  fc.string({ maxLength: 8 }),
);
const { tree } = fc.letrec((tie) => ({
  leaf: fc.oneof(
    fc.constantFrom("aws", "existing", "create", "adopt", "eu-west-1", "10.0.0.0/16", "2Gi", true, null, 0, -1, 1.5),
    fc.string(),
    fc.integer(),
  ),
  tree: fc.oneof(
    { maxDepth: 6, withCrossShrink: true },
    tie("leaf"),
    fc.array(tie("tree"), { maxLength: 3 }),
    fc.dictionary(keys, tie("tree"), { maxKeys: 5 }),
  ),
}));

describe("settings, for any config at all", () => {
  it("accepts every generated valid config", () => {
    fc.assert(
      fc.property(validConfigs, (raw) => {
        expect(problemsOf(raw)).to.deep.equal([]);
      }),
      { numRuns: 300 },
    );
  });

  it("answers arbitrary JSON with settings or with problems, never with another error", () => {
    fc.assert(fc.property(fc.jsonValue(), answers), { numRuns: 300 });
  });

  it("answers config of half-right shape with settings or with problems", () => {
    fc.assert(fc.property(tree, answers), { numRuns: 500 });
  });

  it("answers a valid config with any one value replaced", () => {
    fc.assert(
      fc.property(validConfigs, fc.nat(), tree, (raw, at, value) => {
        const copy = structuredClone(raw);
        const places = containers(copy);
        const place = places[at % places.length];
        if (place !== undefined) place.holder[place.key] = value;
        answers(copy);
      }),
      { numRuns: 500 },
    );
  });

  it("names the path of every kind of single mistake", () => {
    const seen = new Set<string>();
    fc.assert(
      fc.property(spoiledConfigs, ({ config, mutation }) => {
        seen.add(mutation.what);
        const paths = problemsOf(config).map(({ path }) => path);
        expect(paths, mutation.what).to.include(mutation.path);
      }),
      { numRuns: 300 },
    );
    expect([...seen]).to.have.members(mutations.map(({ what }) => what));
  });

  it("finds nothing but the one mistake where only an unknown key was added", () => {
    fc.assert(
      fc.property(validFoundationConfigs, (config) => {
        const foundation = { ...(config.foundation as object), zzz: 1 };
        expect(problemsOf({ ...config, foundation }).map(({ path }) => path)).to.deep.equal(["foundation.zzz"]);
      }),
    );
  });

  it("gives the same settings again for settings it gave", () => {
    fc.assert(
      fc.property(validConfigs, (raw) => {
        const once = parseSettings(raw);
        expect(parseSettings(structuredClone(once))).to.deep.equal(once);
      }),
    );
  });
});

/** Every place in a tree that a value can be put in. */
function containers(value: unknown): { holder: Record<string, unknown>; key: string }[] {
  if (typeof value !== "object" || value === null) return [];
  const holder = value as Record<string, unknown>;
  return Object.keys(holder).flatMap((key) => [{ holder, key }, ...containers(holder[key])]);
}
