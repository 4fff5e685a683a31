import type { Context } from "mocha";
import { findPython, type PythonEnvironment, pythonEnvironment } from "./pythonEnvironment";
import { skip } from "./skip";

/** The environment of `workloads/requirements/<name>.txt`, with `before` as it was with the older versions there. Skips the tests behind it, saying why, where it cannot be had. */
export async function pythonOrSkip(
  context: Context,
  name: string,
  installSeconds: number,
  before?: string,
): Promise<PythonEnvironment> {
  if (findPython() === undefined) skip(context, "needs Python 3.11, 3.12 or 3.13 with venv: install one");
  try {
    return await pythonEnvironment(name, installSeconds, before);
  } catch (error) {
    skip(
      context,
      `needs the packages of workloads/requirements/${name}.txt: ${(error as Error).message.slice(0, 300)}`,
    );
  }
}
