import { inspect } from "node:util";
import { expect } from "chai";
import { keepTracesReadable } from "../../components/lib/readableTraces";

describe("Traces of errors", () => {
  const before = Error.prepareStackTrace;
  afterEach(() => {
    Error.prepareStackTrace = before;
  });
  const trace = (...frames: string[]) => ["Error: wrong", ...frames].join("\n");

  it("leave out files right below a scope, on which util.inspect never ends, and nothing else", () => {
    const kept = [
      "    at a (/p/node_modules/@pulumi/pulumi/cmd/run/run.js:1:2)",
      "    at b (/p/components/platform.ts:3:4)",
    ];
    Error.prepareStackTrace = () =>
      trace(
        "    at Stack (/p/node_modules/@pulumi/resource.ts:1:2)",
        ...kept,
        "    at /p/node_modules/@pulumi/output.ts:5:6",
        "    at C:\\p\\node_modules\\@pulumi\\output.ts:5:6",
      );
    keepTracesReadable();
    const error = new Error("wrong");
    expect(error.stack).to.equal(trace(...kept));
    expect(inspect(error, { colors: true })).to.contain("platform.ts");
  });

  it("stay as they are where nobody maps them to sources", () => {
    delete (Error as { prepareStackTrace?: unknown }).prepareStackTrace;
    keepTracesReadable();
    expect(Error.prepareStackTrace).to.equal(undefined);
  });
});
