import { readFileSync } from "node:fs";
import { UsageError } from "./usageError";

/**
 * A JSON file that earlier runs wrote.
 * @param folder what to remove in order to begin anew
 * @throws UsageError with the file, what is wrong with it and a remedy, where it is damaged
 */
export function readStateFile(file: string, folder: string): unknown {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new UsageError(
      `${file} is damaged: ${error.message}. Put a copy of it back, or remove ${folder} to begin with an empty account; ` +
        "what is simulated exists nowhere else.",
    );
  }
}
