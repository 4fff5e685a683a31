/** Answers for the package `aws`: a description of each type drives checks, differences, names, ids and references. */
import { Account, type Existing, Refusal } from "../account";
import { belowAnyOf, differencesBetween } from "../differences";
import type {
  CheckAnswer,
  Cloud,
  CreateAnswer,
  DiffAnswer,
  Failure,
  Provider,
  ProviderPackage,
  ReadAnswer,
  Subject,
} from "../provider";
import type { TypeFacts } from "../sdk";
import { at, canonical, hasUnknown, type Properties, setAt, unknown } from "../values";
import { callerOf } from "./caller";
import type { Description, Situation } from "./describe";
import { arnOf, known, madeUp, parsed, tagsOf, told, withoutDefaults } from "./facts";
import { IgnoredTags } from "./ignoredTags";
import { answerInvoke } from "./invokes";
import { fillName, wrongName } from "./names";
import { preexisting } from "./preexisting";
import { usesOf, wrongReferences } from "./references";
import { alikeTags, mostTags, wrongTags } from "./tags";

export const awsPackage: ProviderPackage = {
  name: "aws",
  sdk: "@pulumi/aws",
  acceptsSecrets: false,
  configure(config, cloud) {
    return new AwsProvider(parsed(config), cloud);
  },
};

const belowTags = belowAnyOf(["tags"]);

class AwsProvider implements Provider {
  private readonly region: string;
  private readonly defaultTags: Properties;
  private readonly ignoredTags: IgnoredTags;
  private readonly caller: { arn: string; principalArn: string };

  constructor(
    config: Properties,
    private readonly cloud: Cloud,
  ) {
    this.region = typeof config.region === "string" && config.region !== unknown ? config.region : cloud.region;
    if (Array.isArray(config.allowedAccountIds)) cloud.account.allow(config.allowedAccountIds);
    preexisting({ ...cloud, region: this.region });
    const tags = config.defaultTags?.tags;
    this.ignoredTags = new IgnoredTags(config);
    this.caller = callerOf(config, cloud.account.number);
    this.defaultTags = typeof tags === "object" && tags !== null ? tags : {};
  }

  check(subject: Subject, olds: Properties, given: Properties, seed: Uint8Array): CheckAnswer {
    const { description, facts } = known(subject.type);
    const inputs: Properties = { ...given };
    delete inputs.__defaults;
    const failures: Failure[] = [];
    for (const property of Object.keys(inputs)) {
      if (!facts.inputs.has(property)) failures.push({ property, reason: `${subject.type} has no such property` });
    }
    for (const path of [...facts.required, ...(description.required ?? [])]) {
      const owner = path.includes(".")
        ? at(inputs, path.slice(0, path.lastIndexOf(".")))
        : [{ path: "", value: inputs }];
      const missing = owner.some(({ value }) => value !== unknown && at(value, path.split(".").at(-1)!).length === 0);
      if (missing) failures.push({ property: path, reason: "is required, and nothing is given" });
    }
    if (description.name !== undefined) {
      failures.push(
        ...fillName(description.name, subject.name, olds, inputs, seed),
        ...wrongName(description.name, inputs),
      );
    }
    for (const limit of description.limits ?? []) {
      for (const { path, value } of at(inputs, limit.path)) {
        if (hasUnknown(value)) continue;
        const wrong = limit.wrong(value, inputs);
        if (wrong !== undefined) failures.push({ property: path, reason: wrong });
      }
    }
    if (facts.computed.includes("tagsAll"))
      failures.push(...wrongTags(this.allTags(inputs), "tags", description.mostTags ?? mostTags));
    if (subject.type.startsWith("aws:iam/")) failures.push(...alikeTags(this.allTags(inputs)));
    return { inputs, failures };
  }

  diff(subject: Subject, id: string, olds: Properties, news: Properties, oldOutputs: Properties): DiffAnswer {
    const { description, facts } = known(subject.type);
    const property = description.name?.property ?? "name";
    const fixed = [
      ...(description.forces ?? []),
      ...(description.name === undefined ? [] : [property, description.name.prefixProperty ?? `${property}Prefix`]),
      "region",
    ];
    const forced = belowAnyOf(fixed);
    const differences = differencesBetween(
      olds,
      news,
      (path) => forced(path) || (description.forcesWhen?.(path, olds, news) ?? false),
    ).filter(({ path, kind }) => !this.saysWhatIs(description, subject, id, path, kind, news));
    if (
      facts.computed.includes("tagsAll") &&
      this.otherTags(oldOutputs, news) &&
      !differences.some(({ path }) => belowTags(path))
    )
      differences.push({ path: "tagsAll", kind: "update", replaces: false });
    // Two things with one fixed name cannot exist side by side.
    const named = description.name !== undefined && news[property] !== undefined;
    const automatic = (news.__defaults ?? []).includes(property);
    const sameFixedName = named && !automatic && olds[property] === news[property];
    return { differences, deleteBeforeReplace: description.deleteBeforeReplace === true || sameFixedName };
  }

  /**
   * Whether a property that the cloud decides where nothing is given is now given as it is, or given no more: the provider compares
   * with what is there, and sees no difference.
   */
  private saysWhatIs(
    description: Description,
    subject: Subject,
    id: string,
    path: string,
    kind: "add" | "update" | "delete",
    news: Properties,
  ): boolean {
    if (kind === "update" || description.computed?.[path] === undefined) return false;
    if (kind === "delete") return true;
    const outputs = this.existing(subject, id, {})?.outputs;
    return outputs !== undefined && canonical(at(outputs, path)[0]?.value) === canonical(at(news, path)[0]?.value);
  }

  /**
   * Whether a thing's tags are others than they were, the provider's own among them: a new one there changes every resource that has tags.
   * @see https://registry.terraform.io/providers/hashicorp/aws/latest/docs/guides/resource-tagging
   */
  private otherTags({ tagsAll }: Properties, inputs: Properties): boolean {
    const tags = this.allTags(inputs);
    if (tagsAll === undefined || tagsAll === unknown || hasUnknown(tags)) return false;
    return canonical(this.ignoredTags.without({ tagsAll })) !== canonical(this.ignoredTags.without({ tagsAll: tags }));
  }

  private refuseTooMany({ most, mostFor }: Description, { type }: Subject, inputs: Properties): void {
    if (most === undefined) return;
    const all = this.cloud.account.ofType(type);
    const counted = mostFor === undefined ? all : all.filter((each) => each.inputs[mostFor] === inputs[mostFor]);
    if (counted.length < most) return;
    const where = mostFor === undefined ? "" : ` of ${mostFor} ${inputs[mostFor]}`;
    throw new Refusal("LimitExceededException", `${counted.length} of ${type}${where} exist; at most ${most} may`);
  }

  async create(subject: Subject, inputs: Properties, preview: boolean): Promise<CreateAnswer> {
    const { description, facts } = known(subject.type);
    if (preview) return { id: "", outputs: this.previewed(description, facts, inputs, undefined, []) };
    this.refuseTooMany(description, subject, inputs);
    const generation = this.cloud.account.nextGeneration(subject.urn);
    const existing = this.settle(description, facts, subject, inputs, generation, undefined);
    this.cloud.account.put(existing);
    return { id: existing.id, outputs: told(facts, description, existing.outputs) };
  }

  async update(
    subject: Subject,
    id: string,
    olds: { inputs: Properties; outputs: Properties },
    inputs: Properties,
    preview: boolean,
  ): Promise<Properties> {
    const { description, facts } = known(subject.type);
    if (preview) {
      const changed = differencesBetween(olds.inputs, inputs, () => false).map(({ path }) => path);
      return this.previewed(description, facts, inputs, olds.outputs, changed);
    }
    const before = this.existing(subject, id, olds.outputs);
    if (before === undefined)
      throw new Refusal("NotFound", `${subject.type} ${id} does not exist, so it cannot be updated. Run refresh first`);
    const existing = this.settle(description, facts, subject, inputs, before.generation, before);
    this.cloud.account.put(existing);
    return told(facts, description, existing.outputs);
  }

  read(subject: Subject, id: string): ReadAnswer | undefined {
    const { description, facts } = known(subject.type);
    const existing = this.existing(subject, id, {});
    if (existing === undefined) return undefined;
    const outputs = told(facts, description, this.ignoredTags.without(existing.outputs));
    return { id, inputs: this.ignoredTags.without(existing.inputs), outputs };
  }

  async delete(subject: Subject, id: string, outputs: Properties): Promise<void> {
    const { description } = known(subject.type);
    const existing = this.existing(subject, id, outputs);
    if (existing === undefined) return;
    const key = Account.key(existing.type, existing.scope, existing.id);
    const users = this.cloud.account.usersHolding(key);
    if (users.length > 0) {
      const names = [...new Set(users.map(({ user, path }) => `${user.type} ${user.id} (${path} of "${user.name}")`))];
      throw new Refusal(
        description.code ?? "DependencyViolation",
        `${subject.type} ${id} cannot be deleted, it is still used by ${names.join(", ")}`,
      );
    }
    description.verifyDeletion?.(existing, this.cloud.account);
    this.cloud.account.remove(key, ...(description.takesAlong?.(existing, this.cloud.account) ?? []));
  }

  async invoke(token: string, args: Properties) {
    return answerInvoke(token, args, {
      cloud: this.cloud,
      region: this.region,
      caller: this.caller.arn,
    });
  }

  /** A resource's own tags and the provider's, which it may leave out. */
  private allTags(inputs: Properties): Properties {
    const defaults = inputs.overrideProvider?.defaultTags?.tags ?? this.defaultTags;
    return { ...tagsOf(defaults), ...tagsOf(inputs.tags) };
  }

  private existing(subject: Subject, id: string, outputs: Properties): Existing | undefined {
    const { account } = this.cloud;
    const regional = typeof outputs.region === "string" ? account.get(subject.type, outputs.region, id) : undefined;
    return regional ?? account.get(subject.type, this.region, id) ?? account.get(subject.type, "global", id);
  }

  /** Decides everything about a thing that is to exist, or refuses it. */
  private settle(
    description: Description,
    facts: TypeFacts,
    subject: Subject,
    inputs: Properties,
    generation: number,
    before: Existing | undefined,
  ): Existing {
    const { account } = this.cloud;
    const region = typeof inputs.region === "string" ? inputs.region : this.region;
    const situation: Situation = {
      account,
      region,
      partition: "aws",
      caller: this.caller.principalArn,
      logicalName: subject.name,
      urn: subject.urn,
      inputs: { ...description.defaults, ...withoutDefaults(inputs) },
      id: before?.id ?? "",
      arn: "",
      digits: (purpose, count) => account.digits(subject.urn, generation, purpose, count),
      referred: (path) => {
        const reference = description.refs?.[path];
        const value = at(inputs, path)[0]?.value;
        if (reference === undefined || typeof value !== "string") return undefined;
        return account.resolve(typeof reference === "string" ? [reference] : reference.to, value);
      },
    };
    const missing = wrongReferences(description, inputs, account);
    if (missing !== undefined) throw missing;
    const rule = description.name;
    const property = rule?.property ?? "name";
    if (rule !== undefined && situation.inputs[property] === undefined) {
      const prefix = situation.inputs[rule.prefixProperty ?? `${property}Prefix`];
      if (typeof prefix === "string")
        situation.inputs[property] = `${prefix}${situation.digits("name", 26)}`.slice(0, rule.longest);
    }
    description.verify?.(situation);
    if (before !== undefined) description.verifyUpdate?.(situation, before);
    if (situation.id === "") {
      situation.id =
        typeof description.id === "string"
          ? `${description.id}-sim${situation.digits("id", 14)}`
          : description.id(situation);
    }
    situation.arn = arnOf(description, situation);
    const scope = facts.inputs.has("region") ? region : "global";
    const key = Account.key(subject.type, scope, situation.id);
    const claims = this.claims(description, situation, scope, before === undefined ? undefined : key);
    if (before === undefined && account.get(subject.type, scope, situation.id) !== undefined) {
      throw new Refusal(
        "AlreadyExists",
        `${subject.type} ${situation.id} exists already; import it or choose another name`,
      );
    }
    const outputs: Properties = { ...situation.inputs, id: situation.id };
    if (facts.inputs.has("region")) outputs.region = region;
    // Parts of things have no ARN of their own, and may say whose they are: a version of a secret.
    if (situation.arn !== "" && (facts.computed.includes("arn") || facts.inputs.has("arn")))
      outputs.arn ??= situation.arn;
    for (const [path, compute] of Object.entries(description.computed ?? {})) {
      if (at(outputs, path).length === 0) setAt(outputs, path, compute(situation));
    }
    if (facts.computed.includes("tagsAll")) outputs.tagsAll = this.allTags(situation.inputs);
    for (const computed of facts.computed) {
      if (outputs[computed] === undefined) outputs[computed] = madeUp(computed, situation, facts);
    }
    if (before !== undefined) description.keeps?.(outputs, before, situation.inputs);
    const handles = new Set<string>([situation.id, ...(description.handles?.(situation) ?? [])]);
    if (situation.arn !== "") handles.add(situation.arn);
    if (rule !== undefined && typeof outputs[property] === "string") handles.add(outputs[property]);
    return {
      type: subject.type,
      name: subject.name,
      urn: subject.urn,
      id: situation.id,
      scope,
      handles: [...handles],
      claims,
      uses: usesOf(description, inputs, account),
      inputs,
      outputs,
      generation,
    };
  }

  /** Names the thing takes, refused where somebody else has them. */
  private claims(description: Description, situation: Situation, scope: string, ownKey: string | undefined): string[] {
    const claims = (description.claims?.(situation) ?? []).map((claim) => `${description.type}|${scope}|${claim}`);
    const rule = description.name;
    const name = situation.inputs[rule?.property ?? "name"];
    if (rule !== undefined && rule.uniqueIn !== "nowhere" && typeof name === "string") {
      const where = (rule.uniqueIn ?? "region") === "region" ? scope : rule.uniqueIn;
      claims.push(`${description.type}|${where}|name ${name}`);
    }
    for (const claim of claims) {
      const owner = this.cloud.account.owner(claim);
      if (owner !== undefined && Account.key(owner.type, owner.scope, owner.id) !== ownKey) {
        throw new Refusal(
          "AlreadyExists",
          `${description.type} ${claim.split("|").at(-1)} is taken by "${owner.name}" (${owner.id}); choose another, or remove it first`,
        );
      }
    }
    return claims;
  }

  /** What a preview can tell: given and constant values are known, what the cloud decides is not. */
  private previewed(
    description: Description,
    facts: TypeFacts,
    inputs: Properties,
    olds: Properties | undefined,
    changed: string[],
  ): Properties {
    const outputs: Properties = { ...description.defaults, ...withoutDefaults(inputs) };
    if (facts.inputs.has("region")) outputs.region ??= this.region;
    if (facts.computed.includes("tagsAll")) outputs.tagsAll = this.allTags(inputs);
    const settled = new Set(["tagsAll", "region"]);
    const lately = changed.length > 0 ? new Set(description.volatile ?? []) : new Set<string>();
    for (const path of [...Object.keys(description.computed ?? {}), ...facts.computed]) {
      if (settled.has(path) || at(outputs, path).length > 0) continue;
      const old = olds === undefined ? undefined : at(olds, path)[0]?.value;
      setAt(outputs, path, old === undefined || lately.has(path) ? unknown : old);
    }
    const rule = description.name;
    const property = rule?.property ?? "name";
    if (rule !== undefined && outputs[property] === undefined) outputs[property] = olds?.[property] ?? unknown;
    return told(facts, description, outputs);
  }
}
