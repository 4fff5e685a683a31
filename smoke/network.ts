import { setTimeout as sleep } from "node:timers/promises";
import { jupyterhubNamespace } from "../charts/values/jupyterhubNames";
import { mlflow } from "../charts/values/mlflow";
import { modelServer, modelsNamespace } from "../charts/values/modelServer";
import { alertmanagerName, alertmanagerPort, prometheusName, prometheusPort } from "../charts/values/monitoring";
import { seaweedfs } from "../charts/values/seaweedfs";
import { monitoringNamespace } from "../components/lib/monitoringNames";
import type { Act, Check } from "./check";
import { LastingFault, NotChecked } from "./fault";
import { runLentPod } from "./lentPod";

interface Destination {
  namespace: string;
  service: string;
  port: number;
}

/** What a pod of a namespace that nobody knows must not reach. */
function forbidden(act: Act): Destination[] {
  const models = Object.keys(act.outputs.models ?? {});
  return [
    { namespace: monitoringNamespace, service: prometheusName, port: prometheusPort },
    { namespace: monitoringNamespace, service: alertmanagerName, port: alertmanagerPort },
    { namespace: jupyterhubNamespace, service: "hub", port: 8081 },
    ...models.map((service) => ({ namespace: modelsNamespace, service, port: modelServer.portNumber })),
  ];
}

/** What any pod reaches, so that an answer of none would say nothing about policies. */
function open(act: Act): Destination[] {
  const store = { namespace: "mlplatform", service: seaweedfs.host.split(".")[0]!, port: seaweedfs.s3PortNumber };
  const here = act.outputs.storeEndpoint?.includes(seaweedfs.host) ? [store] : [];
  return [{ namespace: "default", service: "kubernetes", port: 443 }, ...here];
}

const address = ({ namespace, service, port }: Destination) => `${service}.${namespace}.svc:${port}`;

/** How long a network plugin may take to let a new pod in where it may go. */
const patienceSeconds = 60;

/**
 * Program of Python: prints for each address `open`, or why not. Those that any pod reaches come first, again and again until the network knows the new pod: then
 * a refusal of the others is one of their policies.
 */
export const knock = `
import concurrent.futures, json, socket, sys, time
def knock(address):
    host, port = address.rsplit(":", 1)
    try:
        socket.create_connection((host, int(port)), timeout=5).close()
        return "open"
    except socket.gaierror as error:
        return f"its name is not known: {error}"
    except OSError as error:
        return str(error)
known, shut, patience = json.loads(sys.argv[1]), json.loads(sys.argv[2]), float(sys.argv[3])
give_up = time.monotonic() + patience
with concurrent.futures.ThreadPoolExecutor(len(known) + len(shut)) as pool:
    found = dict(zip(known, pool.map(knock, known)))
    while set(found.values()) != {"open"} and time.monotonic() < give_up:
        time.sleep(1)
        found = dict(zip(known, pool.map(knock, known)))
    found |= zip(shut, pool.map(knock, shut))
print(json.dumps(found))
`;

/** A pod in a namespace of its own. @returns what it found at each address */
async function stranger(act: Act, known: string[], shut: string[]): Promise<Record<string, string>> {
  const name = act.id;
  act.undo(`namespace ${name}`, () => removeNamespace(act, name));
  const labels = { "mlplatform/smoke": act.id };
  await act.cluster.create({ apiVersion: "v1", kind: "Namespace", metadata: { name, labels } });
  const told = [JSON.stringify(known), JSON.stringify(shut), String(patienceSeconds)];
  const printed = await runLentPod(act, { does: "knocks", namespace: name, program: knock, arguments: told });
  return JSON.parse(printed) as Record<string, string>;
}

/** Until it is gone: Kubernetes ends what is in it first. */
async function removeNamespace(act: Act, name: string): Promise<void> {
  const kind = { apiVersion: "v1", kind: "Namespace" };
  await act.cluster.remove(kind, undefined, name);
  while ((await act.cluster.read(kind, undefined, name)) !== undefined) await sleep(1000);
}

/** Those that something listens at: a refusal by nobody would prove nothing. */
async function answering(act: Act, all: Destination[]): Promise<Destination[]> {
  const found = await Promise.all(
    all.map(async (each) => {
      if (!act.has(each.namespace)) return [];
      const there = await act.reach(each.namespace, each.service, each.port).catch(() => undefined);
      return there === undefined ? [] : [each];
    }),
  );
  return found.flat();
}

export const networkChecks: Check[] = [
  {
    piece: "network",
    name: "be refused where a stranger's pod may not go",
    limitSeconds: 120,
    where: "docs/smoke.md#connections-that-are-not-refused",
    async run(act) {
      act.needs(mlflow.name, "MLflow, whose image is lent");
      const shut = (await answering(act, forbidden(act))).map(address);
      if (shut.length === 0) throw new NotChecked("nothing of the stack that answers is closed to other namespaces");
      const known = open(act).map(address);
      const found = await stranger(act, known, shut);
      const lost = known.filter((each) => found[each] !== "open");
      if (lost.length > 0) {
        throw new LastingFault(
          `a pod does not even reach ${lost.map((each) => `${each} (${found[each]})`).join(", ")}`,
        );
      }
      const reached = shut.filter((each) => found[each] === "open");
      if (reached.length === shut.length) {
        throw new LastingFault(
          `a stranger's pod reaches all of ${reached.join(", ")}: ${shut.length === 1 ? "its network policy is missing, or " : ""}the cluster's network plugin does not enforce network policies`,
        );
      }
      if (reached.length > 0) {
        throw new LastingFault(`a stranger's pod reaches ${reached.join(", ")}: a network policy is missing there`);
      }
      return { detail: `${shut.length} addresses refuse a stranger, ${known.length} answer as they should` };
    },
  },
];
