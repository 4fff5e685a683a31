import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { madeUpKubeconfig } from "./kubeconfig";
import { TestStack } from "./runs";

const none = { create: 0, update: 0, replace: 0, delete: 0 };
const context = "kind-made-up";
const home = mkdtempSync(join(tmpdir(), "kubeconfig-"));
const kubeconfig = join(home, "config");
writeFileSync(kubeconfig, madeUpKubeconfig(context));
after(() => rmSync(home, { recursive: true, force: true }));

const flask = { minReplicas: 1, maxReplicas: 2 };
const churn = { from: "models:/churn@champion", serve: { flask }, drift: {} };
const fraud = { from: "models:/fraud/3", serve: { flask }, owner: "risk" };
const monitoring = { receivers: { risk: { kind: "webhook", secretName: "risk-hook" } } };
const foundations: Record<string, Record<string, unknown>> = {
  aws: {
    foundation: {
      kind: "aws",
      region: "eu-west-1",
      dataProtection: false,
      network: { zones: 2, flowLogs: { enabled: false } },
    },
    access: { domain: "ml.example.com", zoneId: "Z0123456789EXAMPLE" },
  },
  existing: {
    foundation: {
      kind: "existing",
      kubeconfig,
      context,
      dataProtection: false,
      images: { registry: "registry.example.com/ml" },
      certificates: { kind: "certManager" },
    },
    access: { domain: "ml.example.com" },
  },
};

for (const [kind, base] of Object.entries(foundations)) {
  describe(`models on ${kind}, on the simulated cloud`, function () {
    this.timeout(240_000);
    const config = (models: object) => ({ ...base, mlflow: { replicas: 1 }, monitoring, models });
    const stack = new TestStack("models", config({ churn, fraud }));
    // On AWS the simulated Secrets Manager has whatever was stored before.
    if (kind === "existing") {
      const data = { url: Buffer.from("https://pager.example.com/made-up").toString("base64") };
      stack.prepare(`context/${context}`, "Namespace", "mlplatform");
      stack.prepare(`context/${context}`, "Secret", "risk-hook", { data });
    }
    after(() => stack.remove());
    const urns = () => stack.plan().resources.map(({ urn }) => urn.split("::").slice(2).join(" "));
    let both: string[];

    it("are served, each at an address of its own, with a token", async () => {
      const { outputs } = await stack.succeed("up");
      expect(outputs.models).to.deep.equal(
        Object.fromEntries(
          ["churn", "fraud"].map((model) => [
            model,
            {
              url: `https://models.ml.example.com/${model}`,
              inClusterUrl: `http://${model}.models.svc:8080`,
              tokenSecret: `${model}-token`,
            },
          ]),
        ),
      );
      both = urns();
      const rendered = both.filter((each) => /\$kubernetes:apps\/v1:Deployment .*models/.test(each));
      expect(rendered.map((each) => each.split(/[:/]/).pop()).sort()).to.include.members([
        ...["churn", "churn-canary", "fraud", "fraud-canary"],
      ]);
      expect(both.filter((each) => / mlplatform-models-fraud-release$/.test(each) && /Job/.test(each))).to.have.length(
        1,
      );
    });

    it("are watched, each by a dashboard and alerts of its own", () => {
      for (const model of ["churn", "fraud"]) {
        const watch = both.filter((each) => each.endsWith(` mlplatform-models-${model}-watch`));
        expect(watch.map((each) => each.split(" ")[0]!.split("$").pop()).sort()).to.deep.equal([
          "kubernetes:core/v1:ConfigMap",
          "kubernetes:monitoring.coreos.com/v1:PrometheusRule",
          "mlplatform:apps:ModelWatch",
        ]);
      }
    });

    it("show no change in the preview right after, nor after a refresh", async () => {
      expect((await stack.succeed("preview")).changes).to.include(none);
      expect((await stack.succeed("refresh")).changes).to.include(none);
      expect((await stack.succeed("preview")).changes).to.include(none);
    });

    it("move to another version by another Job", async () => {
      stack.configure(config({ churn, fraud: { ...fraud, from: "models:/fraud/4" } }));
      const { changes } = await stack.succeed("up");
      expect(changes.replace, "the Job of the release").to.equal(1);
      expect(changes).to.include({ update: 1, delete: 0 }); // What the release controller is told.
    });

    it("go with their blocks, and only with them", async () => {
      stack.configure(config({ churn }));
      const { changes } = await stack.succeed("up");
      const gone = both.filter((each) => !urns().includes(each));
      expect(gone.filter((each) => !/fraud/.test(each))).to.deep.equal([]);
      expect(gone.length).to.be.above(15);
      expect(changes).to.include({ create: 0, replace: 0 });
      expect(urns().filter((each) => each.includes("fraud"))).to.deep.equal([]);
      expect(stack.existing().filter(({ name }) => name.includes("fraud"))).to.deep.equal([]);
    });

    it("leave nothing when all is destroyed: what owns a load balancer goes before who takes that down", async () => {
      const { operations } = await stack.succeed("destroy");
      const order = operations.filter((each) => each.kind === "delete").map(({ type, name }) => `${type} ${name}`);
      const at = (what: RegExp) => order.findIndex((each) => what.test(each));
      expect(at(/Ingress mlplatform-models-churn-ingress/)).to.be.above(-1);
      expect(at(/Namespace mlplatform-models$/)).to.be.above(at(/Ingress mlplatform-models-churn-ingress/));
      if (kind === "aws") {
        const controller = at(/Controller mlplatform-services-load-balancers|mlplatform-services-load-balanc/);
        expect(controller).to.be.above(at(/Ingress mlplatform-models-churn-ingress/));
      }
      const left = stack.existing().filter(({ type }) => !/\/(CustomResourceDefinition|ClusterRole)$/.test(type));
      expect(left.map(({ name }) => name)).to.deep.equal([]);
    });
  });
}
