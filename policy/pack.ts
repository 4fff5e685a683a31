import { type Policies, PolicyPack, type PolicyResource, type ResourceValidationArgs } from "@pulumi/policy";
import { findings } from "./evaluate";
import exceptions from "./exceptions.json";
import { plain, type Resource } from "./resource";
import type { Config, Rule } from "./rule";
import { rules } from "./rules";

type Inputs = Record<string, unknown>;

function asResource(
  { urn, type, name, props, opts, provider }: Omit<ResourceValidationArgs, "isType" | "asType"> | PolicyResource,
  dependencies: readonly string[],
): Resource {
  return {
    ...{ urn, type, name, dependencies },
    protect: opts.protect,
    props: plain(props) as Inputs,
    provider: plain(provider?.props ?? {}) as Inputs,
  };
}

const exception = {
  type: "object" as const,
  properties: { resource: { type: "string" as const }, because: { type: "string" as const } },
  required: ["resource", "because"],
};

function asPolicy(rule: Rule): Policies[number] {
  const { name, level, reason, remedy, options = {}, check } = rule;
  const schemas = Object.entries(options).map(([option, { schema, about, default: otherwise }]) => [
    option,
    { ...schema, description: about, default: otherwise },
  ]);
  const common = {
    ...{ name, description: reason, remediationSteps: remedy, enforcementLevel: level },
    configSchema: {
      properties: {
        ...Object.fromEntries(schemas),
        except: { type: "array" as const, items: exception, description: "What is left alone, and why.", default: [] },
      },
    },
  };
  const report = (
    resources: readonly Resource[],
    config: Config,
    violation: (message: string, urn?: string) => void,
  ): void => {
    // The engine puts the reason before it.
    for (const { what, urn } of findings(rule, resources, config)) violation(`${what}. ${remedy}`, urn);
  };
  return "stack" in check
    ? {
        ...common,
        validateStack: ({ resources, getConfig }, violation) =>
          report(
            resources.map((each) =>
              asResource(
                each,
                each.dependencies.map(({ urn }) => urn),
              ),
            ),
            getConfig<Config>(),
            violation,
          ),
      }
    : {
        ...common,
        validateResource: (args, violation) => report([asResource(args, [])], args.getConfig<Config>(), violation),
      };
}

new PolicyPack("mlplatform", { policies: rules.map(asPolicy) }, exceptions);
