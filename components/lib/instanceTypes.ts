/** Machines of one EC2 family. */
export interface InstanceFamily {
  architecture: "x86_64" | "arm64";
  /** Whether they have NVIDIA GPUs. */
  gpu: boolean;
  /** Amazon's own accelerators, which need a device plugin of their own. */
  accelerator?: "neuron";
  /** Whether they run on Xen rather than Nitro; `metal` sizes run on neither. https://docs.aws.amazon.com/ec2/latest/instancetypes/ec2-nitro-instances.html */
  xen?: boolean;
  sizes: readonly string[];
}

const words = (text: string) => text.split(" ");
const x86 = (sizes: string): InstanceFamily => ({ architecture: "x86_64", gpu: false, sizes: words(sizes) });
const arm = (sizes: string): InstanceFamily => ({ architecture: "arm64", gpu: false, sizes: words(sizes) });
const gpu = (sizes: string): InstanceFamily => ({ architecture: "x86_64", gpu: true, sizes: words(sizes) });

const neuron = (sizes: string): InstanceFamily => ({ ...x86(sizes), accelerator: "neuron" });
const onXen = (family: InstanceFamily): InstanceFamily => ({ ...family, xen: true });

const burst = "nano micro small medium large xlarge 2xlarge";
const fourth = "large xlarge 2xlarge 4xlarge 8xlarge";
const fifth = "large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge 24xlarge";
const fifthCompute = "large xlarge 2xlarge 4xlarge 9xlarge 12xlarge 18xlarge 24xlarge";
const intel6 = `${fifth} 32xlarge metal`;
const amd6 = `${fifth} 32xlarge 48xlarge metal`;
const intel7 = `${fifth} 48xlarge metal-24xl metal-48xl`;
const amd7 = `medium ${fifth} 32xlarge 48xlarge metal-48xl`;
const intel8 = `${fifth} 32xlarge 48xlarge 96xlarge metal-48xl metal-96xl`;
const arm6 = "medium large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge metal";
const arm8 = `medium ${fifth} 48xlarge metal-24xl metal-48xl`;
const flex = "large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge";
const g = "xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge 24xlarge 48xlarge";

/**
 * The families that node groups are made of: general, compute, memory, burst, storage, GPU and Amazon's own accelerators.
 * https://docs.aws.amazon.com/ec2/latest/instancetypes/instance-type-names.html
 */
export const instanceFamilies: Readonly<Record<string, InstanceFamily>> = {
  t2: onXen(x86(burst)),
  t3: x86(burst),
  t3a: x86(burst),
  t4g: arm(burst),
  m4: onXen(x86("large xlarge 2xlarge 4xlarge 10xlarge 16xlarge")),
  m5: x86(`${fifth} metal`),
  m5a: x86(fifth),
  m5ad: x86(fifth),
  m5d: x86(`${fifth} metal`),
  m5dn: x86(`${fifth} metal`),
  m5n: x86(`${fifth} metal`),
  m5zn: x86("large xlarge 2xlarge 3xlarge 6xlarge 12xlarge metal"),
  m6a: x86(amd6),
  m6g: arm(arm6),
  m6gd: arm(arm6),
  m6i: x86(intel6),
  m6id: x86(intel6),
  m6idn: x86(intel6),
  m6in: x86(intel6),
  m7a: x86(amd7),
  m7g: arm(arm6),
  m7gd: arm(arm6),
  m7i: x86(intel7),
  "m7i-flex": x86(flex),
  m8a: x86(`${amd7} metal-24xl`),
  m8g: arm(arm8),
  m8gd: arm(arm8),
  m8i: x86(intel8),
  "m8i-flex": x86(flex),
  c4: onXen(x86(fourth)),
  c5: x86(`${fifthCompute} metal`),
  c5a: x86(fifth),
  c5ad: x86(fifth),
  c5d: x86(`${fifthCompute} metal`),
  c5n: x86("large xlarge 2xlarge 4xlarge 9xlarge 18xlarge metal"),
  c6a: x86(amd6),
  c6g: arm(arm6),
  c6gd: arm(arm6),
  c6gn: arm("medium large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge"),
  c6i: x86(intel6),
  c6id: x86(intel6),
  c6in: x86(intel6),
  c7a: x86(amd7),
  c7g: arm(arm6),
  c7gd: arm(arm6),
  c7gn: arm(arm6),
  c7i: x86(intel7),
  "c7i-flex": x86(flex),
  c8g: arm(arm8),
  c8gd: arm(arm8),
  c8gn: arm(arm8),
  c8i: x86(intel8),
  "c8i-flex": x86(flex),
  r4: onXen(x86(`${fourth} 16xlarge`)),
  r5: x86(`${fifth} metal`),
  r5a: x86(fifth),
  r5ad: x86(fifth),
  r5b: x86(`${fifth} metal`),
  r5d: x86(`${fifth} metal`),
  r5dn: x86(`${fifth} metal`),
  r5n: x86(`${fifth} metal`),
  r6a: x86(amd6),
  r6g: arm(arm6),
  r6gd: arm(arm6),
  r6i: x86(intel6),
  r6id: x86(intel6),
  r6idn: x86(intel6),
  r6in: x86(intel6),
  r7a: x86(amd7),
  r7g: arm(arm6),
  r7gd: arm(arm6),
  r7i: x86(intel7),
  r7iz: x86("large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge 32xlarge metal-16xl metal-32xl"),
  r8g: arm(arm8),
  r8gd: arm(arm8),
  r8i: x86(intel8),
  "r8i-flex": x86(flex),
  x2gd: arm(arm6),
  x2idn: x86("16xlarge 24xlarge 32xlarge metal"),
  x2iedn: x86("xlarge 2xlarge 4xlarge 8xlarge 16xlarge 24xlarge 32xlarge metal"),
  z1d: x86("large xlarge 2xlarge 3xlarge 6xlarge 12xlarge metal"),
  i3: onXen(x86("large xlarge 2xlarge 4xlarge 8xlarge 16xlarge metal")),
  i3en: x86("large xlarge 2xlarge 3xlarge 6xlarge 12xlarge 24xlarge metal"),
  i4g: arm("large xlarge 2xlarge 4xlarge 8xlarge 16xlarge"),
  i4i: x86("large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge 24xlarge 32xlarge metal"),
  g4dn: gpu("xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge metal"),
  g5: gpu(g),
  g5g: { architecture: "arm64", gpu: true, sizes: words("xlarge 2xlarge 4xlarge 8xlarge 16xlarge metal") },
  g6: gpu(g),
  g6e: gpu(g),
  gr6: gpu("4xlarge 8xlarge"),
  p3: onXen(gpu("2xlarge 8xlarge 16xlarge")),
  p3dn: gpu("24xlarge"),
  p4d: gpu("24xlarge"),
  p4de: gpu("24xlarge"),
  p5: gpu("4xlarge 48xlarge"),
  p5e: gpu("48xlarge"),
  p5en: gpu("48xlarge"),
  "p6-b200": gpu("48xlarge"),
  inf1: neuron("xlarge 2xlarge 6xlarge 24xlarge"),
  inf2: neuron("xlarge 8xlarge 24xlarge 48xlarge"),
  trn1: neuron("2xlarge 32xlarge"),
  trn1n: neuron("32xlarge"),
};

/**
 * Families of RDS PostgreSQL and their sizes.
 * https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Concepts.DBInstanceClass.Types.html
 */
export const databaseFamilies: Readonly<Record<string, readonly string[]>> = {
  t3: words("micro small medium large xlarge 2xlarge"),
  t4g: words("micro small medium large xlarge 2xlarge"),
  m5: words(fifth),
  m5d: words(fifth),
  m6g: words("large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge"),
  m6gd: words("large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge"),
  m6i: words(`${fifth} 32xlarge`),
  m6id: words(`${fifth} 32xlarge`),
  m7g: words("large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge"),
  m7i: words(`${fifth} 48xlarge`),
  m8g: words(`${fifth} 48xlarge`),
  r5: words(fifth),
  r5b: words(fifth),
  r5d: words(fifth),
  r6g: words("large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge"),
  r6gd: words("large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge"),
  r6i: words(`${fifth} 32xlarge`),
  r6id: words(`${fifth} 32xlarge`),
  r7g: words("large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge"),
  r7i: words(`${fifth} 48xlarge`),
  r8g: words(`${fifth} 48xlarge`),
  x2g: words("large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge"),
};

/** What an instance type is, or nothing when there is no such type. */
export function instanceTypeFacts(type: string): (InstanceFamily & { family: string; size: string }) | undefined {
  const [family = "", size = ""] = type.split(".");
  const facts = Object.hasOwn(instanceFamilies, family) ? instanceFamilies[family] : undefined;
  return facts?.sizes.includes(size) ? { ...facts, family, size } : undefined;
}

/** vCPUs of sizes that do not follow from their name: bare metal may have more than the largest size of its family. */
const metalVcpus: Readonly<Record<string, number>> = { i3: 72, g4dn: 96 };

/**
 * vCPUs of an instance type, or nothing when there is no such type.
 * @see https://docs.aws.amazon.com/ec2/latest/instancetypes/instance-type-names.html
 */
export function vcpusOf(type: string): number | undefined {
  const facts = instanceTypeFacts(type);
  if (facts === undefined) return undefined;
  const { family, size, sizes } = facts;
  const named = vcpusOfSize(size, family);
  return named ?? metalVcpus[family] ?? Math.max(...sizes.map((each) => vcpusOfSize(each, family) ?? 0));
}

function vcpusOfSize(size: string, family: string): number | undefined {
  const times = /^(?:metal-)?(\d+)xl(?:arge)?$/.exec(size)?.[1];
  if (times !== undefined) return 4 * Number(times);
  if (size.startsWith("metal")) return undefined;
  if (size === "xlarge") return 4;
  return size === "medium" && !family.startsWith("t") ? 1 : 2;
}
