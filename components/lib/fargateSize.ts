import { cores } from "./cores";

/** Sizes that Fargate has: CPU units, and MiB of memory from, to, in steps. */
const sizes: [cpu: number, from: number, to: number, step: number][] = [
  [256, 512, 512, 512],
  [256, 1024, 2048, 1024],
  [512, 1024, 4096, 1024],
  [1024, 2048, 8192, 1024],
  [2048, 4096, 16384, 1024],
  [4096, 8192, 30720, 1024],
  [8192, 16384, 61440, 4096],
  [16384, 32768, 122880, 8192],
];

/**
 * The smallest size with that much CPU and memory; none where Fargate has none.
 * @param cpu as Kubernetes writes it, such as `500m` or `2`
 * @see https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-cpu-memory-error.html
 */
export function fargateSize(cpu: string, memoryMiB: number): { cpu: number; memoryMiB: number } | undefined {
  const units = cores(cpu) * 1024;
  for (const [has, from, to, step] of sizes) {
    if (has < units || to < memoryMiB) continue;
    return { cpu: has, memoryMiB: from + Math.max(0, Math.ceil((memoryMiB - from) / step)) * step };
  }
  return undefined;
}
