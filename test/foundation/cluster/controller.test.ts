import { expect } from "chai";
import { chartSource } from "../../../charts/source";
import { Controller, type ControllerArgs } from "../../../components/foundation/cluster/controller";
import { building, Marker, RecordedIdentity } from "../../support/foundation";
import { dependencies, inputs, outline, secretInputs } from "../../support/outline";

const chart = (name: string) => `kubernetes:helm.sh/v4:Chart ${name}`;

describe("a controller", () => {
  const make = (identity: RecordedIdentity, over: Partial<ControllerArgs> = {}) =>
    building(
      () =>
        new Controller("dns", {
          chart: "external-dns",
          values: { policy: "sync" },
          serviceAccount: "external-dns",
          statements: [],
          identity,
          after: [new Marker("earlier")],
          ...over,
        }),
    );

  it("is one pinned chart in kube-system, with values as they are given", async () => {
    const made = await make(new RecordedIdentity());
    expect(outline(made)).to.deep.equal(["Controller dns", `  ${chart("dns")}`]);
    expect(inputs(made, chart("dns"))).to.deep.equal({
      ...chartSource("external-dns"),
      name: "external-dns",
      namespace: "kube-system",
      values: { policy: "sync" },
    });
    expect(secretInputs(made)).to.deep.equal([]);
  });

  it("leaves CRDs to the chart unless told otherwise", async () => {
    const made = await make(new RecordedIdentity(), { skipCrds: true });
    expect(inputs(made, chart("dns")).skipCrds).to.equal(true);
  });

  it("is granted its permissions before its pods start", async () => {
    const identity = new RecordedIdentity();
    const made = await make(identity);
    expect(identity.grants).to.deep.equal({
      dns: { namespace: "kube-system", serviceAccount: "external-dns", statements: [] },
    });
    expect(dependencies(made, chart("dns"))).to.deep.equal([
      "test:index:Marker earlier",
      "test:index:Marker granted-dns",
    ]);
  });
});
