import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import * as grpc from "@grpc/grpc-js";
import { projectDir } from "../../simulator/project";

const { EngineService } = require("@pulumi/pulumi/proto/engine_grpc_pb");
const { GetRootResourceResponse, SetRootResourceResponse } = require("@pulumi/pulumi/proto/engine_pb");
const { ResourceMonitorService } = require("@pulumi/pulumi/proto/resource_grpc_pb");
const { RegisterResourceResponse, SupportsFeatureResponse } = require("@pulumi/pulumi/proto/resource_pb");
const { Empty } = require("google-protobuf/google/protobuf/empty_pb");

// biome-ignore lint/suspicious/noExplicitAny: the SDK declares no types for its protocol.
type Call = { request: any };
// biome-ignore lint/suspicious/noExplicitAny: as above.
type Answer = (error: null, response: any) => void;

/** What became of a program under the SDK's own runner. */
export interface Ended {
  code: number | null;
  signal: NodeJS.Signals | null;
  /** Messages that the runner sent to the engine as errors. */
  errors: string[];
  stderr: string;
}

/**
 * Runs the project's program as `pulumi up` does, by `cmd/run` of the SDK with the options of Pulumi.yaml, against an engine that
 * answers and makes nothing.
 * @param config keys with their values, such as `mlplatform:foundation`
 * @param memoryMiB limit of the program's heap
 * @param timeoutSeconds after which it is killed
 */
export async function runByLanguageHost(
  config: Record<string, string>,
  limits: { memoryMiB: number; timeoutSeconds: number },
): Promise<Ended> {
  const errors: string[] = [];
  const server = new grpc.Server();
  server.addService(EngineService, {
    log: ({ request }: Call, answer: Answer) => {
      if (request.getSeverity() === 3) errors.push(request.getMessage());
      answer(null, new Empty());
    },
    getRootResource: (_: Call, answer: Answer) => answer(null, new GetRootResourceResponse()),
    setRootResource: (_: Call, answer: Answer) => answer(null, new SetRootResourceResponse()),
  });
  server.addService(ResourceMonitorService, {
    supportsFeature: (_: Call, answer: Answer) => answer(null, new SupportsFeatureResponse()),
    registerResource: ({ request }: Call, answer: Answer) => {
      const response = new RegisterResourceResponse();
      response.setUrn(`urn:pulumi:dev::mlplatform::${request.getType()}::${request.getName()}`);
      answer(null, response);
    },
    registerResourceOutputs: (_: Call, answer: Answer) => answer(null, new Empty()),
    signalAndWaitForShutdown: (_: Call, answer: Answer) => answer(null, new Empty()),
  });
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    ),
  );
  try {
    const address = `127.0.0.1:${port}`;
    const runner = require.resolve("@pulumi/pulumi/cmd/run");
    const child = spawn(
      process.execPath,
      [
        `--max-old-space-size=${limits.memoryMiB}`,
        ...["--import", "tsx", runner, "--project", "mlplatform", "--stack", "dev", "--root-directory", projectDir],
        ...["--monitor", address, "--engine", address, "--pwd", projectDir, join(projectDir, "index.ts")],
      ],
      {
        cwd: projectDir,
        env: {
          ...process.env,
          NODE_OPTIONS: "",
          PULUMI_NODEJS_TYPESCRIPT: "false",
          PULUMI_CONFIG: JSON.stringify(config),
        },
        stdio: ["ignore", "ignore", "pipe"],
        timeout: limits.timeoutSeconds * 1000,
        killSignal: "SIGKILL",
      },
    );
    let stderr = "";
    child.stderr.on("data", (part) => {
      stderr += part;
    });
    const [code, signal] = (await once(child, "close")) as [number | null, NodeJS.Signals | null];
    return { code, signal, errors, stderr };
  } finally {
    server.forceShutdown();
  }
}
