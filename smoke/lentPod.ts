import type { V1Deployment, V1Pod } from "@kubernetes/client-node";
import { mlflow } from "../charts/values/mlflow";
import type { Act } from "./check";
import { podKind } from "./cluster";
import { Fault, LastingFault, NotChecked } from "./fault";
import { brokenPod, isReady } from "./pods";

/** A pod that runs a program of Python and ends. */
export interface LentPod {
  /** In messages: `the pod that …`. */
  does: string;
  /** Of the pod, and its name. */
  namespace: string;
  program: string;
  arguments?: string[];
}

/**
 * Runs a program in a pod of MLflow's image, on a node that has it. The pod is not removed.
 * @returns what it printed
 * @throws NotChecked where the image is pulled with a secret that the namespace does not have
 */
export async function runLentPod(act: Act, { does, namespace, program, ...given }: LentPod): Promise<string> {
  const deployment = { apiVersion: "apps/v1", kind: "Deployment" };
  const lent = await act.cluster.read<V1Deployment>(deployment, mlflow.name, mlflow.name);
  const { imagePullSecrets = [], containers: [lentContainer] = [] } = lent?.spec?.template.spec ?? {};
  if (imagePullSecrets.length > 0 && namespace !== mlflow.name) {
    throw new NotChecked("images are pulled with a secret, which a namespace of its own does not have");
  }
  const image = lentContainer?.image;
  const pods = await act.cluster.list<V1Pod>(podKind, { namespace: mlflow.name });
  const nodeName = pods.find((each) => isReady(each) && each.spec?.containers[0]?.image === image)?.spec?.nodeName;
  if (image === undefined || nodeName === undefined) throw new Fault("no pod of MLflow is ready, whose image is lent");
  const name = act.id;
  const pod: V1Pod = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace, labels: { "mlplatform/smoke": act.id } },
    spec: {
      nodeName,
      restartPolicy: "Never",
      automountServiceAccountToken: false,
      ...(imagePullSecrets.length > 0 ? { imagePullSecrets } : {}),
      securityContext: { runAsNonRoot: true, runAsUser: 1000, seccompProfile: { type: "RuntimeDefault" } },
      containers: [
        {
          name: "smoke",
          image,
          command: ["python", "-c", program, ...(given.arguments ?? [])],
          resources: { requests: { cpu: "10m", memory: "64Mi" }, limits: { memory: "128Mi" } },
          securityContext: {
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
            capabilities: { drop: ["ALL"] },
          },
        },
      ],
    },
  };
  await act.cluster.create(pod);
  return act.until(`end of the pod that ${does}`, async () => {
    const found = await act.cluster.read<V1Pod>(podKind, namespace, name);
    const { phase } = found?.status ?? {};
    if (phase === "Failed") {
      throw new LastingFault(`the pod that ${does} failed: ${await act.cluster.log(namespace, name)}`);
    }
    if (found && phase !== "Succeeded") throw new Fault(brokenPod(found) ?? "it runs");
    return phase === undefined ? undefined : act.cluster.log(namespace, name);
  });
}
