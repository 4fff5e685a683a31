/** What CodeBuild does in each stage. https://docs.aws.amazon.com/codebuild/latest/userguide/build-spec-ref.html */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";

/** Stages that are a project of CodeBuild. */
export type BuildStage = "build" | "train" | "deploy" | "smoke";

const steps = join(__dirname, "../../../workloads/delivery");
const results = "delivery-results.env";

/** Variables that a stage hands to those after it, as `#{build.TRAIN}`. Of the stage that runs the repository's code, no more than whether to go on. */
const exported: Record<BuildStage, string[]> = {
  build: ["TRAIN"],
  train: ["EXECUTION_ARN", "PACKAGE_ARN"],
  deploy: [],
  smoke: [],
};

/**
 * A step of the platform's own, whole: stages with rights on what is live run nothing that a model's repository could change.
 * @param step name of a script
 */
function ownStep(step: string, exports: string[]): string[] {
  const script = readFileSync(join(steps, `${step}.sh`), "utf8");
  return [
    `cat >delivery-step.sh <<'END_OF_STEP'\n${script}END_OF_STEP`,
    `RESULTS=${results} bash delivery-step.sh`,
    ...(exports.length === 0 ? [] : [`. ./${results}`]),
  ];
}

/** The buildspec of a stage. Of a model's repository only the first stage runs anything: its tests, and what makes its images. */
export function buildspec(stage: BuildStage): string {
  const variables = exported[stage];
  const phases =
    stage === "build"
      ? {
          install: { "runtime-versions": { python: "3.12" }, commands: ["delivery/install.sh"] },
          // A failed test ends the build here: `build` comes after `pre_build` alone where that succeeded.
          pre_build: { commands: ["delivery/test.sh"] },
          build: { commands: [`RESULTS=${results} delivery/images.sh`, `. ./${results}`] },
        }
      : { build: { commands: ownStep(stage, variables) } };
  return stringify(
    {
      version: 0.2,
      env: { shell: "bash", ...(variables.length === 0 ? {} : { "exported-variables": variables }) },
      phases,
    },
    { lineWidth: 0 },
  );
}
