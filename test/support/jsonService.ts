import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** An answer that is none, as services of AWS give it. */
export class Refusal extends Error {
  constructor(
    readonly type: string,
    message: string,
  ) {
    super(message);
  }
}

/** A simulated service of AWS on a local port, of those that are asked in JSON. */
export interface JsonService {
  /** For the variables AWS_ENDPOINT_URL and AWS_ENDPOINT_URL_<SERVICE>, which the AWS SDKs honour. */
  url: string;
  stop(): Promise<void>;
}

/**
 * @param answer what the service answers to an action, such as `ListModelPackages`; a Refusal that it throws is told with status 400
 * @see https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html
 */
export async function startJsonService(
  answer: (action: string, asked: Record<string, string>) => object,
): Promise<JsonService> {
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (part) => (body += part));
    request.on("end", () => {
      response.setHeader("Content-Type", "application/x-amz-json-1.1");
      const action = String(request.headers["x-amz-target"]).split(".")[1]!;
      try {
        response.end(JSON.stringify(answer(action, JSON.parse(body))));
      } catch (error) {
        // What a test asserts within an answer shows as the refusal's message.
        response.statusCode = 400;
        const { type, message } = error instanceof Refusal ? error : new Refusal("Unexpected", String(error));
        response.end(JSON.stringify({ __type: type, message }));
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
