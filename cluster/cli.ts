import { Command } from "commander";
import { Interrupted, runCommand } from "../simulator/goBuild";
import { during } from "../simulator/progress";
import { projectDir } from "../simulator/project";
import { UsageError } from "../simulator/usageError";
import { makeCluster } from "./make";
import { wantedCluster } from "./wanted";

async function cluster({ stack }: { stack: string }): Promise<void> {
  const wanted = wantedCluster(projectDir, stack);
  const existed = await during((progress) =>
    makeCluster(
      wanted,
      projectDir,
      ({ command, args, input, limitSeconds }) =>
        runCommand(command, args, { ...(input === undefined ? {} : { input }), timeoutSeconds: limitSeconds }),
      progress,
    ),
  );
  process.stdout.write(
    `The cluster ${wanted.name} ${existed ? "was there and has" : "is there with"} the ingress controller and ` +
      `${Object.keys(wanted.images).length} images.\nNow the platform: npx pulumi up -s ${stack}, and then: make smoke STACK=${stack}\n` +
      `Take it away again: kind delete cluster --name ${wanted.name}\n`,
  );
}

new Command("cluster")
  .description(
    "Makes a cluster in kind for a stack: the cluster, its ingress controller and the platform's own images.",
  )
  .option("--stack <name>", "the stack, as in Pulumi.<name>.yaml", "local")
  .action(cluster)
  .parseAsync()
  .catch((error: Error) => {
    const expected = error instanceof UsageError || error instanceof Interrupted;
    process.stderr.write(`${error.message}\n`);
    process.exit(expected ? 2 : 1);
  });
