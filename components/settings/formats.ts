import { z } from "zod";
import { isHost, isIpv4, isLoopback, urlFault } from "./url";

/** A whole number between two bounds, both allowed. */
export const whole = (min: number, max: number) => z.int().min(min).max(max);

/**
 * The `kind` that a choice has when its block does not say one. A plain zod default would not do: a discriminated
 * union looks at the key before defaults are filled in.
 */
export const defaultKind = <const K extends string>(kind: K) =>
  z
    .literal(kind)
    .optional()
    .transform((): K => kind)
    .meta({ kindByDefault: kind });

/** What Kubernetes calls a DNS label (RFC 1123), shorter where a prefix or suffix is still to come. */
export const dnsLabel = (maxLength = 63) =>
  z
    .string()
    .max(maxLength, `at most ${maxLength} characters`)
    .regex(
      /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/,
      "a DNS label: lower-case letters, digits and dashes, no dash at either end",
    );

/** What Kubernetes calls a Service (RFC 1035): a DNS label that begins with a letter. */
export const serviceLabel = (maxLength = 63) =>
  z
    .string()
    .max(maxLength, `at most ${maxLength} characters`)
    .regex(
      /^[a-z]([-a-z0-9]*[a-z0-9])?$/,
      "a DNS label that begins with a letter: lower-case letters, digits and dashes, no dash at the end",
    );

/** A DNS name of at least two labels. */
export const dnsName = () =>
  z
    .string()
    .max(253, "at most 253 characters")
    .regex(
      /^([a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?\.)+[a-z]([-a-z0-9]{0,61}[a-z0-9])?$/,
      "a DNS name such as ml.example.com: lower-case labels joined by dots",
    );

/** Something of a cluster that somebody else made and the platform may use. */
export const adoptable = () =>
  z
    .string()
    .regex(
      /^(namespace\/[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?|crds\/[a-z0-9]([-a-z0-9.]*[a-z0-9])?)$/,
      "namespace/NAME or crds/GROUP, such as namespace/monitoring or crds/monitoring.coreos.com",
    );

/** An IPv4 block. Whether its numbers make sense is said by `rules/addresses.ts`, with the corrected block. */
export const cidr = () => z.string().regex(/^[0-9.]+\/[0-9]+$/, "an IPv4 block such as 10.0.0.0/16");

/** A second in UTC. Pulumi takes one that stands without quotes for a time, and hands it on in Go's words: `2026-11-30 12:00:00 +0000 UTC`. */
export const momentUtc = () =>
  z
    .string()
    .regex(
      /^\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\dZ| \d\d:\d\d:\d\d \+0000 UTC)$/,
      "a moment in UTC such as 2026-11-30T12:00:00Z",
    )
    .meta({ examples: ["2026-11-30T12:00:00Z"] })
    .transform((text) => text.replace(/^(\S+) (\S+) \+0000 UTC$/, "$1T$2Z"));

/** The name of a Kubernetes Secret. Settings never hold the secret itself. */
export const secretName = () =>
  z
    .string()
    .max(253, "at most 253 characters")
    .regex(
      /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/,
      "the name of a Kubernetes Secret: lower-case letters, digits, dashes and dots",
    );

/** The name of a secret in AWS Secrets Manager, or of a Kubernetes Secret. */
export const storedSecretName = () =>
  z
    .string()
    .max(512, "at most 512 characters")
    .regex(/^[A-Za-z0-9/_+=.@-]+$/, "the name of a secret: letters, digits and any of /_+=.@-");

/** A Kubernetes quantity of CPU, which stays a string: `500m` is half a core. */
export const cpuPattern = /^([1-9][0-9]*m|(?!0+(\.0+)?$)(0|[1-9][0-9]*)(\.[0-9]+)?)$/;
export const cpuQuantity = () => z.string().regex(cpuPattern, 'a quantity of CPU in quotes, such as "500m" or "2"');

/** Folders of a bucket. None is `.` or `..`, by which some stores would step out of the one that a policy names. */
export const folderPattern = /^(?!(.*\/)?\.{1,2}(\/|$))[\w.-]+(\/[\w.-]+)*\/?$/;

/** A branch as git allows it, less what a shell or a chart would read as its own. https://git-scm.com/docs/git-check-ref-format */
export const gitBranch = () =>
  z
    .string()
    .max(255, "at most 255 characters")
    .regex(
      /^(?![-./])(?!.*(\.\.|\/\/|\/\.|\.lock$|[./]$))[\p{L}\p{N}_./+@#=,-]+$/u,
      "a branch of git such as main or team/next: no spaces, no .., and no dash, dot or / in front",
    );

/** The number of an AWS account, which may begin with zeros. */
export const accountIdPattern = /^\d{12}$/;

/** An AWS resource id such as `vpc-0123456789abcdef0`. */
export const awsId = (prefix: string) =>
  z.string().regex(new RegExp(`^${prefix}-([0-9a-f]{8}|[0-9a-f]{17})$`), `an id such as ${prefix}-0123456789abcdef0`);

/** The ARN of an IAM role or user. Wildcards are refused: the caller must be one principal. */
export const principalArn = () =>
  z
    .string()
    .regex(
      /^arn:aws[a-z-]*:iam::\d{12}:(role|user)\/[\w+=,.@/-]+$/,
      "the full ARN of one IAM role or user, without wildcards",
    );

/** The name of a bucket of Amazon S3. */
export const s3BucketName = () =>
  z
    .string()
    .regex(
      /^(?!xn--|sthree-)(?!.*\.\.)(?!\d+(\.\d+){3}$)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/,
      "the name of a bucket of S3: 3 to 63 small letters, digits, dots and dashes",
    );

/** The ARN of a KMS key. */
export const keyArn = () =>
  z
    .string()
    .regex(
      /^arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key\/[\w-]+$/,
      "the full ARN of a KMS key, arn:aws:kms:<region>:<account>:key/<id>",
    );

/** The ARN of an IAM role. */
export const roleArn = () =>
  z.string().regex(/^arn:aws[a-z-]*:iam::\d{12}:role\/[\w+=,.@/-]+$/, "the full ARN of one IAM role");

/** An EC2 instance type. That its family and size exist is checked by `rules/instanceTypes.ts`. */
export const instanceType = () =>
  z.string().regex(/^[a-z0-9-]+\.[a-z0-9-]+$/, "an EC2 instance type such as m7i.large");

/** A SageMaker instance type. */
export const sagemakerInstanceType = () =>
  z.string().regex(/^ml\.[a-z0-9-]+\.[a-z0-9-]+$/, "a SageMaker instance type such as ml.m5.large");

/** The tag of a container image, exact: one that moves would change what runs without a change of the stack. */
export const imageTag = () =>
  z
    .string()
    .regex(
      /^(?!(.*-)?latest$)[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/,
      "an exact tag such as 1.2.0 or a commit; not latest, which says nothing about what runs",
    );

/** An e-mail address. */
export const email = () => z.string().regex(/^[^\s@]+@[^\s@]+\.[^\s@]+$/, "an e-mail address");

/** An https address without user or password in it. */
export const httpsUrl = () => checked({ schemes: ["https"], path: "optional" });

/** The address of a service as pods reach it, without a path, by http or https. */
export const endpointUrl = () => checked({ schemes: ["https", "http"], path: "none", fromPods: true });

function checked(rule: Parameters<typeof urlFault>[1]) {
  const schemes = rule.schemes.join("|");
  return z
    .string()
    .regex(new RegExp(`^(${schemes})://`), `an address that begins with ${rule.schemes.join(":// or ")}://`)
    .superRefine(faultOf((text) => urlFault(text, rule)));
}

/** Has a setting refused by what a function says of it. */
export const faultOf =
  (fault: (text: string) => string | undefined) =>
  (text: string, context: z.RefinementCtx<string>): void => {
    const message = fault(text);
    if (message !== undefined) context.addIssue({ code: "custom", message });
  };

/** A host as pods look it up: a DNS name of at least two labels, or an IPv4 address. */
export const hostOrAddress = () =>
  z
    .string()
    .max(253, "at most 253 characters")
    // Of several labels, so that no remedy makes one of an address: fd00-5 of fd00::5.
    .regex(/^[a-z0-9-]+(\.[a-z0-9-]+)+$/, "a DNS name such as postgres.data.svc, or an IPv4 address")
    .superRefine(
      faultOf((text) =>
        !isLoopback(text) && (isIpv4(text) || (isHost(text) && text.includes(".")))
          ? undefined
          : "a DNS name such as postgres.data.svc, or an IPv4 address",
      ),
    );

/** The key of a tag as AWS and the controllers accept it. https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html */
export const tagKey = () =>
  z
    .string()
    .max(128, "a tag key of at most 128 characters")
    .regex(
      /^(?!aws:)[\p{L}\p{N}\p{Z}_.:/+\-@]+$/iu,
      "a tag key: letters, digits, spaces and _.:/+-@, not starting with aws:; no = or comma, since controllers take tags as key=value,key=value",
    );
