import { expect } from "chai";
import { buildAdmission, isTemplate, namesVersion } from "../../components/serving/buildAdmission";
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
  volumes: [
    { name: "tmp", emptyDir: { sizeLimit: "25Gi" } },
    { name: "index", secret: { secretName: "index", defaultMode: 288 } },
  ],
};
const asked = [...args, "--model", "churn", "--from", "models:/churn/3"];
const job = (over: object = {}, inContainer: object = {}) => ({
  spec: { template: { spec: { ...pod, containers: [{ ...container, args: asked, ...inContainer }], ...over } } },
});
const rule = { ...buildAdmission("models"), demands: [isTemplate(pod), namesVersion(args)] };

describe("What Jobs the release controller may make", () => {
  it("looks at Jobs that are made, and needs no parameters to judge them", () => {
    expect([rule.resource, rule.operations]).to.deep.equal([
      { group: "batch", version: "v1", plural: "jobs" },
      ["CREATE"],
    ]);
    for (const { expression } of rule.demands) expect(expression).not.to.match(/\bparams\b/);
  });

  it("leaves out what the API server leaves out of an object, and does not ask how large scratch space is", () => {
    const { expression } = isTemplate({
      ...pod,
      nodeSelector: {},
      containers: [{ ...container, env: [{ name: "EXTRA", value: "" }] }],
      volumes: [{ name: "tmp", emptyDir: { sizeLimit: "25600Mi" } }],
    });
    expect(expression).to.contain(`.env) == [dyn({"name": dyn("EXTRA")})]`);
    expect(expression).to.contain("!has(object.spec.template.spec.nodeSelector)");
    expect(expression).not.to.contain("sizeLimit");
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
      "another volume": [job({ volumes: [{ name: "tmp", hostPath: { path: "/" } }, pod.volumes[1]] }), [own!]],
      "another Secret as a file": [
        job({
          volumes: [pod.volumes[0], { name: "index", secret: { secretName: "mlflow-releases", defaultMode: 288 } }],
        }),
        [own!],
      ],
      "a volume more": [job({ volumes: [...pod.volumes, { name: "more", emptyDir: {} }] }), [own!]],
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
      ([object]): AdmissionRequest => ({ user: controller, object: clean(object) }),
    );
    const told = await refusals(python, rule, asking);
    expect(Object.fromEntries(Object.keys(cases).map((name, at) => [name, told[at]]))).to.deep.equal(
      Object.fromEntries(Object.entries(cases).map(([name, [, refused]]) => [name, refused])),
    );
    const others = [{ user: "pulumi", object: clean(job({ hostNetwork: true })) }];
    expect(await refusals(python, rule, others)).to.deep.equal([[]]);
  });
});
