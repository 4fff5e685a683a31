import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { UsageError } from "../simulator/usageError";

/** Asks AWS: service and operation as the AWS CLI names them, parameters as the API does. Answers have all pages. */
export type Aws = (service: string, operation: string, parameters?: object) => Promise<unknown>;

const run = promisify(execFile);

/** The AWS CLI, with the credentials and the profile that it finds. @throws UsageError where there is none */
export const awsCli =
  (region: string): Aws =>
  async (service, operation, parameters = {}) => {
    const where = ["--region", region, "--output", "json"];
    try {
      const { stdout } = await run(
        "aws",
        [service, operation, ...where, "--cli-input-json", JSON.stringify(parameters)],
        { maxBuffer: 256 * 1024 * 1024 },
      );
      return stdout.trim() === "" ? {} : JSON.parse(stdout);
    } catch (error) {
      const { code, stderr, message } = error as { code?: string | number; stderr?: string; message: string };
      if (code === "ENOENT")
        throw new UsageError(
          "The AWS CLI is needed: https://docs.aws.amazon.com/cli/latest/userguide/getting-started-install.html",
        );
      throw new Error((stderr || message).trim());
    }
  };
