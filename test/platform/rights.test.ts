import { expect } from "chai";
import { everythingOn } from "../support/everythingOn";
import { mayDo, type RbacObject } from "../support/rbac";
import type { Registration } from "../support/record";
import { runWith } from "./program";

/** What leads to somebody else's rights: secrets, pods as anybody, ways into pods, tokens, roles. */
const dangerous = [
  ...["get secrets", "list secrets", "watch secrets"],
  ...["create pods", "patch pods", "create pods/exec", "create pods/attach", "create pods/ephemeralcontainers"],
  ...["create batch/jobs", "patch batch/jobs", "create apps/deployments", "patch apps/deployments"],
  ...[
    "create serviceaccounts/token",
    "create rbac.authorization.k8s.io/rolebindings",
    "patch rbac.authorization.k8s.io/roles",
  ],
];

/** Pods of people, of models and of what people wrote; and who starts them. */
const accounts = [
  "jupyterhub/notebook",
  "airflow-tasks/airflow-worker",
  "airflow-pods/airflow-worker",
  "airflow-training/training-dags",
  "models/models-steps",
  "models/default",
  "models/models.environments",
  "home/default",
  "mlflow/mlflow",
];

describe("What the roles that the program makes allow", function () {
  this.timeout(300_000);
  let all: Registration[];
  let objects: RbacObject[];
  let namespaces: string[];

  before(async () => {
    all = await runWith(everythingOn["node groups and Airflow in the cluster"]!);
    const of = (kind: RegExp) => all.filter(({ type }) => kind.test(type));
    objects = of(/^kubernetes:rbac\.authorization\.k8s\.io\/v1:/).map(
      ({ type, inputs }) => ({ kind: type.split(":")[2]!, ...inputs }) as unknown as RbacObject,
    );
    namespaces = of(/^kubernetes:core\/v1:Namespace$/).map(({ inputs }) => (inputs.metadata as { name: string }).name);
  });

  const allowed = (account: string) =>
    namespaces.flatMap((namespace) =>
      dangerous
        .filter((text) => {
          const [verb, resource] = text.split(" ") as [string, string];
          return mayDo(objects, account, { verb, resource, namespace });
        })
        .map((text) => `${text} in ${namespace}`),
    );

  it("is nothing of the kind for notebooks, pods that DAGs start, loops, models, the page or MLflow", () => {
    expect(namespaces).to.include.members(["airflow", "airflow-tasks", "airflow-pods", "airflow-training", "models"]);
    for (const account of accounts.filter((each) => each !== "airflow-tasks/airflow-worker")) {
      expect(allowed(account), account).to.deep.equal([]);
    }
  });

  it("is, for tasks and those who start pods, to do so in one namespace each, and to read no Secret anywhere", () => {
    expect(allowed("airflow-tasks/airflow-worker")).to.deep.equal(
      ["create pods", "patch pods", "create pods/exec"].map((text) => `${text} in airflow-pods`),
    );
    expect(allowed("airflow/airflow-scheduler")).to.deep.equal(
      ["create pods", "patch pods"].map((text) => `${text} in airflow-tasks`),
    );
    expect(allowed("airflow-tasks/airflow-loops")).to.deep.equal(
      ["create pods", "patch pods"].map((text) => `${text} in airflow-training`),
    );
    expect(allowed("models/release-controller"), "admission policies say which, and what of them").to.deep.equal([
      "patch pods in models",
      "create batch/jobs in models",
    ]);
  });

  it("is bound to service accounts by name, to no group and no user", () => {
    const kinds = objects.flatMap(({ subjects = [] }) => subjects.map(({ kind }) => kind));
    expect(new Set(kinds)).to.deep.equal(new Set(["ServiceAccount"]));
    const verbs = objects.flatMap(({ rules = [] }) =>
      rules.flatMap((rule) => [...rule.verbs, ...(rule.resources ?? [])]),
    );
    expect(verbs).to.not.include("*");
  });

  it("is of use to nobody whose pod has no token: of pods that the program makes, these have one", () => {
    const withToken = all.flatMap(({ type, name, inputs }) => {
      const spec = JSON.stringify(inputs);
      if (!/^kubernetes:(apps|batch)\//.test(type)) return [];
      return spec.includes('"automountServiceAccountToken":false') ? [] : [`${type.split(":")[2]} ${name}`];
    });
    expect(withToken, "they tell model servers of versions").to.deep.equal([
      "Deployment mlplatform-models-release-controller",
      "Job mlplatform-models-elsewhere-release",
    ]);
  });
});
