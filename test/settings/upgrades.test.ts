import { expect } from "chai";
import { kubernetesVersions } from "../../components/settings/cluster";
import { pinnedImages, pinnedVersions } from "../../docs/pinnedVersions";
import { ledger, ledgerRead } from "../../docs/upgradeLedger";
import { endingWithin, ledgerLines } from "../../docs/upgradePage";

/** That docs/upgrades.md is fresh is held by docs.test.ts, as of every page that is generated. */
describe("the ledger of upgrades", () => {
  const lines = ledgerLines();

  it("has every pin once, and nothing that is not pinned", () => {
    expect(lines.map(({ what }) => what)).to.deep.equal(Object.keys(pinnedVersions()));
    for (const version of kubernetesVersions) expect(ledger).to.have.property(`Kubernetes ${version} (EKS)`);
  });

  it("finds images in charts' values, in components and in Dockerfiles", () => {
    expect(pinnedImages()).to.deep.include({
      "docker.io/chrislusf/seaweedfs": ["4.44"],
      "docker.io/library/postgres": ["17.6-alpine"],
      "quay.io/kiwigrid/k8s-sidecar": ["2.10.1"],
    });
    expect(Object.keys(pinnedImages())).to.include("docker.io/library/python");
  });

  it("says when by a day or a month, and where a day comes from", () => {
    for (const { what, end, source } of lines) {
      if (end !== undefined) expect(end, what).to.match(/^20\d\d-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?$/);
      if (end !== undefined) expect(source, what).to.match(/^https:\/\//);
    }
  });

  it("tells of what ends soon, the first first, and of nothing else", () => {
    const line = (what: string, end?: string) => ({
      what,
      pinned: "1",
      window: "",
      ...(end === undefined ? {} : { end }),
    });
    const made = [line("late", "2029-01-01"), line("soon", "2027-01-15"), line("never"), line("over", "2026-07")];
    expect(ledgerRead).to.equal("2026-12-01");
    expect(endingWithin(60, made).map(({ what }) => what)).to.deep.equal(["over", "soon"]);
    expect(endingWithin(10, made).map(({ what }) => what)).to.deep.equal(["over"]);
  });

  it("names, as what moves along, only charts and images that are pinned", () => {
    const pins = Object.keys(pinnedVersions());
    for (const { what, movesWith = "" } of lines) {
      for (const [named] of movesWith.matchAll(/(chart [\w-]+|image [\w.-]+\/[\w./-]+)/g))
        expect(pins, what).to.include(named);
    }
  });
});
