import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { z } from "zod";

const model = z.object({
  inClusterUrl: z.string().optional(),
  url: z.string().optional(),
  tokenSecret: z.string().optional(),
  sagemakerEndpoint: z.string().optional(),
});

const outputs = z.object({
  clusterName: z.string(),
  /** Of the stack's own cluster; `[secret]` where secrets were not asked for. */
  kubeconfig: z.union([z.string(), z.record(z.string(), z.unknown())]).optional(),
  /** Those that the stack has made. */
  namespaces: z.array(z.string()),
  storeEndpoint: z.string().optional(),
  mlflowUrl: z.string().optional(),
  airflowUrl: z.string().optional(),
  jupyterhubUrl: z.string().optional(),
  grafanaUrl: z.string().optional(),
  homeUrl: z.string().optional(),
  /** Where what pods write is kept: in groups of CloudWatch, or in Loki. */
  podLogs: z
    .union([z.object({ region: z.string(), groupPrefix: z.string() }), z.object({ lokiUrl: z.string() })])
    .optional(),
  models: z.record(z.string(), model).optional(),
});

/** What the checks read of a stack's outputs. */
export type Outputs = z.infer<typeof outputs>;

/** What was asked for cannot be done; the message says what helps. */
export class UsageError extends Error {}

/** @throws UsageError where these are no outputs of this program. */
export function parseOutputs(text: string, from: string): Outputs {
  let found: unknown;
  try {
    found = JSON.parse(text);
  } catch (error) {
    throw new UsageError(`${from} is not JSON: ${(error as Error).message}`);
  }
  const { success, data, error } = outputs.safeParse(found);
  if (success) return data;
  const problems = error.issues.map(({ path, message }) => `  ${path.join(".") || "(whole)"}: ${message}`);
  throw new UsageError(
    `${from} are not outputs that can be checked:\n${problems.join("\n")}\n` +
      "A stack that was made before has them after its next `pulumi up`.",
  );
}

export function readOutputs(file: string): Outputs {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    throw new UsageError(`The outputs cannot be read: ${(error as Error).message}`);
  }
  return parseOutputs(text, file);
}

/** Asks Pulumi; secrets too, since the kubeconfig is one. @throws UsageError with Pulumi's words. */
export async function outputsOf(stack: string): Promise<Outputs> {
  const project = join(__dirname, "..");
  const pulumi = join(project, "node_modules", ".bin", "pulumi");
  const args = ["stack", "output", "--json", "--show-secrets", "--non-interactive", "--stack", stack];
  try {
    const { stdout } = await promisify(execFile)(pulumi, args, { cwd: project, maxBuffer: 64 * 1024 * 1024 });
    return parseOutputs(stdout, `The outputs of ${stack}`);
  } catch (error) {
    if (error instanceof UsageError) throw error;
    const { stderr, message } = error as { stderr?: string; message: string };
    throw new UsageError(
      `The outputs of ${stack} cannot be read: ${(stderr || message).trim()}\n` +
        `Log in where its state is (npx pulumi login), or write them to a file and name it: --outputs FILE`,
    );
  }
}
