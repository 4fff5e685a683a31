import { expect } from "chai";
import { parseAllDocuments } from "yaml";
import type { ChartName } from "../../charts/lock";
import { charts } from "../../charts/lock";
import { certManagerValues } from "../../charts/values/certManager";
import { cloudNativePgValues } from "../../charts/values/cloudNativePg";
import { seaweedfs, seaweedfsValues } from "../../charts/values/seaweedfs";
import { leaves, type Manifest, podSpecs, renderChart } from "../support/renderChart";

const placement = {
  nodeSelector: { "mlplatform/purpose": "system" },
  tolerations: [{ key: "made-up", operator: "Equal", value: "true", effect: "NoSchedule" }],
};
const all: Partial<Record<ChartName, object>> = {
  "cert-manager": certManagerValues({ ...placement, defined: false }),
  "cloudnative-pg": cloudNativePgValues({ ...placement, defined: false }),
  seaweedfs: seaweedfsValues({ ...placement, identitiesRevision: "made-up" }),
};

describe("charts of an existing cluster", function () {
  this.timeout(120_000);

  it("bring no definitions of kinds where those of the cluster are adopted", () => {
    expect(certManagerValues({ ...placement, defined: true }).crds.enabled).to.equal(false);
    expect(cloudNativePgValues({ ...placement, defined: true }).crds.create).to.equal(false);
  });

  it("make cert-manager's check an object like others: of a hook the provider would make none", () => {
    const { startupapicheck: check } = certManagerValues({ ...placement, defined: false });
    expect(check).to.not.have.property("enabled");
    for (const annotations of [check.jobAnnotations, check.rbac.annotations, check.serviceAccount.annotations]) {
      expect(annotations).to.deep.equal({
        "helm.sh/hook": null,
        "helm.sh/hook-weight": null,
        "helm.sh/hook-delete-policy": null,
      });
    }
  });

  for (const [name, values] of Object.entries(all) as [ChartName, object][]) {
    it(`${name}: its values are literal, so that a preview shows every object`, () => {
      for (const [path, value] of leaves(values)) {
        const literal = value === null ? "null" : typeof value; // Helm leaves out a value of the chart's for null.
        expect(["string", "number", "boolean", "null"], `${path} is ${value}`).to.include(literal);
      }
    });

    describe(`${name}, rendered (its pods do not run here)`, () => {
      let rendered: string;
      let objects: Manifest[];
      /** SeaweedFS always renders a Secret of its file server, which is off, as a hook; the provider leaves hooks out. */
      const hook = ({ metadata }: Manifest) => metadata.annotations?.["helm.sh/hook"] !== undefined;
      const withoutHooks = (text: string) =>
        parseAllDocuments(text)
          .map((document) => document.toJS() as Manifest | null)
          .filter((object): object is Manifest => object !== null && !hook(object));

      before(async function () {
        rendered = await renderChart(this, name, values);
        objects = withoutHooks(rendered);
      });

      it("has no hook that anything needs", () => {
        const hooks = parseAllDocuments(rendered)
          .map((document) => document.toJS() as Manifest | null)
          .filter((object): object is Manifest => object !== null && hook(object));
        for (const { kind, metadata } of hooks) {
          expect(kind).to.equal("Secret");
          expect(JSON.stringify(objects), "a name that nothing mounts").to.not.contain(`"${metadata.name}"`);
        }
      });

      it("is the same twice", async function () {
        expect(withoutHooks(await renderChart(this, name, values))).to.deep.equal(objects);
      });

      it("has pods that a namespace with the level `restricted` takes, sent where they belong", () => {
        const pods = objects.filter(({ kind }) => /^(Deployment|StatefulSet|Job)$/.test(kind)).flatMap(podSpecs);
        expect(pods).to.not.deep.equal([]);
        for (const pod of pods) {
          const { nodeSelector, tolerations } = pod as unknown as typeof placement;
          expect(nodeSelector).to.include(placement.nodeSelector);
          expect(tolerations).to.deep.equal(placement.tolerations);
          for (const container of [...pod.containers, ...(pod.initContainers ?? [])]) {
            const security = { ...pod.securityContext, ...container.securityContext };
            expect(security, container.name).to.deep.include({
              allowPrivilegeEscalation: false,
              runAsNonRoot: true,
              capabilities: { drop: ["ALL"] },
              seccompProfile: { type: "RuntimeDefault" },
            });
            expect(container.resources?.limits, container.name).to.have.property("memory");
            expect(container.image).to.match(/:v?\d+\.\d+/);
          }
        }
      });

      if (name === "cert-manager") {
        it("asks its own API in a Job, so that nobody asks for a certificate before", () => {
          const jobs = objects.filter(({ kind }) => kind === "Job");
          expect(jobs.map(({ metadata }) => metadata.name)).to.deep.equal(["cert-manager-startupapicheck"]);
          expect(podSpecs(jobs[0]!)[0]!.containers[0]).to.deep.include({ args: ["check", "api", "--wait=5m", "-v"] });
          expect(jobs[0]!.spec).to.not.have.property("ttlSecondsAfterFinished");
        });
      }

      if (name === "seaweedfs") {
        it("runs the image that its Job runs, and is found by the names and ports that others use", () => {
          const text = JSON.stringify(objects);
          expect(text).to.contain(`"image":"${seaweedfs.image.replace("docker.io/", "")}"`);
          const service = objects.find(({ kind }) => kind === "Service")!;
          expect(`${service.metadata.name}.mlplatform.svc`).to.equal(seaweedfs.host);
          expect(service.spec!.selector).to.include(seaweedfs.podLabels);
          const ports = (service.spec!.ports as { port: number }[]).map(({ port }) => port);
          const { s3PortNumber, masterPortNumber, metricsPortNumber } = seaweedfs;
          expect(ports).to.include.members([s3PortNumber, masterPortNumber, metricsPortNumber]);
          expect(text)
            .to.contain(`"claimName":"${seaweedfs.claimName}"`)
            .and.contain(`"secretName":"${seaweedfs.secretName}"`);
        });
      }
    });
  }

  it("seaweedfs: its Job runs the release that the chart is of", () => {
    expect(`${seaweedfs.image.split(":")[1]}.0`).to.equal(charts.seaweedfs.version);
  });
});
