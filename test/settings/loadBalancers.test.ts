import { expect } from "chai";
import { onAws, onExisting, problemsOf, theProblemOf } from "./fixtures";

const access = {
  domain: "ml.example.com",
  zoneId: "Z0123456789EXAMPLE",
  groups: { ml: "admin" },
  signIn: { provider: "github", organization: "example-company", clientId: "ml", clientSecretName: "ml/sign-in" },
};
const models = (count: number, loadBalancer?: string, from = 0) =>
  Object.fromEntries(
    Array.from({ length: count }, (_, at) => [
      `m${from + at}`,
      { from: "models:/churn@champion", serve: { flask: loadBalancer === undefined ? {} : { loadBalancer } } },
    ]),
  );
const stack = (of: object, more: object = { access }) => onAws({}, { mlflow: {}, jupyterhub: {}, models: of, ...more });

describe("models with an address", () => {
  it("are refused beyond the target groups of one load balancer, with the number and the way out", () => {
    expect(problemsOf(stack(models(97))), "MLflow, JupyterHub and the landing page have one each").to.deep.equal([]);
    const problem = theProblemOf(stack(models(99)));
    expect(problem.path).to.match(/^models\.m\d+\.serve\.flask\.loadBalancer$/);
    expect(problem.allowed).to.contain("97 models behind the load balancer of the 3 tools; these are 99");
    expect(problem.remedy).to.contain("write loadBalancer: models-2 for at least 2 of them");
  });

  it("go behind others by a setting, each with 100", () => {
    expect(problemsOf(stack({ ...models(97), ...models(100, "team-a", 200) }))).to.deep.equal([]);
    expect(theProblemOf(stack(models(101, "team-a"))).allowed).to.contain("100 models behind team-a; these are 101");
  });

  it("are any number where nothing is published", () => {
    expect(problemsOf(stack(models(120), {}))).to.deep.equal([]);
  });

  it("cannot have the host of a tool, nor a load balancer where AWS has none", () => {
    const taken = { access: { ...access, hosts: { hub: "models-x" } } };
    expect(theProblemOf(stack(models(1, "x"), taken)).allowed).to.contain("access.hosts.hub");
    const images = { registry: "registry.example.com/ml" };
    const raw = onExisting({ images }, { mlflow: {}, models: models(1, "x") });
    expect(theProblemOf(raw).allowed).to.contain("only on foundation.kind: aws");
  });
});
