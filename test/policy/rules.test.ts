import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { configured, findings } from "../../policy/evaluate";
import exceptions from "../../policy/exceptions.json";
import { plain, type Resource } from "../../policy/resource";
import { rules } from "../../policy/rules";
import { projectDir } from "../../simulator/project";
import { importsBelow } from "../architecture/imports";
import { cases, resource } from "./plans";

/** Names of the rules that find something in a plan. */
const found = (plan: Resource[], name: string): string[] =>
  rules
    .filter((rule) => findings(rule, plan, rule.name === name ? cases[name]!.config : {}).length > 0)
    .map((rule) => rule.name);

describe("The rules of the policy pack", () => {
  it("are each tried, have names of their own, and say why and what to do", () => {
    expect(Object.keys(cases)).to.have.members(rules.map(({ name }) => name));
    for (const { name, reason, remedy } of rules) {
      expect(name).to.match(/^[a-z]+(-[a-z]+)+$/);
      for (const sentence of [reason, remedy]) expect(sentence, name).to.match(/^[A-Z`].*\.$/);
    }
  });

  for (const [name, { bad, good }] of Object.entries(cases)) {
    it(`${name}: alone refuses each of what it is there for, and nothing right`, () => {
      for (const [index, plan] of bad.entries()) expect(found(plan, name), `bad plan ${index}`).to.deep.equal([name]);
      for (const [index, plan] of good.entries()) expect(found(plan, name), `good plan ${index}`).to.deep.equal([]);
    });
  }

  it("are each described", () => {
    const page = readFileSync(join(projectDir, "docs/policy.md"), "utf8");
    const listed = [...page.matchAll(/^\| `([a-z-]+)` \|/gm)].map(([, name]) => name);
    expect(listed).to.deep.equal(rules.map(({ name }) => name));
  });

  it("know nothing of the program whose stacks they look at", () => {
    expect(importsBelow("policy").filter(({ to }) => !to.startsWith("policy/"))).to.deep.equal([]);
  });
});

describe("Who holds a stack to the rules", () => {
  it("does so before and during an update, as the stack's own settings say", () => {
    const step = readFileSync(join(projectDir, "delivery/steps/stack.sh"), "utf8");
    const commands = step.split("\n").filter((line) => /^ *role npx pulumi (preview|up) /.test(line));
    expect(commands).to.have.length(2);
    for (const command of commands)
      expect(command).to.contain(" --policy-pack policy --policy-pack-config policy.json");
    const make = readFileSync(join(projectDir, "Makefile"), "utf8");
    for (const file of [step, make]) expect(file).to.match(/tsx report\/policyConfigCli\.ts --stack \S+/);
  });
});

describe("What configures a rule", () => {
  const rule = rules.find(({ name }) => name === "log-retention")!;
  const log = resource("aws:cloudwatch/logGroup:LogGroup");

  it("excepts by type and name, and by nothing less", () => {
    const except = (pattern: string) => findings(rule, [log], { except: [{ resource: pattern, because: "" }] });
    expect(except("aws:cloudwatch/logGroup:LogGroup::thing")).to.deep.equal([]);
    expect(except("aws:cloudwatch/*::th*")).to.deep.equal([]);
    for (const other of ["thing", "*::thin", "aws:cloudwatch/logGroup.LogGroup::thing"])
      expect(except(other), other).to.have.length(1);
  });

  it("has a default for each option", () => {
    for (const each of rules)
      for (const [option, value] of Object.entries(configured(each, {})))
        expect(value, `${each.name} ${option}`).to.not.equal(undefined);
  });

  it("names rules that exist in the exceptions of this program, each with its reason", () => {
    for (const [name, { except }] of Object.entries(exceptions)) {
      expect(rules.map((each) => each.name)).to.include(name);
      for (const { because } of except) expect(because).to.match(/\.$/);
    }
  });
});

describe("What is not known before the update", () => {
  it("is a word in place of what the engine throws", () => {
    const throwing = (fields: object) =>
      new Proxy(fields, {
        get: (target, key) => {
          if (key === "arn") throw new Error("string value at .arn can't be known during preview");
          return Reflect.get(target, key);
        },
      });
    expect(plain(throwing({ arn: "", list: [{ a: 1 }, throwing({ arn: "", b: 2 })] }))).to.deep.equal({
      arn: "[unknown]",
      list: [{ a: 1 }, { arn: "[unknown]", b: 2 }],
    });
  });

  it("is no finding", () => {
    const unknowns = new Proxy({}, { get: () => "[unknown]" }) as Record<string, unknown>;
    const types = ["aws:cloudwatch/logGroup:LogGroup", "aws:secretsmanager/secret:Secret", "aws:eks/cluster:Cluster"];
    for (const type of types)
      for (const each of rules.filter(({ name }) => name !== "data-protection"))
        expect(findings(each, [resource(type, unknowns)]), `${each.name} ${type}`).to.deep.equal([]);
  });
});
