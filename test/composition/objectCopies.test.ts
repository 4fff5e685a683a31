import * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import { installObjectCopies } from "../../components/composition/objectCopies";
import type { StorePurpose } from "../../components/contracts/foundation";
import { onAws, onExisting } from "../settings/fixtures";
import { appContext } from "../support/appContext";
import { building } from "../support/foundation";
import { inputs, outline, secretInputs } from "../support/outline";

const store = { endpoint: "https://s3.backup.example.com:9000", bucket: "backups", secretName: "backup-store" };
const backup = { store, objects: true, maxLossHours: 12, startTime: "05:30", retentionDays: 35 };
const key = (of: string) => ({
  accessKeyId: pulumi.output(`id of ${of}`),
  secretAccessKey: pulumi.secret(`key of ${of}`),
});

/** A cluster of one's own, whose store has a key for copies or one for everything. */
const context = (section: object, narrower = true) => {
  const made = appContext(onExisting({ images: { registry: "registry.example.com" } }, { backup: section }));
  const purpose = (of: StorePurpose, uri: string) => ({
    ...made.foundation.stores[of],
    uri: pulumi.output(uri),
    compatible: {
      endpoint: pulumi.output("http://store.mlplatform.svc:8333"),
      ...{ portNumber: 8333, namespace: "mlplatform", ...key("all") },
      ...(narrower ? { narrower: { copies: key("copies") } } : {}),
    },
  });
  const stores = {
    artifacts: purpose("artifacts", "s3://artifacts"),
    data: purpose("data", "s3://shared/data"),
    logs: purpose("logs", "s3://logs"),
  };
  return { ...made, foundation: { ...made.foundation, stores } };
};
const install = (section: object, narrower?: boolean) =>
  building(() => {
    installObjectCopies("copies", context(section, narrower), {});
  });

const cronJob = "kubernetes:batch/v1:CronJob copies";
const secret = "kubernetes:core/v1:Secret copies";
const policy = "kubernetes:networking.k8s.io/v1:NetworkPolicy copies";
type Pod = { containers: Record<string, unknown>[] } & Record<string, unknown>;
type Spec = {
  schedule: string;
  jobTemplate: { spec: { activeDeadlineSeconds: number; template: { spec: Pod } } };
} & Record<string, unknown>;

describe("copies of buckets in a store elsewhere", () => {
  it("are made by nothing where they are not asked for, nor on AWS", async () => {
    expect(outline(await install({ store }))).to.deep.equal([]);
    const onCloud = () => installObjectCopies("copies", appContext(onAws({}, { backup: { objects: true } })), {});
    expect(outline(await building(() => void onCloud()))).to.deep.equal([]);
  });

  it("are made at the times of backups, one run after the other, each with the time until the next", async () => {
    const made = await install(backup);
    expect(outline(made)).to.deep.equal([
      "ObjectCopies copies",
      "  kubernetes:batch/v1:CronJob copies",
      "  kubernetes:core/v1:Secret copies",
      "  kubernetes:networking.k8s.io/v1:NetworkPolicy copies",
    ]);
    const { metadata, spec } = inputs(made, cronJob) as { metadata: object; spec: Spec };
    expect(metadata).to.include({ namespace: "mlplatform", name: "object-copies" });
    expect(spec).to.include({
      schedule: "30 5,11,17,23 * * *",
      timeZone: "Etc/UTC",
      concurrencyPolicy: "Forbid",
    });
    expect(spec.jobTemplate.spec.activeDeadlineSeconds).to.equal(6 * 3600);
  });

  it("are of artifacts and data, in the stack's own folder, by a pod that may do little else", async () => {
    const { spec } = inputs(await install(backup), cronJob) as { spec: Spec };
    const pod = spec.jobTemplate.spec.template.spec;
    expect(pod).to.include({ automountServiceAccountToken: false, restartPolicy: "Never" });
    const [container] = pod.containers;
    expect(container!.image).to.match(/^registry\.example\.com\/release:/);
    expect(container!.args).to.deep.equal([
      ...["copy", "--from", "artifacts=s3://artifacts/", "--from", "data=s3://shared/data/"],
      ...["--to", "s3://backups/mlplatform-test/objects/", "--days", "35"],
    ]);
    expect(container!.securityContext).to.include({ readOnlyRootFilesystem: true, allowPrivilegeEscalation: false });
    const from = (name: string) => ({ valueFrom: { secretKeyRef: { name: "backup-store", key: name } } });
    expect(container!.env).to.deep.include.members([
      { name: "COPIES_ENDPOINT_URL", value: store.endpoint },
      { name: "COPIES_ACCESS_KEY_ID", ...from("accessKeyId") },
      { name: "COPIES_SECRET_ACCESS_KEY", ...from("secretAccessKey") },
    ]);
  });

  it("reach the two stores and nothing else, and read by a key for it where the store has one", async () => {
    const made = await install(backup);
    const { spec } = inputs(made, policy) as { spec: Record<string, unknown> };
    expect(spec.policyTypes).to.deep.equal(["Ingress", "Egress"]);
    expect(spec.ingress).to.equal(undefined);
    const ports = (...numbers: number[]) => numbers.map((port) => ({ port, protocol: "TCP" }));
    expect(spec.egress).to.deep.equal([
      { ports: [{ port: 53, protocol: "UDP" }, ...ports(53)] },
      { ports: ports(8333, 9000) },
    ]);
    const keyOf = async (narrower: boolean) =>
      (inputs(await install(backup, narrower), secret).stringData as Record<string, string>).AWS_SECRET_ACCESS_KEY;
    expect([await keyOf(true), await keyOf(false)]).to.deep.equal(["key of copies", "key of all"]);
    expect(secretInputs(made)).to.deep.equal([`${secret}: stringData`]);
  });
});
