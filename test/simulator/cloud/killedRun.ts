/** A run that is killed after its second operation, before the engine hears of it. Started by failures.test.ts. */
import * as path from "node:path";
import * as aws from "@pulumi/aws";
import { automation } from "@pulumi/pulumi";
import { startSimulatedCloud } from "../../../simulator/cloud";
import { findEngine } from "../../../simulator/engine";
import { EngineCommand } from "../../../simulator/engineCommand";

async function main(folder: string): Promise<void> {
  const engine = new EngineCommand(await findEngine({ update() {}, note() {}, done() {}, failed() {} }));
  const cloud = await startSimulatedCloud({
    stateFile: path.join(folder, "account.json"),
    killAfterOperations: 2,
    onKill: () => {
      engine.signal("SIGKILL");
      process.kill(process.pid, "SIGKILL");
    },
  });
  const program = async () => {
    const first = new aws.sns.Topic("first");
    const second = new aws.sns.Topic("second", {}, { dependsOn: first });
    new aws.sns.Topic("third", {}, { dependsOn: second });
  };
  const stack = await automation.LocalWorkspace.createStack(
    { stackName: "test", projectName: "simulated", program },
    {
      workDir: folder,
      pulumiCommand: engine.asPulumiCommand(),
      projectSettings: { name: "simulated", runtime: "nodejs", backend: { url: `file://${folder}` } },
      envVars: {
        PULUMI_CONFIG_PASSPHRASE: "simulated",
        PULUMI_SKIP_UPDATE_CHECK: "true",
        PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
        PULUMI_DEBUG_PROVIDERS: cloud.debugProviders,
      },
    },
  );
  await stack.up();
}

void main(process.argv[2]!);
