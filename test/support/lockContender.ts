import { tryLock } from "../../simulator/processLock";

/** A process that asks for a lock at a given moment, and says whether it got it. */
process.on("message", ({ file, at }: { file: string; at: number }) => {
  while (Date.now() < at); // Sleeping would not end at the same moment.
  process.send?.("release" in tryLock(file) ? "obtained" : "held");
});
process.send?.("ready");
