import { expect } from "chai";
import { buildAdmission } from "../../components/serving/buildAdmission";
import { type AdmissionRequest, celPython, refusals } from "../../test/support/cel";

const controller = "system:serviceaccount:models:release-controller";
const args = ["environment", "--store", "s3://artifacts/environments", "--verdict", "/dev/termination-log"];
const locked = { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } };
const container = {
  name: "environment",
  image: "registry.example.com/ml/model-server:1.2.0",
  args,
  env: [{ name: "HOME", value: "/tmp" }],
  envFrom: [{ secretRef: { name: "mlflow-model-servers" } }],
  volumeMounts: [{ name: "tmp", mountPath: "/tmp" }],
  securityContext: locked,
};
const pod = {
  serviceAccountName: "models.environments",
  automountServiceAccountToken: false,
  securityContext: { runAsNonRoot: true },
  containers: [container],
  volumes: [{ name: "tmp", emptyDir: {} }],
};
const params = { spec: { jobTemplate: { spec: { template: { spec: pod } } } } };
const asked = [...args, "--model", "churn", "--from", "models:/churn/3"];
const job = (over: object = {}, inContainer: object = {}) => ({
  spec: { template: { spec: { ...pod, containers: [{ ...container, args: asked, ...inContainer }], ...over } } },
});
const rule = buildAdmission({ namespace: "models", cronJob: "models.environments", templateArguments: args.length });

describe("What Jobs the release controller may make", () => {
  it("compares them with the CronJob that stands in the preview, and refuses all without it", () => {
    expect(rule.compared).to.deep.equal({
      apiVersion: "batch/v1",
      kind: "CronJob",
      name: "models.environments",
      namespace: "models",
    });
    expect([rule.resource, rule.operations]).to.deep.equal([
      { group: "batch", version: "v1", plural: "jobs" },
      ["CREATE"],
    ]);
  });

  it("takes the template with a version, refuses anything else, and leaves others' Jobs alone", async function () {
    this.timeout(150_000);
    const python = await celPython(this);
    const [own, version] = rule.demands.map(({ message }) => message);
    const cases: Record<string, [object: object, refused: string[]]> = {
      "the template with a version": [job(), []],
      "another image": [job({}, { image: "evil:1" }), [own!]],
      "a command": [job({}, { command: ["sh"] }), [own!]],
      "a variable more": [job({}, { env: [...container.env, { name: "PYTHONPATH", value: "/x" }] }), [own!]],
      "another Secret": [job({}, { envFrom: [{ secretRef: { name: "mlflow-releases" } }] }), [own!]],
      "no Secret": [job({}, { envFrom: undefined }), [own!]],
      "a hook": [job({}, { lifecycle: { postStart: {} } }), [own!]],
      "another account": [job({ serviceAccountName: "release-controller" }), [own!]],
      "a token": [job({ automountServiceAccountToken: true }), [own!]],
      "another volume": [job({ volumes: [{ name: "tmp", hostPath: { path: "/" } }] }), [own!]],
      "no security context": [job({ securityContext: undefined }), [own!]],
      "a container more": [job({ containers: [{ ...container, args: asked }, container] }), [own!]],
      "a container before": [job({ initContainers: [container] }), [own!]],
      "the node's network": [job({ hostNetwork: true }), [own!]],
      "another store": [job({}, { args: asked.map((each) => (each === args[2] ? "s3://other" : each)) }), [version!]],
      "an argument more": [job({}, { args: [...asked, "--store", "s3://other"] }), [version!]],
      "another option": [job({}, { args: asked.map((each) => (each === "--from" ? "--store" : each)) }), [version!]],
      "no version": [job({}, { args }), [version!]],
    };
    const clean = (object: object) => JSON.parse(JSON.stringify(object)) as object;
    const asking = Object.values(cases).map(
      ([object]): AdmissionRequest => ({ user: controller, object: clean(object), params }),
    );
    const told = await refusals(python, rule, asking);
    expect(Object.fromEntries(Object.keys(cases).map((name, at) => [name, told[at]]))).to.deep.equal(
      Object.fromEntries(Object.entries(cases).map(([name, [, refused]]) => [name, refused])),
    );
    const others = [{ user: "pulumi", object: clean(job({ hostNetwork: true })), params }];
    expect(await refusals(python, rule, others)).to.deep.equal([[]]);
  });
});
