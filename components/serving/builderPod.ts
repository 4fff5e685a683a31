import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { Placement } from "../contracts/app";
import { type IndexFacts, indexVariables } from "./indexes";
import { releaseContainerSecurity, releasePodSecurity } from "./releasePods";

/** What a pod that installs packages of models is made of. */
export interface BuilderPodArgs {
  serviceAccount: string;
  /** Of the model server, with its tag: packages are for what runs it. */
  image: string;
  /** Folder of the artifacts' bucket that packages are kept below. */
  store: pulumi.Output<string>;
  indexes: IndexFacts;
  /** Secret of the namespace with `netrc` and `ca.crt`, either of which may be missing. */
  indexSecretName?: string;
  memoryMiB: number;
  /** Of the cloud; absent where there is none. */
  region?: string;
  placement: Placement;
  /** Secrets whose keys are variables. */
  secretNames: string[];
  /** Which version it is about; absent in the template, where whoever makes a Job adds them. */
  arguments: pulumi.Input<string>[];
}

export const containerName = "environment";
/** Kubernetes keeps what is written there as the container's last words. */
const lastWords = "/dev/termination-log";
const storeArgument = "STORE";
/** What every builder is told; the address of the store stands for `STORE`. */
const templateArguments = ["environment", "--store", storeArgument, "--verdict", lastWords];
const secretFolder = "/etc/index";

/** Non-root, on a file system that it cannot write but for `/tmp`, without a token of Kubernetes. */
export function builderPod(args: BuilderPodArgs): k8s.types.input.core.v1.PodSpec {
  const { indexes, indexSecretName } = args;
  const secret = indexSecretName !== undefined;
  return {
    restartPolicy: "Never",
    serviceAccountName: args.serviceAccount,
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    ...args.placement,
    securityContext: releasePodSecurity,
    containers: [
      {
        name: containerName,
        image: args.image,
        args: [...templateArguments.map((each) => (each === storeArgument ? args.store : each)), ...args.arguments],
        env: [
          { name: "HOME", value: "/tmp" },
          ...indexVariables(indexes),
          ...(args.region === undefined ? [] : [{ name: "AWS_REGION", value: args.region }]),
          ...(secret
            ? [
                { name: "NETRC", value: `${secretFolder}/netrc` },
                { name: "MODEL_SERVER_INDEX_CA_FILE", value: `${secretFolder}/ca.crt` },
              ]
            : []),
        ],
        envFrom: args.secretNames.map((name) => ({ secretRef: { name } })),
        terminationMessagePath: lastWords,
        securityContext: releaseContainerSecurity,
        resources: {
          requests: { cpu: "500m", memory: `${args.memoryMiB}Mi` },
          limits: { memory: `${args.memoryMiB}Mi` },
        },
        volumeMounts: [
          { name: "tmp", mountPath: "/tmp" },
          ...(secret ? [{ name: "index", mountPath: secretFolder, readOnly: true }] : []),
        ],
      },
    ],
    volumes: [
      // What is downloaded, what is installed and the archive of it.
      { name: "tmp", emptyDir: { sizeLimit: `${3 * indexes.maxSizeMiB + 1024}Mi` } },
      ...(indexSecretName === undefined
        ? []
        : [
            {
              name: "index",
              secret: { secretName: indexSecretName, defaultMode: 0o440 },
            },
          ]),
    ],
  };
}
