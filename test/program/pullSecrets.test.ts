import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { parse } from "yaml";
import { projectDir } from "../../simulator/project";
import { madeUpKubeconfig } from "./kubeconfig";
import { TestStack } from "./runs";

const context = "kind-mlplatform";
const scope = `context/${context}`;
const login = "registry-login";

/** Where each kind of which pods are made names the Secrets that their images are pulled by. */
const pullers: Record<string, (object: never) => { name: string }[] | undefined> = {
  "kubernetes:apps/Deployment": ({ spec }: { spec: Template }) => spec.template.spec.imagePullSecrets,
  "kubernetes:apps/StatefulSet": ({ spec }: { spec: Template }) => spec.template.spec.imagePullSecrets,
  "kubernetes:apps/DaemonSet": ({ spec }: { spec: Template }) => spec.template.spec.imagePullSecrets,
  "kubernetes:batch/Job": ({ spec }: { spec: Template }) => spec.template.spec.imagePullSecrets,
  "kubernetes:batch/CronJob": ({ spec }: { spec: { jobTemplate: { spec: Template } } }) =>
    spec.jobTemplate.spec.template.spec.imagePullSecrets,
  "kubernetes:/ServiceAccount": ({ imagePullSecrets }: Puller) => imagePullSecrets,
  "kubernetes:postgresql.cnpg.io/Cluster": ({ spec }: { spec: Puller }) => spec.imagePullSecrets,
  "kubernetes:monitoring.coreos.com/Prometheus": ({ spec }: { spec: Puller }) => spec.imagePullSecrets,
  "kubernetes:monitoring.coreos.com/Alertmanager": ({ spec }: { spec: Puller }) => spec.imagePullSecrets,
};

interface Puller {
  imagePullSecrets?: { name: string }[];
}
interface Template {
  template: { spec: Puller };
}

describe("a registry that wants a login", function () {
  this.timeout(300_000);
  let home: string;
  let stack: TestStack;
  before(() => {
    home = mkdtempSync(join(tmpdir(), "login-"));
    writeFileSync(join(home, "config"), madeUpKubeconfig(context));
    const { config } = parse(readFileSync(join(projectDir, "Pulumi.local.yaml"), "utf8"));
    const sections = Object.fromEntries(
      Object.entries(config).map(([key, value]) => [key.replace("mlplatform:", ""), value]),
    ) as Record<string, Record<string, unknown>>;
    const images = { ...(sections.foundation?.images as object), pullSecretName: login };
    stack = new TestStack("login", {
      ...sections,
      foundation: { ...sections.foundation, context, kubeconfig: join(home, "config"), images },
    });
  });
  after(() => {
    stack.remove();
    rmSync(home, { recursive: true });
  });

  it("is not pulled from without the Secret: the program says which is missing", async () => {
    const { result, error } = await stack.run("up");
    expect(result).to.equal("failed");
    expect(error).to.contain(login);
  });

  it("is pulled from by every pod, with a copy of the Secret in each namespace, and nothing of it in the plan", async () => {
    const auths = JSON.stringify({ auths: { "registry.example.com": { auth: "made-up" } } });
    stack.prepare(scope, "Secret", login, {
      type: "kubernetes.io/dockerconfigjson",
      data: { ".dockerconfigjson": Buffer.from(auths).toString("base64") },
    });
    await stack.succeed("up");

    const counted: Record<string, number> = {};
    for (const [type, pulling] of Object.entries(pullers)) {
      for (const name of stack.names(type)) {
        const secrets = pulling(stack.find(type, name) as never);
        expect(secrets, `${type} ${name}`).to.deep.equal([{ name: login }]);
        counted[type] = (counted[type] ?? 0) + 1;
      }
    }
    for (const kind of [
      "apps/Deployment",
      "batch/Job",
      "batch/CronJob",
      "/ServiceAccount",
      "postgresql.cnpg.io/Cluster",
    ]) {
      expect(counted[`kubernetes:${kind}`], kind).to.be.greaterThan(0);
    }
    const namespaces = stack
      .names("kubernetes:/Namespace")
      .map((name) => stack.find("kubernetes:/Namespace", name).metadata as { name: string })
      .map(({ name }) => name);
    expect(namespaces).to.include.members(["airflow", "mlflow", "models", "mlplatform"]);
    for (const name of namespaces) {
      expect(stack.object(scope, "kubernetes:/Secret", `${name}/${login}`), name).to.include({
        type: "kubernetes.io/dockerconfigjson",
      });
    }
    const policies = "kubernetes:admissionregistration.k8s.io/ValidatingAdmissionPolicy";
    const { spec } = stack.find(policies, stack.names(policies).find((name) => name.endsWith("-pull"))!) as unknown as {
      spec: { matchConstraints: { namespaceSelector: { matchExpressions: { values: string[] }[] } } };
    };
    const guarded = spec.matchConstraints.namespaceSelector.matchExpressions.flatMap(({ values }) => values);
    expect(guarded).to.have.members(namespaces).and.to.include.members(["airflow-tasks", "airflow-pods"]);
    expect(JSON.stringify(stack.plan())).to.not.contain("made-up");
    const preview = await stack.succeed("preview");
    expect(preview.changes).to.include({ create: 0, update: 0, replace: 0, delete: 0 });
  });
});
