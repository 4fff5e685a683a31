/** The vocabulary in which AWS types are described: what a type is called, refers to, refuses and tells about itself. */
import { type Account, type Existing, Refusal } from "../account";
import type { Failure } from "../provider";
import type { Properties, Value } from "../values";

/** What a description may look at. In a preview, inputs may hold unknown values. */
export interface Situation {
  account: Account;
  region: string;
  partition: string;
  /** The IAM role or user that calls. */
  caller: string;
  /** Logical name in the program. */
  logicalName: string;
  urn: string;
  inputs: Properties;
  /** Empty until the id is decided. */
  id: string;
  arn: string;
  /** Made-up hexadecimal digits that stay the same as long as the thing exists. */
  digits(purpose: string, count: number): string;
  /** The thing a property refers to. */
  referred(path: string): Existing | undefined;
}

/** A property whose value names another thing in the account. */
export interface Reference {
  /** Types it may name. The first is what is meant; the others bring such a thing along and are not held by it. */
  to: string[];
  /** Whether the other cannot be deleted while this exists. Default true. */
  holds?: boolean;
  /** Values that need not exist: services' own ones, and what was there before. */
  unless?: (value: string) => boolean;
}

/** How the physical name comes about and what it may look like. */
export interface NameRule {
  /** Property that holds it. Default `name`. */
  property?: string;
  /** Property that holds a fixed beginning. Default `<property>Prefix`. */
  prefixProperty?: string;
  /** Longest name allowed, in characters. */
  longest: number;
  allowed?: RegExp;
  /** What `allowed` means, in words. */
  allowedMeans?: string;
  /** Where nobody else may have it. Default `region`. */
  uniqueIn?: "region" | "account" | "everywhere" | "nowhere";
  lowerCase?: boolean;
  /** Whether a name is made up when none is given. Default true. */
  automatic?: boolean;
  /** Letters that end a made-up name. */
  suffix?: string;
  /** Whether the property is input only when given, else computed by the cloud. Default false. */
  computed?: boolean;
}

/** A value, or several, that the cloud checks before it does anything. */
export interface Limit {
  /** Pattern of paths, such as `vpcConfig.subnetIds[]`. */
  path: string;
  /** Says what is wrong, or nothing. */
  wrong: (value: Value, inputs: Properties) => string | undefined;
}

export interface Description {
  type: string;
  /** Beginning of a made-up id such as `vpc`, or how the id follows from the rest. */
  id: string | ((situation: Situation) => string);
  /** `service:resource` part of the ARN with `{region}`, `{account}`, `{id}` and `{property}` in it, or how to make it. */
  arn?: string | ((situation: Situation) => string);
  name?: NameRule;
  /** Properties that cannot change without a replacement. */
  forces?: string[];
  /** Other cases that need a replacement: paths out of the changed ones. */
  forcesWhen?: (path: string, olds: Properties, news: Properties) => boolean;
  /** Nested properties that are required; those at the top come from the SDK. */
  required?: string[];
  refs?: Record<string, Reference | string>;
  limits?: Limit[];
  /** Properties known beforehand where nothing is given. */
  defaults?: Properties;
  /** Properties the cloud decides where nothing is given, by path. */
  computed?: Record<string, (situation: Situation) => Value>;
  /** Computed properties that are unknown again whenever something changes. */
  volatile?: string[];
  secretOutputs?: string[];
  /** How many a new account may have in a region, as components/settings/limits.ts has it. */
  most?: number;
  /** Property by whose value they are counted, where not those of the whole account. */
  mostFor?: string;
  /** Most tags that it takes, where those are fewer than elsewhere. */
  mostTags?: number;
  /** Combinations nobody else may have, such as one association per subnet. */
  claims?: (situation: Situation) => string[];
  /** Further values by which others may refer to it. */
  handles?: (situation: Situation) => string[];
  /** Refuses what the cloud would only notice when it does it. */
  verify?: (situation: Situation) => void;
  /** Refuses a change that the cloud would refuse. */
  verifyUpdate?: (situation: Situation, before: Existing) => void;
  /** Sets outputs that a change leaves as others have made them. */
  keeps?: (outputs: Properties, before: Existing, inputs: Properties) => void;
  /** Refuses a deletion for a reason other than its users. */
  verifyDeletion?: (existing: Existing, account: Account) => void;
  /** Keeps two things of the type from being replaced side by side, whatever their names. */
  deleteBeforeReplace?: boolean;
  /** Error code when it is deleted while in use. Default `DependencyViolation`. */
  code?: string;
  /** Keys of what disappears together with it. */
  takesAlong?: (existing: Existing, account: Account) => string[];
}

const descriptions = new Map<string, Description>();

/** Adds types to what the simulated account knows. */
export function describeTypes(...types: Description[]): void {
  for (const description of types) descriptions.set(description.type, description);
}

export function descriptionOf(type: string): Description | undefined {
  return descriptions.get(type);
}

export function describedTypes(): string[] {
  return [...descriptions.keys()].sort();
}

/** A limit on length, in characters. */
export function longest(path: string, characters: number): Limit {
  return {
    path,
    wrong: (value) =>
      typeof value === "string" && value.length > characters
        ? `is ${value.length} characters long; at most ${characters} are allowed`
        : undefined,
  };
}

/** A limit on numbers, both ends included. */
export function between(path: string, least: number, most: number, unit = ""): Limit {
  return {
    path,
    wrong: (value) =>
      Number(value) < least || Number(value) > most || Number.isNaN(Number(value))
        ? `is ${JSON.stringify(value)}; ${least} to ${most}${unit === "" ? "" : ` ${unit}`} are allowed`
        : undefined,
  };
}

/** A limit to listed values. */
export function oneOf(path: string, ...allowed: (string | number | boolean)[]): Limit {
  return {
    path,
    wrong: (value) =>
      allowed.includes(value) ? undefined : `is ${JSON.stringify(value)}; allowed are ${allowed.join(", ")}`,
  };
}

/** A limit by pattern. */
export function like(path: string, pattern: RegExp, means: string): Limit {
  return {
    path,
    wrong: (value) => (pattern.test(String(value)) ? undefined : `is ${JSON.stringify(value)}; allowed are ${means}`),
  };
}

/** A policy document: JSON with statements, no longer than the service takes, whitespace not counted. */
export function policyDocument(path: string, mostCharacters: number): Limit {
  return {
    path,
    wrong: (value) => {
      let document: Value;
      try {
        document = typeof value === "string" ? JSON.parse(value) : value;
      } catch (error) {
        return `is not JSON: ${(error as Error).message}`;
      }
      const statements = [document?.Statement ?? []].flat();
      if (statements.length === 0) return "holds no Statement";
      for (const [index, statement] of statements.entries()) {
        if (statement.Effect !== "Allow" && statement.Effect !== "Deny") {
          return `Statement[${index}].Effect is ${JSON.stringify(statement.Effect)}; allowed are Allow, Deny`;
        }
        if (statement.Action === undefined && statement.NotAction === undefined) {
          return `Statement[${index}] has neither Action nor NotAction`;
        }
        // https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
        const resources = [statement.Resource ?? [], statement.NotResource ?? []].flat();
        const stranger = resources.find((each) => typeof each !== "string" || !/^(\*$|arn:)/.test(each));
        if (stranger !== undefined) {
          return `Statement[${index}].Resource is ${JSON.stringify(stranger)}; allowed are ARNs and *`;
        }
      }
      const size = JSON.stringify(document).length;
      return size > mostCharacters
        ? `is ${size} characters long without whitespace; at most ${mostCharacters} are allowed`
        : undefined;
    },
  };
}

/** A list with bounds on how many it holds. */
export function howMany(path: string, least: number, most: number): Limit {
  return {
    path,
    wrong: (value) =>
      Array.isArray(value) && (value.length < least || value.length > most)
        ? `holds ${value.length}; ${least} to ${most} are allowed`
        : undefined,
  };
}

export type { Existing, Failure };
export { Refusal };
