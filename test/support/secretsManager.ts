import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** A simulated Secrets Manager on a local port: it only reads, and only what the test has put into `values`. */
export interface SimulatedSecretsManager {
  /** Secret text by ARN. */
  values: Map<string, string>;
  /** For the variable AWS_ENDPOINT_URL_SECRETS_MANAGER, which the AWS SDKs honour. */
  url: string;
  stop(): Promise<void>;
}

export async function startSecretsManager(): Promise<SimulatedSecretsManager> {
  const values = new Map<string, string>();
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (text) => {
      body += text;
    });
    request.on("end", () => {
      const { SecretId } = JSON.parse(body) as { SecretId: string };
      const value = values.get(SecretId);
      const known = request.headers["x-amz-target"] === "secretsmanager.GetSecretValue" && value !== undefined;
      response.writeHead(known ? 200 : 400, { "content-type": "application/x-amz-json-1.1" });
      const refusal = {
        __type: "ResourceNotFoundException",
        message: "Secrets Manager can't find the specified secret.",
      };
      response.end(JSON.stringify(known ? { ARN: SecretId, SecretString: value } : refusal));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const stop = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return { values, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, stop };
}
