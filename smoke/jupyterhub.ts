import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { V1PersistentVolumeClaim, V1Pod } from "@kubernetes/client-node";
import { jupyterhubNamespace, jupyterhubSecrets } from "../charts/values/jupyterhubNames";
import type { Act, Check } from "./check";
import { podKind } from "./cluster";
import { Fault, LastingFault } from "./fault";
import { Hub } from "./hub";
import { brokenPod } from "./pods";

/** What a notebook tells of its surroundings: by tool a status of HTTP, or why there is none. */
const look = `
import base64, json, os, urllib.error, urllib.request
def ask(url, headers={}):
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=20) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code
    except Exception as error:
        return str(error)
found = {}
env = os.environ
if "MLFLOW_TRACKING_URI" in env:
    account = env.get("MLFLOW_TRACKING_USERNAME", "") + ":" + env.get("MLFLOW_TRACKING_PASSWORD", "")
    headers = {"authorization": "Basic " + base64.b64encode(account.encode()).decode()}
    found["MLflow"] = ask(env["MLFLOW_TRACKING_URI"] + "/api/2.0/mlflow/experiments/search?max_results=1", headers)
if "AWS_ENDPOINT_URL_S3" in env:
    found["the store"] = ask(env["AWS_ENDPOINT_URL_S3"])
try:
    import boto3
    bucket, _, folder = env["MODEL_DATA_URI"].removeprefix("s3://").partition("/")
    folder = (folder.rstrip("/") + "/" if folder else "") + "data/"
    boto3.client("s3").list_objects_v2(Bucket=bucket, Prefix=folder, MaxKeys=1)
    found["the data"] = 200
except (ImportError, KeyError):
    pass
except Exception as error:
    found["the data"] = str(error)
print(json.dumps(found))
`;

/** Letters and digits, which stay as they are in names and labels of a person's objects. */
const person = ({ id }: Act) => id.replace("-", "");

async function running(act: Act, hub: Hub, token: string): Promise<V1Pod> {
  const name = person(act);
  const labels = { "hub.jupyter.org/username": name };
  return act.until("notebook server", async () => {
    const [pod] = await act.cluster.list<V1Pod>(podKind, { namespace: jupyterhubNamespace, labels });
    const server = await hub.server(name, token);
    if (server === undefined)
      throw new LastingFault("JupyterHub has given the server up: see the log of its pod `hub`");
    act.say(pod === undefined ? "no pod yet" : (brokenPod(pod) ?? "its pod is ready"));
    if (!server.ready) throw new Fault((pod && brokenPod(pod)) ?? "its pod has not been made");
    if (!(await hub.notebookAnswers(name, token))) throw new Fault("the proxy does not lead to it");
    return pod;
  });
}

/** What a tool's answer to a notebook must be: a store that is asked by nobody refuses. */
const expected: Record<string, number[]> = { MLflow: [200], "the store": [200, 403], "the data": [200] };

async function seenFrom(act: Act, pod: V1Pod): Promise<string[]> {
  const ran = await act.cluster.execute(jupyterhubNamespace, pod.metadata!.name!, "notebook", ["python", "-c", look]);
  if (ran.code !== 0) throw new LastingFault(`Python does not run in the notebook: ${ran.stderr}`);
  const found = JSON.parse(ran.stdout) as Record<string, number | string>;
  const faults = Object.entries(found).filter(([tool, status]) => !expected[tool]?.includes(status as number));
  if (faults.length > 0) {
    throw new LastingFault(faults.map(([tool, status]) => `a notebook does not get to ${tool}: ${status}`).join("; "));
  }
  return Object.keys(found);
}

export const jupyterhubChecks: Check[] = [
  {
    piece: "jupyterhub",
    name: "sign in, and be refused without",
    limitSeconds: 60,
    where: "docs/security.md",
    async run(act) {
      const hub = await Hub.open(act);
      const without = await hub.status();
      if (without !== 403)
        throw new LastingFault(`JupyterHub answers ${without} to nobody who signs in, and should 403`);
      const password = await hub.password("user");
      if ((await hub.signIn(person(act), randomBytes(20).toString("hex"))) !== undefined) {
        throw new LastingFault("JupyterHub takes a wrong password");
      }
      act.undo(`person ${person(act)} of JupyterHub`, () => removePerson(act, hub));
      const token = await hub.signIn(person(act), password);
      if (token === undefined) {
        throw new LastingFault(
          `JupyterHub refuses the password of the Secret ${jupyterhubNamespace}/${jupyterhubSecrets.signIn}`,
        );
      }
      return { detail: "a person is let in; nobody, and a wrong password, are not" };
    },
  },
  {
    piece: "jupyterhub",
    name: "start a notebook that reaches MLflow and the store",
    limitSeconds: 660,
    where: "docs/runbooks/JupyterHubSpawnFailures.md",
    async run(act) {
      const hub = await Hub.open(act);
      const password = await hub.password("user");
      act.undo(`person ${person(act)} of JupyterHub, with server and home`, () => removePerson(act, hub));
      const token = await hub.signIn(person(act), password);
      if (token === undefined) throw new LastingFault("JupyterHub refuses its own password: see the check before");
      const begun = performance.now();
      await hub.start(person(act), token);
      const pod = await running(act, hub, token);
      const notebookSeconds = Math.round((performance.now() - begun) / 100) / 10;
      const reached = await seenFrom(act, pod);
      return {
        detail: `it answered after ${notebookSeconds} s, and gets to ${reached.join(", ") || "nothing, as the stack has it"}`,
        measured: { notebookSeconds },
      };
    },
  },
];

/** Server, person and home: homes stay in the cluster where the stack protects data, but this one was nobody's. */
async function removePerson(act: Act, hub: Hub): Promise<void> {
  const admin = await hub.signIn("admin", await hub.password("admin"));
  if (admin === undefined) throw new Error("JupyterHub refuses the password of its administrator");
  const labels = { "hub.jupyter.org/username": person(act) };
  for (let tries = 30; ; tries -= 1) {
    try {
      await hub.remove(person(act), admin);
      break;
    } catch (error) {
      if (tries === 0) throw error;
    }
    // The hub removes nobody whose server is still starting: it gives the start up once the pod is gone.
    for (const { metadata } of await act.cluster.list<V1Pod>(podKind, { namespace: jupyterhubNamespace, labels })) {
      await act.cluster.remove(podKind, jupyterhubNamespace, metadata!.name!);
    }
    await sleep(1000);
  }
  const kind = { apiVersion: "v1", kind: "PersistentVolumeClaim" };
  for (const { metadata } of await act.cluster.list<V1PersistentVolumeClaim>(kind, {
    namespace: jupyterhubNamespace,
    labels,
  })) {
    await act.cluster.remove(kind, jupyterhubNamespace, metadata!.name!);
  }
}
