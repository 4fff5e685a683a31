import type { Account, Existing } from "../account";

/** What a controller needs to look at. */
export interface Surroundings {
  account: Account;
  /** The EKS cluster the object lives in. */
  eks: Existing;
  /** Scope of the cluster's objects. */
  scope: string;
}
