import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { madeUpKubeconfig } from "./kubeconfig";
import { TestStack } from "./runs";

const context = "kind-shared";
const scope = `context/${context}`;

describe("a cluster that others use too, on the simulated cloud", function () {
  this.timeout(240_000);
  let home: string;
  let kubeconfig: string;
  let stack: TestStack;
  before(() => {
    home = mkdtempSync(join(tmpdir(), "shared-"));
    kubeconfig = join(home, "config");
    writeFileSync(kubeconfig, madeUpKubeconfig(context));
  });
  after(() => rmSync(home, { recursive: true }));
  afterEach(() => stack.remove());

  const config = (over: Record<string, unknown> = {}) => ({
    foundation: { kind: "existing", kubeconfig, context, dataProtection: false, ...over },
    mlflow: {},
  });

  /** A company's namespace with what it holds. */
  function occupied(): void {
    stack.prepare(scope, "Namespace", "mlflow", { labels: { team: "company" } });
    stack.prepare(scope, "ConfigMap", "theirs", { data: { word: "theirs" } }, "mlflow");
    stack.prepare(scope, "PersistentVolumeClaim", "theirs", { spec: { volumeName: "theirs" } }, "mlflow");
  }
  const theirs = () =>
    [
      "kubernetes:/Namespace mlflow",
      "kubernetes:/ConfigMap mlflow/theirs",
      "kubernetes:/PersistentVolumeClaim mlflow/theirs",
    ].filter((each) => stack.object(scope, ...(each.split(" ") as [string, string])) !== undefined);

  it("takes nothing that was there: the preview says what collides and what to write, and up leaves it as it was", async () => {
    stack = new TestStack("shared", config());
    occupied();
    const preview = await stack.run("preview");
    expect(preview.result).to.equal("failed");
    expect(preview.error).to.contain("Namespace mlflow is in the cluster already and is not this stack's");
    expect(preview.error).to.contain("write foundation.adopt: [namespace/mlflow]");
    expect((await stack.run("up")).result).to.equal("failed");
    expect(stack.object(scope, "kubernetes:/Namespace", "mlflow")!.metadata).to.deep.equal({
      name: "mlflow",
      labels: { team: "company" },
    });
    await stack.run("destroy");
    expect(theirs()).to.have.length(3);
  });

  it("says all that collides at once", async () => {
    stack = new TestStack("shared", { ...config(), monitoring: {} });
    occupied();
    stack.prepare(scope, "Namespace", "monitoring");
    const { error } = await stack.run("preview");
    expect(error).to.contain("Namespace mlflow is in the cluster");
    expect(error).to.contain("Namespace monitoring is in the cluster");
  });

  it("puts its objects into a namespace that a setting names, changes nothing of it, and leaves it when it goes", async () => {
    stack = new TestStack("shared", config({ adopt: ["namespace/mlflow"] }));
    occupied();
    await stack.succeed("up");
    const { labels } = stack.object(scope, "kubernetes:/Namespace", "mlflow")!.metadata as Record<string, unknown>;
    expect(labels, "no label that refuses their pods").to.deep.equal({ team: "company" });
    expect((await stack.succeed("preview")).changes).to.include({ create: 0, update: 0, replace: 0, delete: 0 });
    stack.configure({ foundation: config().foundation }); // MLflow goes, and nothing names the namespace any more.
    await stack.succeed("up");
    expect(theirs()).to.have.length(3);
    await stack.succeed("destroy");
    expect(theirs()).to.have.length(3);
  });

  it("refuses to adopt what is not there", async () => {
    stack = new TestStack("shared", config({ adopt: ["namespace/mlflow"] }));
    const { error } = await stack.run("preview");
    expect(error).to.contain("foundation.adopt names namespace/mlflow, and the cluster has none");
  });

  it("refuses what another stack of the platform made", async () => {
    stack = new TestStack("shared", config());
    stack.prepare(scope, "Namespace", "mlflow", { labels: { "mlplatform/stack": "mlplatform-other" } });
    expect((await stack.run("preview")).error).to.contain("belongs to the stack mlplatform-other");
  });

  it("takes up again what carries its own label, as a killed run leaves it", async () => {
    stack = new TestStack("shared", config());
    const labels = { "mlplatform/stack": "mlplatform-shared", "pod-security.kubernetes.io/enforce": "restricted" };
    stack.prepare(scope, "Namespace", "mlflow", { labels });
    const { warnings } = await stack.succeed("up");
    expect(warnings.filter((each) => each.includes("carries this stack's label"))).to.have.length(1);
    expect(warnings.join())
      .to.contain("Namespace mlflow carries")
      .and.to.contain("Where another stack of the same name made it");
    expect((await stack.succeed("preview")).changes).to.include({ create: 0, update: 0, replace: 0, delete: 0 });
    await stack.succeed("destroy");
    expect(theirs()).to.deep.equal([]);
  });

  it("labels every object it makes with its name", async () => {
    stack = new TestStack("shared", config());
    await stack.succeed("up");
    const objects = stack
      .plan()
      .resources.filter(({ type }) => type.startsWith("kubernetes:") && !type.includes("helm.sh"));
    expect(objects.length).to.be.above(20);
    for (const { type, name } of stack.existing().filter(({ type }) => type.startsWith("kubernetes:"))) {
      const made = stack.find(type, name);
      expect(made.metadata.labels, `${type} ${name}`).to.include({ "mlplatform/stack": "mlplatform-shared" });
    }
  });
});
