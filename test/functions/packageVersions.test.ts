import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { expect } from "chai";
import { bundleFunction } from "../../functions/bundle";
import type { PackageVersionsResult } from "../../functions/packageVersions";

const groupName = "mlplatform-test-churn";
const arn = (version: number) => `arn:aws:sagemaker:eu-west-1:000000000000:model-package/${groupName}/${version}`;
const pageSize = 2;
const machineArn = "arn:aws:states:eu-west-1:000000000000:stateMachine:mlplatform-test-churn-training";

/** The actions that it asks of SageMaker, two versions a page, and of Step Functions; moto has no deletion of versions. */
class Registry {
  readonly asked: string[] = [];
  #server!: Server;

  constructor(
    public versions: number[],
    private readonly machine: "ACTIVE" | "DELETING" | undefined,
    private readonly refusal?: { action: string; type: string; message: string },
  ) {}

  async start(): Promise<string> {
    this.#server = createServer((request, response) => {
      let body = "";
      request.on("data", (part) => (body += part));
      request.on("end", () => {
        const action = String(request.headers["x-amz-target"]).split(".")[1]!;
        this.asked.push(action);
        response.setHeader("Content-Type", "application/x-amz-json-1.1");
        const gone = { action: "DescribeStateMachine", type: "StateMachineDoesNotExist", message: "none" };
        const refusal = this.refusal ?? (this.machine === undefined ? gone : undefined);
        if (refusal?.action === action || (this.machine === undefined && action === gone.action)) {
          const { type, message } = refusal?.action === action ? refusal : gone;
          response.statusCode = 400;
          response.end(JSON.stringify({ __type: type, message }));
          return;
        }
        response.end(JSON.stringify(this.answer(action, JSON.parse(body))));
      });
    });
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  stop(): void {
    this.#server.close();
  }

  private answer(action: string, asked: Record<string, string>): object {
    if (action === "DeleteModelPackage") {
      this.versions = this.versions.filter((version) => arn(version) !== asked.ModelPackageName);
      return {};
    }
    if (action === "DescribeStateMachine") return { stateMachineArn: machineArn, status: this.machine };
    expect(asked.ModelPackageGroupName).to.equal(groupName);
    const from = Number(asked.NextToken ?? 0);
    const page = this.versions.slice(from, from + pageSize).map((version) => ({ ModelPackageArn: arn(version) }));
    const more = from + pageSize < this.versions.length ? { NextToken: String(from + pageSize) } : {};
    return { ModelPackageSummaryList: page, ...more };
  }
}

describe("packageVersions, as packaged, before a simulated SageMaker", function () {
  this.timeout(60_000);
  const { log } = console;
  const untouched = { ...process.env };
  let printed: Record<string, unknown>[] = [];
  let registry: Registry;

  async function invoke(event: object, seconds = 30): Promise<PackageVersionsResult> {
    process.env.AWS_ENDPOINT_URL = await registry.start();
    Object.assign(process.env, {
      AWS_REGION: "eu-west-1",
      AWS_ACCESS_KEY_ID: "simulated",
      AWS_SECRET_ACCESS_KEY: "simulated",
    });
    printed = [];
    console.log = (line: string) => printed.push(JSON.parse(line));
    const end = Date.now() + seconds * 1000;
    const { handler } = require(bundleFunction("packageVersions").file);
    return handler(event, { getRemainingTimeInMillis: () => end - Date.now() });
  }
  const gone = (seconds?: number) => invoke({ groupName, machineArn, keep: false, tf: { action: "delete" } }, seconds);
  const reasonOf = (work: Promise<unknown>) =>
    work.then(
      () => expect.fail("it should have been refused"),
      (error: Error) => error.message,
    );
  afterEach(() => {
    console.log = log;
    registry.stop();
    for (const name of ["AWS_ENDPOINT_URL", "AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"]) {
      if (untouched[name] === undefined) delete process.env[name];
      else process.env[name] = untouched[name];
    }
  });

  it("deletes every version, over all pages, once the group is about to go", async () => {
    registry = new Registry([1, 2, 3, 4, 5], "DELETING");
    expect(await gone()).to.deep.equal({ groupName, outcome: "deleted" });
    expect(registry.versions).to.deep.equal([]);
    expect(printed.at(-1)).to.include({ level: "info", groupName, versions: 5 });
  });

  it("touches nothing while the group stands, or where the group stays with its versions", async () => {
    registry = new Registry([1, 2], undefined);
    for (const [action, keep] of [
      ["create", false],
      ["update", false],
      ["delete", true],
    ] as const) {
      expect(await invoke({ groupName, machineArn, keep, tf: { action } })).to.deep.equal({
        groupName,
        outcome: "nothing to do",
      });
      registry.stop();
    }
    expect(registry.asked).to.deep.equal([]);
  });

  it("deletes none as long as the model is trained: an invocation is also deleted where another takes its place", async () => {
    registry = new Registry([1, 2], "ACTIVE");
    expect(await gone()).to.deep.equal({ groupName, outcome: "still trained" });
    expect(registry.asked).to.deep.equal(["DescribeStateMachine"]);
    expect(printed.at(-1)).to.include({ level: "warn", groupName, machineArn });
    registry.stop();
    const refusal = { action: "DescribeStateMachine", type: "AccessDeniedException", message: "not you" };
    registry = new Registry([1, 2], undefined, refusal);
    expect(await reasonOf(gone()), "nor where it may not look").to.equal("AccessDeniedException: not you");
    expect(registry.versions).to.have.length(2);
  });

  const missing = { type: "ValidationException", message: "Could not find the thing." };
  for (const action of ["ListModelPackages", "DeleteModelPackage"]) {
    it(`is content where ${action} finds that somebody was quicker`, async () => {
      registry = new Registry([1], undefined, { action, ...missing });
      expect(await gone()).to.deep.equal({ groupName, outcome: "deleted" });
    });
  }

  it("fails where it may not delete, with SageMaker's words", async () => {
    registry = new Registry([1], undefined, {
      action: "DeleteModelPackage",
      type: "AccessDeniedException",
      message: "not you",
    });
    expect(await reasonOf(gone())).to.equal("AccessDeniedException: not you");
    expect(printed.at(-1)).to.include({ level: "error", groupName });
  });

  it("says what is left where time does not suffice, so that it is run again", async () => {
    registry = new Registry([1, 2, 3], undefined);
    expect(await reasonOf(gone(0))).to.match(/^3 of 3 versions of the package group mlplatform-test-churn are left/);
  });

  it("deletes them also for a stack of an earlier version, which named no machine", async () => {
    registry = new Registry([1, 2], "ACTIVE");
    expect(await invoke({ groupName, keep: false, tf: { action: "delete" } })).to.deep.equal({
      groupName,
      outcome: "deleted",
    });
  });

  it("refuses a group that cannot be one, and a life it does not know", async () => {
    registry = new Registry([], undefined);
    expect(await reasonOf(invoke({ groupName: "a/b", machineArn: "x" }))).to.match(
      /groupName: "a\/b".*\n- machineArn: "x".*\n- keep: missing.*\n- tf.action: missing/,
    );
  });
});
