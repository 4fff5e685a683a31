import { GetSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";

export interface Credentials {
  username: string;
  password: string;
}

/** Reads credentials from Secrets Manager and remembers them, so that no text that leaves the function holds one. */
export class Secrets {
  private readonly client = new SecretsManagerClient({
    // Without a route to Secrets Manager the default is to wait until the function is killed, which says nothing.
    requestHandler: { connectionTimeout: 5_000, requestTimeout: 10_000 },
  });
  private readonly hidden = new Set<string>();

  /** @throws when the secret cannot be read or is not `{"username", "password"}` as JSON; the message holds no part of it. */
  async credentials(secretArn: string): Promise<Credentials> {
    const text = await this.read(secretArn);
    let content: Partial<Credentials> | null = null;
    try {
      content = JSON.parse(text) as Partial<Credentials> | null;
    } catch {
      // The parser's own message quotes what it read.
    }
    if (typeof content?.password === "string") this.hide(content.password);
    if (typeof content?.username !== "string" || typeof content.password !== "string") {
      throw new Error(`Secret ${secretArn}: allowed is JSON with the texts "username" and "password"`);
    }
    return { username: content.username, password: content.password };
  }

  /** Marks a text that must not be shown. */
  hide(text: string): void {
    if (text !== "") this.hidden.add(text);
  }

  /** The text without anything hidden. */
  redact(text: string): string {
    let redacted = text;
    for (const secret of this.hidden) redacted = redacted.replaceAll(secret, "[hidden]");
    return redacted;
  }

  private async read(secretArn: string): Promise<string> {
    try {
      const answer = await this.client.send(new GetSecretValueCommand({ SecretId: secretArn }));
      this.hide(answer.SecretString ?? "");
      return answer.SecretString ?? "";
    } catch (error) {
      const { name, message } = error as Error;
      throw new Error(
        `Secret ${secretArn} cannot be read: ${name}: ${message}. The function's role needs ` +
          "secretsmanager:GetSecretValue and kms:Decrypt, its subnets a route to Secrets Manager (NAT or interface endpoint)",
      );
    }
  }
}
