import { type JsonService, Refusal, startJsonService } from "./jsonService";

/** A simulated Secrets Manager: it only reads, and only what the test has put into `values`. */
export interface SimulatedSecretsManager extends JsonService {
  /** Secret text by ARN. */
  values: Map<string, string>;
}

export async function startSecretsManager(): Promise<SimulatedSecretsManager> {
  const values = new Map<string, string>();
  const service = await startJsonService((action, { SecretId }) => {
    const value = values.get(SecretId!);
    if (action !== "GetSecretValue" || value === undefined) {
      throw new Refusal("ResourceNotFoundException", "Secrets Manager can't find the specified secret.");
    }
    return { ARN: SecretId, SecretString: value };
  });
  return { values, ...service };
}
