import { readFileSync } from "node:fs";
import { Command, InvalidArgumentError } from "commander";
import { during, startProgress } from "../simulator/progress";
import { type Check, type Piece, pieces } from "./check";
import { checks } from "./checks";
import { type Cluster, KubeconfigCluster } from "./cluster";
import { type Outputs, outputsOf, readOutputs, UsageError } from "./outputs";
import { line, report, summary } from "./report";
import { runChecks } from "./runner";

interface Flags {
  stack: string;
  outputs?: string;
  kubeconfig?: string;
  context?: string;
  only?: Piece[];
  json?: boolean;
}

const isPiece = (text: string): text is Piece => (pieces as readonly string[]).includes(text);

/** Pieces, by commas. */
function chosen(text: string, before: Piece[] = []): Piece[] {
  const named = text.split(",").map((each) => {
    if (!isPiece(each)) throw new InvalidArgumentError(`There is no piece ${each}, only: ${pieces.join(", ")}.`);
    return each;
  });
  return [...before, ...named];
}

/** The stack's own cluster, unless another kubeconfig is named. */
function clusterOf(outputs: Outputs, { kubeconfig: file, context }: Flags): Cluster {
  if (file !== undefined) {
    try {
      return new KubeconfigCluster(readFileSync(file, "utf8"), context);
    } catch (error) {
      throw new UsageError(`The kubeconfig ${file} cannot be used: ${(error as Error).message}`);
    }
  }
  const { kubeconfig } = outputs;
  if (kubeconfig === undefined || kubeconfig === "[secret]") {
    throw new UsageError(
      "The outputs hold no kubeconfig: write them with --show-secrets, or name a kubeconfig: --kubeconfig FILE",
    );
  }
  return new KubeconfigCluster(typeof kubeconfig === "string" ? kubeconfig : JSON.stringify(kubeconfig), context);
}

/** First interrupt: end the check, remove what it made. Second: end at once. */
function onInterrupt(tell: () => void): AbortSignal {
  const controller = new AbortController();
  const interrupt = () => {
    if (controller.signal.aborted) process.exit(130);
    tell();
    controller.abort(new Error("interrupted"));
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, interrupt);
  return controller.signal;
}

async function smoke(flags: Flags): Promise<number> {
  const begun = performance.now();
  const outputs = flags.outputs === undefined ? await outputsOf(flags.stack) : readOutputs(flags.outputs);
  const cluster = clusterOf(outputs, flags);
  const wanted: Check[] = checks.filter(({ piece }) => flags.only?.includes(piece) ?? true);
  const progress = startProgress();
  const interrupted = onInterrupt(() =>
    progress.note("Interrupted: what was made is removed first. Interrupt again to end at once."),
  );
  let told = "";
  const update = (text: string) => {
    if (text !== told) progress.update(text);
    told = text;
  };
  const outcomes = await during(
    () =>
      runChecks({
        ...{ checks: wanted, outputs, cluster, interrupted },
        update,
        ended: (outcome) => progress.note(line(outcome)),
      }),
    progress,
  );
  const seconds = (performance.now() - begun) / 1000;
  const found = report(flags.stack, outputs.clusterName, outcomes, seconds, interrupted.aborted);
  const text = flags.json ? JSON.stringify(found) : summary(outcomes, seconds);
  await new Promise<void>((resolve) => process.stdout.write(`${text}\n`, () => resolve()));
  if (interrupted.aborted) return 130;
  return found.ok ? 0 : 1;
}

new Command("smoke")
  .description(
    "Uses the platform as people do, on whatever cluster it is, and says what does not work and where to look.",
  )
  .requiredOption("--stack <name>", "the stack, as in Pulumi.<name>.yaml")
  .option("--only <pieces>", `some pieces, by commas: ${pieces.join(", ")}`, chosen)
  .option("--outputs <file>", "outputs of the stack, in place of asking Pulumi: pulumi stack output --json")
  .option("--kubeconfig <file>", "another kubeconfig than the one among the outputs")
  .option("--context <name>", "context of that kubeconfig, where it is not the current one")
  .option("--json", "one JSON object on stdout; the table goes to stderr")
  .action(async (flags: Flags) => process.exit(await smoke(flags)))
  .parseAsync()
  .catch((error: Error) => {
    process.stderr.write(`${error instanceof UsageError ? error.message : (error.stack ?? error.message)}\n`);
    process.exit(2);
  });
