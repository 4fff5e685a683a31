import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { expect } from "chai";
import { bundleFunction } from "../../functions/bundle";
import type { PipelineRunsResult } from "../../functions/pipelineRuns";

const pipelineName = "mlplatform-test-churn-training";
const arn = (run: string) => `arn:aws:sagemaker:eu-west-1:000000000000:pipeline/${pipelineName}/execution/${run}`;
const pageSize = 2;

/** The two actions of SageMaker that it asks, two runs a page. Who is stopped stops for one look, and has ended at the next. */
class Pipelines {
  readonly stopped: string[] = [];
  readonly tokens: string[] = [];
  #server!: Server;

  constructor(
    readonly statuses: Record<string, string>,
    private readonly refusal?: { action: string; type: string; message: string },
  ) {}

  async start(): Promise<string> {
    this.#server = createServer((request, response) => {
      let body = "";
      request.on("data", (part) => (body += part));
      request.on("end", () => {
        const action = String(request.headers["x-amz-target"]).split(".")[1]!;
        response.setHeader("Content-Type", "application/x-amz-json-1.1");
        const answer = this.answer(action, JSON.parse(body));
        if (this.refusal?.action === action) {
          response.statusCode = 400;
          response.end(JSON.stringify({ __type: this.refusal.type, message: this.refusal.message }));
          return;
        }
        response.end(JSON.stringify(answer));
      });
    });
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  stop(): void {
    this.#server.close();
  }

  private answer(action: string, asked: Record<string, string>): object {
    if (action === "StopPipelineExecution") {
      const run = asked.PipelineExecutionArn!.split("/").at(-1)!;
      this.stopped.push(run);
      this.tokens.push(asked.ClientRequestToken!);
      this.statuses[run] = "Stopping";
      return { PipelineExecutionArn: asked.PipelineExecutionArn };
    }
    expect(asked.PipelineName).to.equal(pipelineName);
    const from = Number(asked.NextToken ?? 0);
    const all = Object.entries(this.statuses);
    const page = all.slice(from, from + pageSize).map(([run, PipelineExecutionStatus]) => {
      if (PipelineExecutionStatus === "Stopping") this.statuses[run] = "Stopped";
      return { PipelineExecutionArn: arn(run), PipelineExecutionStatus };
    });
    const more = from + pageSize < all.length ? { NextToken: String(from + pageSize) } : {};
    return { PipelineExecutionSummaries: page, ...more };
  }
}

describe("pipelineRuns, as packaged, before a simulated SageMaker", function () {
  this.timeout(60_000);
  const { log } = console;
  const untouched = { ...process.env };
  let printed: Record<string, unknown>[] = [];
  let pipelines: Pipelines;

  async function invoke(event: object, seconds = 30): Promise<PipelineRunsResult> {
    process.env.AWS_ENDPOINT_URL = await pipelines.start();
    Object.assign(process.env, {
      AWS_REGION: "eu-west-1",
      AWS_ACCESS_KEY_ID: "simulated",
      AWS_SECRET_ACCESS_KEY: "simulated",
    });
    printed = [];
    console.log = (line: string) => printed.push(JSON.parse(line));
    const end = Date.now() + seconds * 1000;
    const { handler } = require(bundleFunction("pipelineRuns").file);
    return handler(event, { getRemainingTimeInMillis: () => end - Date.now() });
  }
  const gone = (seconds?: number) => invoke({ pipelineName, tf: { action: "delete" } }, seconds);
  const reasonOf = (work: Promise<unknown>) =>
    work.then(
      () => expect.fail("it should have been refused"),
      (error: Error) => error.message,
    );
  afterEach(() => {
    console.log = log;
    pipelines.stop();
    for (const name of ["AWS_ENDPOINT_URL", "AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"]) {
      if (untouched[name] === undefined) delete process.env[name];
      else process.env[name] = untouched[name];
    }
  });

  it("stops every run that goes on, over all pages, and waits until they have ended", async () => {
    pipelines = new Pipelines({ a: "Executing", b: "Succeeded", c: "Executing", d: "Failed", e: "Stopping" });
    expect(await gone()).to.deep.equal({ pipelineName, outcome: "stopped" });
    expect(pipelines.stopped).to.deep.equal(["a", "c"]);
    expect(Object.values(pipelines.statuses)).to.not.include.members(["Executing"]);
    expect(new Set(pipelines.tokens).size).to.equal(2);
    for (const token of pipelines.tokens) expect(token.length).to.be.within(32, 128);
    expect(printed.at(-1)).to.include({ level: "info", pipelineName, runs: 2 });
  });

  it("touches nothing while the pipeline stands", async () => {
    for (const action of ["create", "update"]) {
      pipelines = new Pipelines({ a: "Executing" });
      expect(await invoke({ pipelineName, tf: { action } })).to.deep.equal({ pipelineName, outcome: "nothing to do" });
      expect(pipelines.stopped).to.deep.equal([]);
      pipelines.stop();
    }
  });

  it("is content where the pipeline is gone, or a run has ended before it was stopped", async () => {
    pipelines = new Pipelines({}, { action: "ListPipelineExecutions", type: "ResourceNotFound", message: "none" });
    expect(await gone()).to.deep.equal({ pipelineName, outcome: "stopped" });
    pipelines.stop();
    pipelines = new Pipelines(
      { a: "Executing" },
      { action: "StopPipelineExecution", type: "ConflictException", message: "over" },
    );
    expect(await gone()).to.deep.equal({ pipelineName, outcome: "stopped" });
  });

  it("fails where it may not stop, with SageMaker's words", async () => {
    const refusal = { action: "StopPipelineExecution", type: "AccessDeniedException", message: "not you" };
    pipelines = new Pipelines({ a: "Executing" }, refusal);
    expect(await reasonOf(gone())).to.equal("AccessDeniedException: not you");
    expect(printed.at(-1)).to.include({ level: "error", pipelineName });
  });

  it("says what is left where time does not suffice, so that it is run again", async () => {
    pipelines = new Pipelines({ a: "Executing", b: "Executing" });
    expect(await reasonOf(gone(4))).to.match(/^2 runs of the pipeline mlplatform-test-churn-training have not ended/);
  });

  it("refuses a pipeline that cannot be one, and a life it does not know", async () => {
    pipelines = new Pipelines({});
    expect(await reasonOf(invoke({ pipelineName: "a/b" }))).to.match(/pipelineName: "a\/b".*\n- tf.action: missing/);
  });
});
