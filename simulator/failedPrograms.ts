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
  const note = () => {
    failed = true;
  };
  process.on("unhandledRejection", note);
  process.on("uncaughtException", note);
  module.disconnect = async (signalShutdown) => {
    await module.waitForRPCs();
    await new Promise((resolve) => setImmediate(resolve)); // Rejections are told once what is queued has run.
    return original(signalShutdown === true && !failed);
  };
  return () => {
    process.off("unhandledRejection", note);
    process.off("uncaughtException", note);
    module.disconnect = original;
  };
}
