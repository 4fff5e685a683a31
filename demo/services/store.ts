import { join } from "node:path";
import { healthy } from "../answers";
import type { Demo } from "../demo";
import type { Program } from "../supervisor";

export const buckets = ["artifacts", "data", "logs"];

/** S3, simulated by moto; what is put there is kept in files, so that a restart finds it. */
export function store(demo: Demo): Program {
  const port = demo.ports.store;
  return {
    name: "store",
    title: "object store (moto)",
    command: [
      demo.python("moto"),
      "-m",
      "local_platform.store",
      "--port",
      String(port),
      "--folder",
      join(demo.folder, "store"),
      ...buckets,
    ],
    env: { ...demo.pythonEnvironment("demo/src"), AWS_ACCESS_KEY_ID: "simulated", AWS_SECRET_ACCESS_KEY: "simulated" },
    folder: join(demo.folder, "store"),
    ports: [port],
    ready: () => healthy(`http://127.0.0.1:${port}/moto-api/`),
    readySeconds: 60,
  };
}
