import { expect } from "chai";
import type { PipelineRunsResult } from "../../functions/pipelineRuns";
import { Refusal } from "../support/jsonService";
import { FunctionBeforeService } from "./functionBeforeService";

const pipelineName = "mlplatform-test-churn-training";
const arn = (run: string) => `arn:aws:sagemaker:eu-west-1:000000000000:pipeline/${pipelineName}/execution/${run}`;
const pageSize = 2;

/** What it asks of SageMaker, two runs a page. Who is stopped stops for one look, and has ended at the next. */
class Pipelines {
  readonly stopped: string[] = [];
  readonly tokens: string[] = [];

  constructor(
    readonly statuses: Record<string, string>,
    private readonly refusal?: { action: string; type: string; message: string },
  ) {}

  answer(action: string, asked: Record<string, string>): object {
    const answered = this.answered(action, asked); // Before it is refused: who cannot be stopped any more has ended.
    if (this.refusal?.action === action) throw new Refusal(this.refusal.type, this.refusal.message);
    return answered;
  }

  private answered(action: string, asked: Record<string, string>): object {
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
  let pipelines: Pipelines;
  const packaged = new FunctionBeforeService<PipelineRunsResult>("pipelineRuns", (...asked) =>
    pipelines.answer(...asked),
  );
  const gone = { pipelineName, tf: { action: "delete" } };

  it("stops every run that goes on, over all pages, and waits until they have ended", async () => {
    pipelines = new Pipelines({ a: "Executing", b: "Succeeded", c: "Executing", d: "Failed", e: "Stopping" });
    expect(await packaged.invoke(gone)).to.deep.equal({ pipelineName, outcome: "stopped" });
    expect(pipelines.stopped).to.deep.equal(["a", "c"]);
    expect(Object.values(pipelines.statuses)).to.not.include.members(["Executing"]);
    expect(new Set(pipelines.tokens).size).to.equal(2);
    for (const token of pipelines.tokens) expect(token.length).to.be.within(32, 128);
    expect(packaged.printed.at(-1)).to.include({ level: "info", pipelineName, runs: 2 });
  });

  it("touches nothing while the pipeline stands", async () => {
    for (const action of ["create", "update"]) {
      pipelines = new Pipelines({ a: "Executing" });
      expect(await packaged.invoke({ pipelineName, tf: { action } })).to.deep.equal({
        pipelineName,
        outcome: "nothing to do",
      });
      expect(pipelines.stopped).to.deep.equal([]);
    }
  });

  it("is content where the pipeline is gone, or a run has ended before it was stopped", async () => {
    pipelines = new Pipelines({}, { action: "ListPipelineExecutions", type: "ResourceNotFound", message: "none" });
    expect(await packaged.invoke(gone)).to.deep.equal({ pipelineName, outcome: "stopped" });
    pipelines = new Pipelines(
      { a: "Executing" },
      { action: "StopPipelineExecution", type: "ConflictException", message: "over" },
    );
    expect(await packaged.invoke(gone)).to.deep.equal({ pipelineName, outcome: "stopped" });
  });

  it("fails where it may not stop, with SageMaker's words", async () => {
    const refusal = { action: "StopPipelineExecution", type: "AccessDeniedException", message: "not you" };
    pipelines = new Pipelines({ a: "Executing" }, refusal);
    expect(await packaged.reasonOf(gone)).to.equal("AccessDeniedException: not you");
    expect(packaged.printed.at(-1)).to.include({ level: "error", pipelineName });
  });

  it("says what is left where time does not suffice, so that it is run again", async () => {
    pipelines = new Pipelines({ a: "Executing", b: "Executing" });
    expect(await packaged.reasonOf(gone, 4)).to.match(
      /^2 runs of the pipeline mlplatform-test-churn-training have not ended/,
    );
  });

  it("refuses a pipeline that cannot be one, and a life it does not know", async () => {
    pipelines = new Pipelines({});
    expect(await packaged.reasonOf({ pipelineName: "a/b" })).to.match(/pipelineName: "a\/b".*\n- tf.action: missing/);
  });
});
