import { z } from "zod";
import { image } from "./airflow";
import { cpuQuantity, defaultKind, dnsLabel, sagemakerInstanceType, whole } from "./formats";

const flask = z
  .strictObject({
    image: image()
      .optional()
      .describe(
        "Image of the servers, for those who bring their own: the platform's with other packages or another Python. Nothing is installed beside " +
          "it. Batch scoring on Kubernetes uses it too. Without it the platform's.",
      )
      .meta({ examples: ["registry.example.com/ml/model-server-torch:1.4.0"] }),
    minReplicas: whole(1, 500).default(2).describe("Pods kept; 2 or more survive the loss of a node."),
    maxReplicas: whole(1, 500).default(10).describe("Most pods: the limit of cost."),
    cpu: cpuQuantity().default("500m").describe("CPU of each pod."),
    memoryMiB: whole(128, 524288).default(1024).describe("Memory of each pod in MiB; the model must fit."),
    gpus: whole(0, 16)
      .default(0)
      .describe(
        "NVIDIA GPUs of each pod. Needs a GPU group of the purpose `serving`, with one pod's GPUs to spare for the canary. An update then " +
          "ends one pod before it starts the next, since there may be no GPU for both: with `minReplicas: 1` nobody answers meanwhile.",
      ),
    targetCpuPercent: whole(10, 95).default(70).describe("Mean CPU use in percent above which pods are added."),
    clientNamespaces: z
      .array(dnsLabel(63))
      .default([])
      .describe(
        "Namespaces of the cluster whose pods may ask the model by its Service, beside those of Airflow and JupyterHub where they run: a " +
          "company's own applications. Nobody else in the cluster reaches it; from outside callers need the token.",
      )
      .meta({ examples: [["shop", "billing"]] }),
    timeoutMillis: whole(10, 600000).default(10000).describe("Milliseconds after which a request is answered 504."),
    loadBalancer: dnsLabel(20)
      .optional()
      .describe(
        "Load balancer that this model shares with those that name the same (aws only). Their host is that of `access.hosts.models` with " +
          "`-` and this name behind its first label. Without it the load balancer of all tools, which takes no more than 100 of " +
          "them and models together.",
      )
      .meta({ examples: ["team-a"] }),
  })
  .meta({ title: "Flask on Kubernetes" });

/** @see https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ContainerDefinition.html `Image`: of Amazon ECR, in the endpoint's region. */
const sagemakerImage = () =>
  z
    .string()
    .max(255)
    .regex(
      /^\d{12}\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com(\.cn)?\/[a-z0-9._/-]+(:(?!latest$)[\w][\w.-]{0,127}|@sha256:[0-9a-f]{64})$/,
      "an image of Amazon ECR with an exact tag or digest, such as 123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/server:1.2.3",
    )
    .optional()
    .describe(
      "Image of the servers, for those who bring their own, in Amazon ECR of the stack's region. Nothing is installed beside it. Without it the platform's.",
    );

const instances = (min: number) => ({
  image: sagemakerImage(),
  instanceType: sagemakerInstanceType()
    .default("ml.m5.large")
    .describe("SageMaker instance type; billed by the second while it stands."),
  minInstances: whole(min, 500)
    .default(min)
    .describe(min === 0 ? "Instances kept; 0 scales to zero, the first request then waits." : "Instances kept."),
  maxInstances: whole(1, 500).default(2).describe("Most instances: the limit of cost."),
});

const sagemaker = z.discriminatedUnion("kind", [
  z
    .strictObject({
      kind: defaultKind("realtime").describe("Standing instances: answers in milliseconds."),
      ...instances(1),
      ttlHours: whole(2, 2160)
        .optional()
        .describe(
          "Hours after which the endpoint of an experiment is deleted, counted from when it was made; its owner is told a day before, or at half of the time " +
            "where that is later, and in the last hour. Only for a version that `from` names, without scaling, in a stack that is not production. Without it the endpoint stays.",
        )
        .meta({ examples: [72] }),
    })
    .meta({ title: "SageMaker real-time" }),
  z
    .strictObject({
      kind: z.literal("serverless").describe("Billed per request; the first after a pause waits for a start."),
      image: sagemakerImage(),
      memoryMiB: z
        .union(
          [1024, 2048, 3072, 4096, 5120, 6144].map((size) => z.literal(size)),
          "one of 1024, 2048, 3072, 4096, 5120, 6144",
        )
        .default(2048)
        .describe("Memory in MiB; CPU follows it."),
      maxConcurrency: whole(1, 200).default(5).describe("Requests at once; more are refused."),
    })
    .meta({ title: "SageMaker serverless" }),
  z
    .strictObject({
      kind: z.literal("asynchronous").describe("Requests and answers through S3: for large input and minutes of work."),
      ...instances(0),
      perInstance: whole(1, 1000).default(4).describe("Requests at once on each instance."),
    })
    .meta({ title: "SageMaker asynchronous" }),
]);

/** `models.<name>.serve`: where a model answers requests. */
export const serve = z
  .strictObject({
    flask: flask.optional().describe("Serve on Kubernetes with the platform's Flask server."),
    sagemaker: sagemaker.optional().describe("Serve on a SageMaker endpoint (aws only)."),
  })
  .meta({ title: "serve" });

/** An image's repository, and its tag, its digest or both. */
export function imageParts(image: string): { repository: string; tag: string; digest?: string } {
  const [, repository = image, tag = "", digest] =
    /^(.+?)(?::([^/:@]+))?(?:@(sha256:[0-9a-f]{64}))?$/.exec(image) ?? [];
  return { repository, tag, ...(digest === undefined ? {} : { digest }) };
}

export type FlaskSettings = z.output<typeof flask>;
export type SageMakerSettings = z.output<typeof sagemaker>;
export type ServeSettings = z.output<typeof serve>;

/** Host of the models behind a load balancer of their own: `models-team-a.ml.example.com`. */
export function hostOfLoadBalancer(host: string, loadBalancer: string): string {
  const [label, ...domain] = host.split(".");
  return [`${label}-${loadBalancer}`, ...domain].join(".");
}
