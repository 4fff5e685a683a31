type Disconnect = (signalShutdown?: boolean) => Promise<void>;

/**
 * Has a program that ran into errors end as one that failed, as the SDK's own runner of programs has it (`cmd/run`). The server of programs in
 * this process tells the engine first that the program is through: under `--continue-on-error` engine 3.259 then deletes whatever was not asked for
 * since what it depends on had failed, and before that follows every path through the dependencies of what failed, one by one, which may not end.
 * Returns what undoes it.
 */
export function endingAsFailed(): () => void {
  const module = require("@pulumi/pulumi/runtime/settings") as { disconnect: Disconnect; waitForRPCs: Disconnect };
  const original = module.disconnect;
  let failed = false;
  // Where nobody else listens, the error is not a program's, and ends the process as it would without this.
  const noting = (event: "unhandledRejection" | "uncaughtException") => {
    const note = (error: unknown) => {
      failed = true;
      if (process.listenerCount(event) === 1) throw error;
    };
    process.on(event, note);
    return () => process.off(event, note);
  };
  const undo = [noting("unhandledRejection"), noting("uncaughtException")];
  module.disconnect = async (signalShutdown) => {
    await module.waitForRPCs();
    await new Promise((resolve) => setImmediate(resolve)); // Rejections are told once what is queued has run.
    return original(signalShutdown === true && !failed);
  };
  return () => {
    for (const each of undo) each();
    module.disconnect = original;
  };
}
