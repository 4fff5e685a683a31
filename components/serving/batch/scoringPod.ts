import type * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { Placement } from "../../contracts/app";
import type { ObjectStore } from "../../contracts/foundation";
import { predictionsFolder } from "../../identity/policies/batch";
import { type IndexFacts, indexVariables } from "../indexes";

/** What a pod that scores is made of. */
export interface ScoringPodArgs {
  /** Name of the model, at most 38 characters. */
  model: string;
  /** Registry's or artifact's URI of the model, read anew by each run. */
  from: string;
  /** Image of the model server, with its tag. */
  image: pulumi.Input<string>;
  placement: Placement;
  /** Holds the rows, and the predictions below `predictions/<model>/`. */
  store: ObjectStore;
  /** Secrets of the namespace whose keys are environment variables: credentials of MLflow, and of a store that is not Amazon's. */
  secretNames: string[];
  /** Packages that the image has not: where some were built, and where a run installs those that were not. Absent: what differs is said. */
  environments?: { store: pulumi.Output<string>; indexes: IndexFacts };
  cpu: string;
  memoryMiB: number;
  maxRejectedPercent: number;
}

/** Disk of a run: the object it reads and the parts it has written since it last sent some away. */
const scratchGiB = 20;

/** A pod that scores what lies below a folder, and what more the command is told. */
export function scoringPod(
  args: ScoringPodArgs,
  serviceAccountName: string,
  folder: string,
  more: string[],
): k8s.types.input.core.v1.PodSpec {
  const { model, store, placement } = args;
  return {
    serviceAccountName,
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    restartPolicy: "Never",
    nodeSelector: placement.nodeSelector,
    tolerations: placement.tolerations,
    securityContext: {
      runAsNonRoot: true,
      runAsUser: 10001,
      runAsGroup: 10001,
      fsGroup: 10001,
      seccompProfile: { type: "RuntimeDefault" },
    },
    containers: [
      {
        name: "score",
        image: args.image,
        args: [
          "score",
          ...["--model", model, "--from", args.from],
          ...["--input", pulumi.interpolate`${store.uri}/${folder}`],
          ...["--output", pulumi.interpolate`${store.uri}/${predictionsFolder(model)}`],
          ...["--max-rejected-percent", String(args.maxRejectedPercent)],
          ...more,
        ],
        env: [
          { name: "HOME", value: "/tmp" },
          ...(args.environments
            ? [
                { name: "MODEL_SERVER_PACKAGES", value: "build" },
                { name: "MODEL_SERVER_ENVIRONMENTS", value: args.environments.store },
                ...indexVariables(args.environments.indexes),
              ]
            : []),
          { name: "POD_NAME", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } },
        ],
        envFrom: args.secretNames.map((name) => ({ secretRef: { name } })),
        securityContext: {
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ["ALL"] },
        },
        resources: {
          requests: { cpu: args.cpu, memory: `${args.memoryMiB}Mi` },
          limits: { memory: `${args.memoryMiB}Mi` },
        },
        volumeMounts: [{ name: "tmp", mountPath: "/tmp" }],
      },
    ],
    volumes: [{ name: "tmp", emptyDir: { sizeLimit: `${scratchGiB}Gi` } }],
  };
}
