import type { AwsAccount } from "../../../contracts/account";
import { arn } from "../terms";

/** Where a stack is, and what its things are called. */
export interface Names {
  account: AwsAccount;
  /** Beginning of the names of all that the program makes, such as `mlplatform`: most names are that and a random end. */
  project: string;
  /** Name of the stack in the account, such as `mlplatform-prod`. */
  stack: string;
  /** Hosted zone that the settings name. */
  zoneId?: string | undefined;
}

/** What the AWS provider calls for some kinds of things, so that roles which update a stack, or look at it, are allowed that and no more. */
export interface Kind {
  /** IAM's prefix of the actions. */
  service: string;
  /** Types of the provider, such as `s3/bucket`, all of whose calls are here. */
  types: readonly string[];
  /** Reads of one thing. */
  reads: readonly string[];
  /** Reads for which AWS knows no resource. */
  lists?: readonly string[];
  /** Makes, changes, tags and deletes. */
  writes?: readonly string[];
  /** Writes for which AWS knows no resource: of what is made so, only the account and the region are known beforehand. */
  creates?: readonly string[];
  /** ARNs that reads and writes are for. */
  resources: (names: Names) => readonly string[];
}

/** ARNs of things of the project, by how they begin after the account, such as `function:`. */
export const named =
  (service: string, ...beginnings: string[]) =>
  ({ account, project }: Names) =>
    beginnings.map((beginning) => arn(account, service, `${beginning}${project}-*`));

/** ARNs of things that AWS numbers: all of the account in the region. */
export const numbered =
  (service: string, ...kinds: string[]) =>
  ({ account }: Names) =>
    kinds.map((kind) => arn(account, service, `${kind}*`));
