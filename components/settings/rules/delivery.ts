import type { DeliverySettings, ModelRepository } from "../delivery";
import type { ModelSettings } from "../models";
import { nearest } from "../nearest";
import type { Path, RuleProblem } from "../problems";
import type { Settings } from "../settings";
import { emptyProblems, sharedImageProblems } from "./deliveryImages";

/** Deliveries that cannot work, or that would let in more than is meant. */
export function deliveryRules(settings: Partial<Settings>): RuleProblem[] {
  const { delivery } = settings;
  if (delivery === undefined) return [];
  return [
    ...repositoryProblems(delivery),
    ...environmentProblems(delivery),
    ...Object.entries(delivery.models).flatMap(([model, block]) => modelProblems(settings, model, block)),
    ...sharedImageProblems(settings),
    ...pipelineProblems(delivery),
  ];
}

function repositoryProblems({ source, models }: DeliverySettings): RuleProblem[] {
  const named: [Path, { repository: string; ids?: object | undefined }][] = [
    [["delivery", "source"], source],
    ...Object.entries(models).map(([model, block]): [Path, ModelRepository] => [["delivery", "models", model], block]),
  ];
  return named.flatMap(([path, { repository, ids }]): RuleProblem[] => {
    const problems: RuleProblem[] = [];
    if (source.provider === "github" && repository.split("/").length !== 2) {
      problems.push({
        path: [...path, "repository"],
        value: repository,
        allowed: "owner/name: repositories of GitHub have one owner and no groups",
        remedy: `write repository: ${repository.split("/").slice(-2).join("/")}`,
        restsOn: [["delivery", "source", "provider"]],
      });
    }
    if (ids !== undefined && (source.provider !== "github" || source.host !== "github.com")) {
      problems.push({
        path: [...path, "ids"],
        value: ids,
        allowed: "only on github.com: no other server puts these numbers into its tokens",
        remedy: "leave ids out",
        restsOn: [
          ["delivery", "source", "provider"],
          ["delivery", "source", "host"],
        ],
      });
    }
    return problems;
  });
}

/** A token of GitLab names the branch of its job, and not the environment: who may push there is all that AWS can ask for. */
function environmentProblems({ source, environments }: DeliverySettings): RuleProblem[] {
  if (source.provider !== "gitlab") return [];
  const branchOf = (stack: string) => environments[stack]?.branch ?? source.branch;
  return Object.entries(environments).flatMap(([stack, { approvers }]): RuleProblem[] => {
    const others = Object.keys(environments).filter((other) => other !== stack && branchOf(other) === branchOf(stack));
    const shared = others.length > 0 || branchOf(stack) === source.branch;
    if (approvers.length === 0 || !shared) return [];
    return [
      {
        path: ["delivery", "environments", stack, "branch"],
        value: environments[stack]?.branch,
        allowed: `a branch of its own: a token of GitLab does not say which environment its job is for, so who may push to ${branchOf(stack)} could deliver to ${stack} without asking`,
        remedy: `write branch: ${stack}, and protect that branch, or leave approvers out`,
        restsOn: [["delivery", "source", "branch"]],
      },
    ];
  });
}

function modelProblems(settings: Partial<Settings>, model: string, block: ModelRepository): RuleProblem[] {
  const { delivery, models = {}, foundation } = settings;
  const path = ["delivery", "models", model];
  if (delivery === undefined) return [];
  const found = models[model];
  if (found === undefined) {
    const known = Object.keys(models);
    return [
      {
        path,
        value: model,
        allowed: `a model of this stack: ${known.join(", ") || "there is none"}`,
        remedy: known.length === 0 ? "leave it out" : `write ${nearest(model, known)}, or leave it out`,
        restsOn: [["models"]],
      },
    ];
  }
  const problems: RuleProblem[] = [];
  if (block.repository.toLowerCase() === delivery.source.repository.toLowerCase()) {
    problems.push({
      path: [...path, "repository"],
      value: block.repository,
      allowed: "another repository than the platform's, whose own workflows build what is in it",
      remedy: "leave the model out of delivery.models",
      restsOn: [["delivery", "source", "repository"]],
    });
  }
  if (foundation?.kind === "aws") {
    problems.push(...emptyProblems(settings, model));
    if (delivery.codePipeline.enabled) problems.push(...trainProblems(found, model, block));
  }
  return problems;
}

/** CodePipeline starts a state machine, and decides on what it leaves waiting. */
function trainProblems({ training, batch }: ModelSettings, model: string, { score }: ModelRepository): RuleProblem[] {
  const path: Path = ["models", model, "training"];
  const restsOn: Path[] = [["delivery", "codePipeline", "enabled"]];
  if (training === undefined) {
    return [
      {
        path,
        value: undefined,
        allowed: "a training block while delivery.codePipeline is on: it starts a state machine that trains",
        remedy: `give the model a training block, or take ${model} out of delivery.models`,
        restsOn: [...restsOn, ["delivery", "models", model]],
      },
    ];
  }
  const problems: RuleProblem[] = [];
  if (training.engine === "airflow") {
    problems.push({
      path: [...path, "engine"],
      value: training.engine,
      allowed: "stepFunctions or sagemakerPipelines while delivery.codePipeline is on: it starts a state machine",
      remedy: "write engine: stepFunctions, or take the model out of delivery.models",
      restsOn,
    });
  }
  if (training.approve === "automatic") {
    problems.push({
      path: [...path, "approve"],
      value: training.approve,
      allowed: "manual while delivery.codePipeline is on: else a version is live before the pipeline's approval",
      remedy: "write approve: manual; with delivery.codePipeline.approval: false nobody is asked all the same",
      restsOn,
    });
  }
  if (score && !(batch?.with === "sagemaker" && batch.schedule !== undefined)) {
    problems.push({
      path: ["delivery", "models", model, "score"],
      value: score,
      allowed:
        "false where the model has no batch: { with: sagemaker, schedule: … }, whose state machine scores a folder",
      remedy: "write score: false, or give the model a batch block with a schedule",
      restsOn: [["models", model, "batch"]],
    });
  }
  return problems;
}

function pipelineProblems({ codePipeline, models, source }: DeliverySettings): RuleProblem[] {
  if (!codePipeline.enabled) return [];
  if (codePipeline.connectionArn === undefined && !["github.com", "gitlab.com"].includes(source.host)) {
    return [
      {
        path: ["delivery", "codePipeline", "connectionArn"],
        value: undefined,
        allowed: `the ARN of a connection to ${source.host}: one to a server of your own cannot be made before a person has set up its host in the console`,
        remedy:
          "make the connection in the console (Developer Tools, Settings, Connections) and write its connectionArn",
        restsOn: [["delivery", "source", "host"]],
      },
    ];
  }
  if (Object.keys(models).length > 0) return [];
  return [
    {
      path: ["delivery", "codePipeline", "enabled"],
      value: true,
      allowed: "false where delivery.models names no repository: a pipeline is made for each of them",
      remedy: "add the model's repository to delivery.models, or write enabled: false",
      restsOn: [["delivery", "models"]],
    },
  ];
}
