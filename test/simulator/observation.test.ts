import { expect } from "chai";
import { Observation } from "../../simulator/observation";

const said = (severity: "warning" | "error", message: string, urn?: string) => ({
  sequence: 0,
  timestamp: 0,
  diagnosticEvent: { color: "never", severity, message, ...(urn === undefined ? {} : { urn }) },
});

describe("an observed run", () => {
  it("keeps warnings apart from errors, and names the resource that they are about", () => {
    const observed = new Observation();
    const stack = "urn:pulumi:dev::p::pulumi:pulumi:Stack::p-dev";
    observed.see(said("warning", "<{%reset%}>more than allowed<{%reset%}>\n", stack) as never);
    observed.see(said("warning", "not there", "urn:pulumi:dev::p::a:b:C$d:e:F::x") as never);
    observed.see(said("error", "refused") as never);
    expect(observed.warnings).to.deep.equal(["more than allowed", 'd:e:F "x": not there']);
    expect(observed.errors).to.deep.equal(["refused"]);
  });
});
