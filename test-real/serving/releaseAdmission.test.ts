import { expect } from "chai";
import { releaseAdmission } from "../../components/serving/releaseAdmission";
import { celPython, refusals } from "../../test/support/cel";

const controller = "system:serviceaccount:models:release-controller";
const rule = releaseAdmission("models");
const refused = rule.demands.map(({ message }) => message);
const pod = (metadata: object = {}, spec: object = {}) => ({
  metadata: { name: "churn-1", labels: { app: "churn" }, ...metadata },
  spec: { containers: [{ name: "server", image: "registry.example.com/ml/model-server:1.2.0" }], ...spec },
});
const told = (digest: string, more: object = {}) => ({ annotations: { "mlplatform/release-file": digest, ...more } });

describe("What the release controller may change of pods", () => {
  it("looks at changes of pods in the namespace of models, of the controller alone", () => {
    expect(rule).to.deep.include({
      namespaces: ["models"],
      resource: { group: "", version: "v1", plural: "pods" },
      operations: ["UPDATE"],
    });
  });

  it("is the annotation that its kubelet wakes up by, and nothing else", async function () {
    this.timeout(150_000);
    const python = await celPython(this);
    const owner = { ownerReferences: [{ kind: "ReplicaSet", name: "churn" }] };
    const cases: Record<string, [before: object, now: object, refused: string[]]> = {
      "told for the first time": [pod(), pod(told("a")), []],
      "told again": [pod(told("a")), pod(told("b")), []],
      "told beside others": [pod({ annotations: { of: "somebody" } }), pod(told("a", { of: "somebody" })), []],
      "the same owner": [pod(owner), pod({ ...owner, ...told("a") }), []],
      "another image": [pod(), pod(told("a"), { containers: [{ name: "server", image: "evil:1" }] }), refused],
      "a toleration more": [pod(), pod(told("a"), { tolerations: [{ operator: "Exists" }] }), refused],
      "a label": [pod(), pod({ ...told("a"), labels: { app: "fraud" } }), refused],
      "no labels": [pod(), { ...pod(), metadata: { name: "churn-1" } }, refused],
      "an owner": [pod(), pod(owner), refused],
      "a finalizer": [pod(), pod({ finalizers: ["example.com/never"] }), refused],
      "another annotation": [
        pod(),
        pod(told("a", { "container.apparmor.security.beta.kubernetes.io/x": "y" })),
        refused,
      ],
      "another value": [pod({ annotations: { of: "a" } }), pod({ annotations: { of: "b" } }), refused],
      "one annotation less": [pod({ annotations: { of: "a" } }), pod(told("a")), refused],
      "no annotations": [pod({ annotations: { of: "a" } }), pod(), refused],
    };
    const asking = Object.values(cases).map(([oldObject, object]) => ({
      user: controller,
      operation: "UPDATE" as const,
      object,
      oldObject,
    }));
    const answers = await refusals(python, rule, asking);
    expect(Object.fromEntries(Object.keys(cases).map((name, at) => [name, answers[at]]))).to.deep.equal(
      Object.fromEntries(Object.entries(cases).map(([name, [, , messages]]) => [name, messages])),
    );
    const others = asking.map((request) => ({
      ...request,
      user: "system:serviceaccount:kube-system:deployment-controller",
    }));
    expect((await refusals(python, rule, others)).flat()).to.deep.equal([]);
  });
});
