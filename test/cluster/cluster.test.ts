import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { parse } from "yaml";
import { type Ended, makeCluster, type Run } from "../../cluster/make";
import { stepsFor } from "../../cluster/steps";
import { wantedCluster } from "../../cluster/wanted";
import { silentProgress } from "../../simulator/progress";
import { projectDir } from "../../simulator/project";
import { UsageError } from "../../simulator/usageError";

const wanted = { name: "mlplatform", images: { release: "localhost:5001/release:1" } };
const ended = (over: Partial<Ended> = {}): Ended => ({
  ...{ code: 0, stdout: "", stderr: "", missing: false, timedOut: false },
  ...over,
});

/** A machine on which commands end as `answers` say, by their first words. */
function machine(answers: Record<string, Partial<Ended>> = {}): {
  run: Run;
  ran: string[];
  read: Record<string, string>;
} {
  const ran: string[] = [];
  const read: Record<string, string> = {};
  const run: Run = async ({ command, args, input }) => {
    const line = [command, ...args].join(" ");
    ran.push(line);
    if (input !== undefined) read[line] = input;
    const found = Object.entries(answers).find(([begin]) => line.startsWith(begin));
    return ended(found?.[1]);
  };
  return { run, ran, read };
}

async function failure(work: Promise<unknown>): Promise<Error> {
  try {
    await work;
  } catch (error) {
    return error as Error;
  }
  throw new Error("it did not fail");
}

describe("make cluster", () => {
  it("gives the local stack the context, the ingress class and the images that its file names", () => {
    const { config } = parse(readFileSync(join(projectDir, "Pulumi.local.yaml"), "utf8"));
    const { context, ingress, images } = config["mlplatform:foundation"];
    const { version } = JSON.parse(readFileSync(join(projectDir, "package.json"), "utf8"));
    const found = wantedCluster(projectDir, "local");
    expect(`kind-${found.name}`).to.equal(context);
    expect(found.images).to.deep.equal({
      "model-server": `${images.registry}/model-server:${version}`,
      release: `${images.registry}/release:${version}`,
    });
    const helm = stepsFor(found, "/p", true).find(({ command }) => command === "helm")!;
    expect(helm.args).to.include(`ingressClass.name=${ingress.className}`).and.to.include(context);
  });

  it("makes the cluster, the ingress controller and the images, in this order", async () => {
    const { run, ran, read } = machine();
    expect(await makeCluster(wanted, "/p", run, silentProgress)).to.equal(false);
    const made = ran.slice(ran.indexOf("kind get clusters") + 1);
    expect(made.map((line) => line.split(" ").slice(0, 2).join(" "))).to.deep.equal([
      ...["kind create", "helm upgrade", "docker build", "kind load"],
    ]);
    expect(made[2]).to.equal(
      "docker build --file /p/workloads/release/Dockerfile --tag localhost:5001/release:1 /p/workloads",
    );
    const [{ extraPortMappings }] = parse(read[made[0]!]!).nodes;
    expect(extraPortMappings).to.deep.equal([
      { containerPort: 30080, hostPort: 80, listenAddress: "127.0.0.1" },
      { containerPort: 30443, hostPort: 443, listenAddress: "127.0.0.1" },
    ]);
    for (const [port, number] of [
      ["web", 30080],
      ["websecure", 30443],
    ]) {
      expect(made[1]).to.contain(`ports.${port}.nodePort=${number}`);
    }
    expect(made[1]).to.match(/--version \d+\.\d+\.\d+ /);
  });

  it("keeps a cluster of that name, and no other", async () => {
    for (const [clusters, kept] of [
      ["other\nmlplatform\n", true],
      ["mlplatform-2\n", false],
    ] as const) {
      const { run, ran } = machine({ "kind get clusters": { stdout: clusters } });
      expect(await makeCluster(wanted, "/p", run, silentProgress)).to.equal(kept);
      expect(ran.some((line) => line.startsWith("kind create"))).to.equal(!kept);
    }
  });

  it("refuses before it makes anything, and says all that is missing and what helps", async () => {
    const { run, ran } = machine({
      "docker info": { code: 1, stderr: "Cannot connect to the Docker daemon" },
      kind: { code: null, missing: true },
      helm: { code: null, missing: true },
    });
    const error = await failure(makeCluster(wanted, "/p", run, silentProgress));
    expect(error).to.be.instanceOf(UsageError);
    for (const part of [
      "docker info fails: Cannot connect to the Docker daemon",
      "kind is not on the PATH: install kind 0.24 or newer: https://",
      "helm is not on the PATH",
      "docs/local-cluster.md",
    ]) {
      expect(error.message).to.contain(part);
    }
    expect(error.message).to.not.contain("kubectl");
    expect(ran).to.have.length(4);
  });

  it("stops at the command that fails, with its own words", async () => {
    const { run, ran } = machine({ "docker build": { code: 1, stderr: "no space left on device" } });
    const error = await failure(makeCluster(wanted, "/p", run, silentProgress));
    expect(error).to.not.be.instanceOf(UsageError);
    expect(error.message).to.match(/docker build .* failed:\nno space left on device/);
    expect(ran.some((line) => line.startsWith("kind load"))).to.equal(false);
    const late = machine({ "kind create": { code: null, timedOut: true } });
    expect((await failure(makeCluster(wanted, "/p", late.run, silentProgress))).message).to.contain(
      "did not end in 900 s",
    );
  });

  describe("refuses a stack", () => {
    const folder = mkdtempSync(join(tmpdir(), "wanted-cluster-"));
    after(() => rmSync(folder, { recursive: true }));
    const stackWith = (foundation: object) => {
      writeFileSync(join(folder, "Pulumi.yaml"), "name: mlplatform\n");
      writeFileSync(
        join(folder, "Pulumi.own.yaml"),
        JSON.stringify({ config: { "mlplatform:foundation": foundation } }),
      );
      return () => wantedCluster(folder, "own");
    };
    const own = { kind: "existing", context: "kind-own", ingress: { className: "traefik" } };

    it("gets the images of what scores, trains and watches in it, and those that settings name", () => {
      const registry = "localhost:5001";
      const imagesOf = (sections: object) => {
        const config = { foundation: { ...own, images: { registry, tag: "1.2.3" } }, mlflow: {}, ...sections };
        writeFileSync(join(folder, "Pulumi.yaml"), "name: mlplatform\n");
        writeFileSync(
          join(folder, "Pulumi.own.yaml"),
          JSON.stringify({
            config: Object.fromEntries(Object.entries(config).map(([key, value]) => [`mlplatform:${key}`, value])),
          }),
        );
        const { images } = wantedCluster(folder, "own");
        for (const [name, image] of Object.entries(images)) expect(image).to.equal(`${registry}/${name}:1.2.3`);
        return Object.keys(images);
      };
      const from = "models:/churn@champion";
      const scored = { from, batch: { input: "landing/churn/", schedule: "cron(0 3 ? * SUN *)" } };
      expect(imagesOf({ models: { churn: scored } })).to.deep.equal(["model-server", "release"]);
      const trained = { from, training: { engine: "airflow", image: "training", schedule: "cron(0 3 ? * SUN *)" } };
      expect(imagesOf({ airflow: {}, models: { churn: trained } })).to.deep.equal(["release", "training"]);
      expect(imagesOf({ jupyterhub: { image: `${registry}/notebook:1.2.3` } })).to.deep.equal(["notebook"]);
    });

    it("that is not for kind, or for another ingress controller", () => {
      expect(stackWith(own)()).to.deep.equal({ name: "own", images: {} });
      expect(stackWith({ ...own, context: "default" })).to.throw(UsageError, "foundation.context default");
      expect(stackWith({ ...own, ingress: { className: "nginx" } })).to.throw(UsageError, "write traefik");
      expect(() => wantedCluster(projectDir, "dev")).to.throw(UsageError, "a foundation of AWS");
    });
  });
});
